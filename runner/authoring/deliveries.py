"""Whether the rules of runner.yaml name connectors, actions, inputs and records that exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from runner.authoring.kinds import Kinds, unknown_kind
from runner.authoring.rule_reads import unread
from runner.authoring.two_way import OWN_NAMES, TwoWay, unseen
from runner.connector import config_check
from runner.connector.config import Config
from runner.connector.config_check import ACTIONS
from runner.connector.connector import Connector
from runner.connector.delivery_rule import DeliveryRule
from runner.connector.document import Document, Path
from runner.connector.input import Input
from runner.errors import Finding
from runner.mapping.expression import Expression
from runner.model.words import suggest

Loaded = Mapping[str, Connector | None]


def check(config: Config, document: Document, connectors: Loaded, kinds: Kinds) -> Iterator[Finding]:
    """Every name that leads nowhere. `connectors` are all that there are; None for one with findings of its own."""
    for name, environments in config.environments.items():
        yield from _known(document, ("environments", name), name, connectors, "connector")
        yield from _environments(document, name, environments, connectors.get(name))
    yield from config_check.destinations(config, document, list(connectors))
    outlets = [name for name in config.destinations if config.outlet(name)]
    yield from unseen(config.deliver, document)
    for name, rule in config.deliver.items():
        yield from _Rule(rule, ("deliver", name), document, connectors, kinds, outlets).findings()


def _environments(
    document: Document, name: str, environments: Mapping[str, Mapping[str, str]], connector: Connector | None
) -> Iterator[Finding]:
    if connector is None:
        return
    wanted = set(next(iter(connector.environments.values())))
    for environment, values in environments.items():
        for key in sorted(wanted ^ set(values)):
            what = "lacks" if key in wanted else "has"
            message = f"the environment `{environment}` {what} `{key}`, unlike those of {name}"
            place = document.key_place(("environments", name, environment))
            yield Finding(place, "uneven-environments", message, "give all environments of a connector the same keys")


@dataclass(frozen=True)
class _Rule:
    rule: DeliveryRule
    path: Path
    document: Document
    connectors: Loaded
    kinds: Kinds
    outlets: Sequence[str]

    def findings(self) -> Iterator[Finding]:
        there = [*self.connectors, *self.outlets]
        noun = "connector or destination" if self.outlets else "connector"
        yield from _known(self.document, (*self.path, "to"), self.rule.to, there, noun, "connector")
        for index, source in enumerate(self.rule.sources or []):
            yield from _known(self.document, (*self.path, "from", index), source, self.connectors, "connector")
        yield from self._records()
        yield from unread(self.rule, self.path, self.document, self.kinds)
        destination = self.connectors.get(self.rule.to)
        if destination is not None:
            yield from self._actions(destination)
        sources = {name: self.connectors.get(name) for name in self.rule.sources or ()}
        yield from TwoWay(self.rule, self.path, self.document, sources, destination, self.kinds).findings()

    def _records(self) -> Iterator[Finding]:
        sources = self._sources()
        for source in [[one] for one in sources] if self.rule.sources else [sources]:
            yield from self._made((*self.path, "record"), self.rule.record, source)
        for name, included in self.rule.include.items():
            path = (*self.path, "include", name)
            yield from self._made((*path, "record"), included.record, sources)
            yield from self._field((*path, "field"), self.rule.record, included.field)
        for name, linked in self.rule.links.items():
            path = (*self.path, "links", name)
            yield from self._made((*path, "record"), linked.record, sources)
            if linked.match is not None and linked.theirs is not None:
                yield from self._fields((*path, "match"), linked.record, linked.match)
                yield from self._fields((*path, "equals" if linked.equals else "match"), linked.there, linked.theirs)
                there = (*path, "as" if linked.at else "record")
                yield from self._made(there, linked.there, [self.connectors.get(self.rule.to)])
            elif linked.equals is not None:
                place = self.document.place((*path, "equals"))
                yield Finding(
                    place, "no-match", "`equals` says how a twin is found, and no `match` does", "add `match`"
                )

    def _sources(self) -> list[Connector | None]:
        names = self.rule.sources
        if names is None:
            names = [name for name in self.connectors if name != self.rule.to]
        return [self.connectors.get(name) for name in names]

    def _made(self, path: Path, kind: str, sources: Iterable[Connector | None]) -> Iterator[Finding]:
        """The kind exists, and at least one of these connectors makes it."""
        known = [source for source in sources if source is not None]
        place = self.document.place(path)
        unknown = list(unknown_kind(place, kind, self.kinds))
        yield from unknown
        every = {made for source in known for made in made_by(source)}
        if not unknown and known and kind not in every:
            names = " or ".join(source.connector for source in known)
            message = f"no processor of {names} makes records of kind {kind}"
            yield Finding(place, "unknown-record", message, suggest(kind, every))

    def _fields(self, path: Path, kind: str, rule: Expression) -> Iterator[Finding]:
        for name in sorted({way[0] for way in rule.reads or ()} - OWN_NAMES):
            yield from self._field(path, kind, name)

    def _field(self, path: Path, kind: str, field: str) -> Iterator[Finding]:
        known = self.kinds.fields(kind) if kind in self.kinds else None
        if known is not None and field not in known:
            message = f"a record of kind {kind} has no field `{field}`"
            yield Finding(self.document.place(path), "unknown-record-field", message, suggest(field, known))

    def _actions(self, destination: Connector) -> Iterator[Finding]:
        taken: set[str] = set()
        is_open = False
        for use in ACTIONS:
            name = getattr(self.rule, use)
            if name is None:
                continue
            yield from _known(self.document, (*self.path, use), name, destination.actions, "action")
            if name in destination.actions:
                action = destination.actions[name]
                wanted = action.each if use == "create" else action.input
                is_open = is_open or wanted is None
                taken |= set(wanted or ())
                yield from self._missing(use, name, wanted or {})
        for part, given in (
            *(("input", key) for key in self.rule.input.parts),
            *(("write", key) for key in self.rule.write),
        ):
            if taken and not is_open and given not in taken:
                message = f"no action of this rule takes `{given}`"
                place = self.document.key_place((*self.path, part, given))
                yield Finding(place, "unknown-input", message, suggest(given, taken))

    def _missing(self, use: str, name: str, inputs: Mapping[str, Input]) -> Iterator[Finding]:
        given = {*self.rule.input.parts, *self.rule.write, *(("id",) if use != "create" else ())}
        for wanted, declared in inputs.items():
            if declared.required and wanted not in given:
                message = f"the action `{name}` needs `{wanted}`"
                place = self.document.place((*self.path, use))
                yield Finding(place, "missing-input", message, f"add `{wanted}: <expression>` to `input`")


def made_by(connector: Connector) -> set[str]:
    """The kinds of record that a connector's processors make."""
    return {processor.record for processor in connector.processors.values()}


def _known(
    document: Document, path: Path, name: str, known: Iterable[str], noun: str, kind: str | None = None
) -> Iterator[Finding]:
    words = list(known)
    if name not in words:
        remedy = suggest(name, words) or f"there is no {noun} at all"
        yield Finding(document.place(path), f"unknown-{kind or noun}", f"there is no {noun} `{name}`", remedy)
