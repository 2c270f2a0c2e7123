"""What one block says of another: names that must exist, and names that a template may read in its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from runner.components.block import shown
from runner.components.incrementals.newest_first import NewestFirst
from runner.components.incrementals.only_newer import OnlyNewer
from runner.components.incrementals.since import Since
from runner.components.incrementals.window import DateWindow
from runner.connector import addresses, agreement, lookups, names, nesting, proofs, sending
from runner.connector.action import Action
from runner.connector.call import Call
from runner.connector.connector import Connector
from runner.connector.document import Document, Path, value_at
from runner.connector.enrich import Enrich
from runner.connector.input import Input
from runner.connector.reaction import Fetch, Process, Reaction, RunSync
from runner.connector.subscription import Subscription
from runner.connector.sync import Sync
from runner.errors import Finding
from runner.model.words import nearest, suggest

BASE = {"app", "settings", "environment", "account", "integration"}


def check(connector: Connector, document: Document) -> list[Finding]:
    """Every reference that leads nowhere, and every part that does not fit the others."""
    found = [*_Check(connector, document).findings(), *names.check(connector, document)]
    return [
        *found,
        *agreement.check(connector, document),
        *addresses.check(connector, document),
        *nesting.check(connector, document),
        *proofs.check(connector, document),
        *lookups.check(connector, document),
        *sending.check(connector, document),
    ]


class _Check:
    def __init__(self, connector: Connector, document: Document) -> None:
        self.connector = connector
        self.document = document

    def findings(self) -> Iterator[Finding]:
        yield from self._unverified()
        yield from self._auth()
        yield from self._calls()
        yield from self._tables()
        yield from self._relations()
        yield from self._syncs()
        yield from self._webhooks()

    def _known(self, path: Path, name: str, known: Iterable[str], code: str, noun: str) -> Iterator[Finding]:
        words = list(known)
        if name not in words:
            remedy = suggest(name, words) or f"declare it under `{noun}s`"
            yield Finding(self.document.place(path), code, f"there is no {noun} `{shown(name)}`", remedy)

    def _unverified(self) -> Iterator[Finding]:
        for index, fact in enumerate(self.connector.unverified):
            steps = tuple(int(step) if step.isdecimal() else step for step in fact.where.split("."))
            if value_at(self.document.data, steps) is None:
                path = ("unverified", index, "where")
                yield Finding(
                    self.document.place(path),
                    "unknown-path",
                    f"there is no `{fact.where}` in this file",
                    "write the path of a key",
                )

    def _auth(self) -> Iterator[Finding]:
        for path, way in self.connector.ways.items():
            if way.identify is not None:
                yield from self._endpoint((*path, "identify", "endpoint"), way.identify.endpoint, {})

    def _endpoint(
        self, path: Path, name: str, given: Mapping[str, Any], block: Path | None = None
    ) -> Iterator[Finding]:
        """The endpoint exists, and is given just what it takes."""
        endpoint = self.connector.endpoints.get(name)
        if endpoint is None:
            yield from self._known(path, name, self.connector.endpoints, "unknown-endpoint", "endpoint")
            return
        yield from self._inputs(block or path, name, endpoint.input, given)

    def _inputs(
        self, path: Path, name: str, wanted: Mapping[str, Input], given: Mapping[str, Any]
    ) -> Iterator[Finding]:
        givers = {"syncs": "a sync", "tables": "a table"}
        giver = givers.get(str(path[0]), "`identify`") if path[-1] == "endpoint" else None
        misnamed = {nearest(key, wanted) for key in given if key not in wanted}
        for key, declared in wanted.items():
            if declared.required and key not in given and key not in misnamed:
                message = f"the endpoint `{name}` needs `{key}`" + (f", and {giver} gives none" if giver else "")
                remedy = "name an endpoint without required input" if giver else f"add `with: {{{key}: ...}}`"
                yield Finding(self.document.key_place(path), "missing-input", message, remedy)
        for key in given:
            if key not in wanted:
                message = f"the endpoint `{name}` takes no `{key}`"
                place = self.document.key_place((*path, "with", key))
                yield Finding(place, "unknown-input", message, suggest(key, wanted) or "take it out")

    def _all_calls(self) -> Iterator[tuple[Path, Call]]:
        for name, endpoint in self.connector.endpoints.items():
            yield ("endpoints", name), endpoint
        for name, action in self.connector.actions.items():
            yield ("actions", name), action

    def _calls(self) -> Iterator[Finding]:
        for path, call in self._all_calls():
            if call.auth is not None and call.auth != "none":
                yield from self._known(
                    (*path, "auth"), call.auth, self.connector.other_auth, "unknown-auth", "other_auth"
                )
            if call.graphql is not None and self.connector.http.graphql is None:
                message = "a GraphQL call needs `http.graphql`"
                yield Finding(
                    self.document.key_place((*path, "graphql")),
                    "missing-field",
                    message,
                    "the path that GraphQL is posted to",
                )
            if isinstance(call, Action) and call.find is not None:
                find = (*path, "find")
                yield from self._endpoint((*find, "endpoint"), call.find.endpoint, call.find.hand_over, find)
            if isinstance(call, Action) and call.before is not None:
                before = (*path, "before")
                yield from self._endpoint((*before, "endpoint"), call.before.endpoint, call.before.hand_over, before)

    def _tables(self) -> Iterator[Finding]:
        """Their endpoints exist, and processors read none that is not declared."""
        for name, table in self.connector.tables.items():
            yield from self._endpoint(("tables", name, "endpoint"), table.endpoint, {})
        for name, processor in self.connector.processors.items() if self.connector.tables else ():
            for path, word in processor.tables:
                yield from self._known(
                    ("processors", name, *path), word, self.connector.tables, "unknown-table", "table"
                )

    def _relations(self) -> Iterator[Finding]:
        for name, processor in self.connector.processors.items():
            for relation, declared in processor.relations.items():
                if declared.processor is not None:
                    path = ("processors", name, "relations", relation, "processor")
                    yield from self._known(
                        path, declared.processor, self.connector.processors, "unknown-processor", "processor"
                    )

    def _syncs(self) -> Iterator[Finding]:
        for name, sync in self.connector.syncs.items():
            path = ("syncs", name)
            yield from self._walked(path, sync)
            yield from self._enrich(path, sync.enrich)
            yield from self._known(
                (*path, "processor"), sync.processor, self.connector.processors, "unknown-processor", "processor"
            )
            for place, way in enumerate(sync.ways):
                yield from self._known((*path, "ways", place), way, self.connector.auth.options, "unknown-way", "way")
            processor = self.connector.processors.get(sync.processor)
            asks = getattr(sync.incremental, "type", "")
            by_cursor = isinstance(sync.incremental, Since | NewestFirst | OnlyNewer)
            if by_cursor and processor is not None and processor.cursor is None:
                message = (
                    f"`{asks}` needs to know how new a payload is, and the processor `{sync.processor}` has no `cursor`"
                )
                yield Finding(
                    self.document.place((*path, "incremental")),
                    "missing-cursor",
                    message,
                    "add `cursor: <path>` to the processor",
                )

    def _walked(self, path: Path, sync: Sync) -> Iterator[Finding]:
        """Its endpoints exist, and are given what they take; it walks for records that there are."""
        block = (*path, "for") if sync.for_ is not None else None
        given = sync.for_.hand_over if sync.for_ is not None else {}
        yield from self._endpoint((*path, "endpoint"), sync.endpoint, given, block)
        if sync.full is not None and sync.full.endpoint is not None:
            yield from self._endpoint((*path, "full", "endpoint"), sync.full.endpoint, given, block)
        if sync.for_ is None:
            return
        kinds = {processor.record for processor in self.connector.processors.values() if processor.record}
        yield from self._known((*path, "for", "record"), sync.for_.record, kinds, "unknown-record", "processor")
        if not isinstance(sync.incremental, Since | DateWindow | None):
            message = "`for` goes with `since` and `window` only: the other ways keep a place that each walk would need"
            place = self.document.place((*path, "incremental"))
            yield Finding(place, "wrong-value", message, "take one of them, or leave `incremental` out")
        if isinstance(sync.incremental, DateWindow) and sync.incremental.slice is not None:
            place = self.document.place((*path, "incremental", "slice"))
            yield Finding(place, "wrong-value", "`for` walks the whole window for each record", "leave `slice` out")

    def _enrich(self, path: Path, rules: Iterable[Enrich]) -> Iterator[Finding]:
        for place, rule in enumerate(rules):
            block = (*path, "enrich", place)
            yield from self._endpoint((*block, "endpoint"), rule.endpoint, rule.hand_over, block)

    def _webhooks(self) -> Iterator[Finding]:
        webhooks = self.connector.webhooks
        if webhooks is None:
            return
        if webhooks.subscription is not None:
            yield from self._subscription(webhooks.subscription)
        for pattern, reaction in webhooks.on.items():
            yield from self._reaction(("webhooks", "on", pattern), reaction)

    def _subscription(self, declared: Subscription) -> Iterator[Finding]:
        """Its actions are there, need no input that nobody gives, and keep the id that `check` looks for."""
        check, path = declared.check, ("webhooks", "subscription")
        uses: list[tuple[Path, str]] = [((*path, "create"), declared.create), ((*path, "delete"), declared.delete)]
        if check is not None:
            yield from self._endpoint((*path, "check", "endpoint"), check.endpoint, {})
            uses += [((*path, "check", "mend"), check.mend)] if check.mend else []
        for where, name in uses:
            yield from self._known(where, name, self.connector.actions, "unknown-action", "action")
            action = self.connector.actions.get(name)
            for key in [key for key, given in action.input.items() if given.required] if action else ():
                message = f"the action `{name}` needs `{key}`, and a subscription gives none"
                yield Finding(self.document.place(where), "missing-input", message, "read `subscription` in its place")
        made = self.connector.actions.get(declared.create)
        if check is not None and made is not None and "id" not in made.result:
            message = f"`check` looks for an id, and the action `{declared.create}` keeps none"
            yield Finding(self.document.place((*path, "create")), "missing-field", message, "add `result: {id: ...}`")

    def _reaction(self, path: Path, reaction: Reaction) -> Iterator[Finding]:
        if isinstance(reaction, Process | Fetch):
            yield from self._known(
                (*path, "processor"), reaction.processor, self.connector.processors, "unknown-processor", "processor"
            )
        if isinstance(reaction, Fetch):
            yield from self._endpoint((*path, "endpoint"), reaction.endpoint, reaction.hand_over, path)
            yield from self._enrich(path, reaction.enrich)
        if isinstance(reaction, RunSync):
            yield from self._known((*path, "sync"), reaction.sync, self.connector.syncs, "unknown-sync", "sync")
