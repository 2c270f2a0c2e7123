"""What running events again would change: by the connectors as they are now, and without changing anything."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from runner.connector.connector import Connector
from runner.connector.reaction import Delete, Fetch, Process
from runner.engine.house import House
from runner.engine.pages.tables import equipped
from runner.engine.records.batch import Batch
from runner.engine.records.process import digest
from runner.engine.trouble import words
from runner.engine.webhooks.errands import Errand, errand_of
from runner.engine.webhooks.fetch import fetch_all
from runner.engine.webhooks.react import Outcome, as_of, gone_id
from runner.errors import MappingError
from runner.model.event import EventState, WebhookEvent
from runner.model.integration import Integration
from runner.model.record import Record
from runner.store import events, feed, integrations
from runner.store.events import EventFilter
from runner.store.feed import StoredRecord
from runner.store.known import is_older

CHUNK = 2000
Key = tuple[str, str, str]
"""(integration, kind, external id)"""


@dataclass(frozen=True)
class Difference:
    """One field of a record that would not stay as it is, and the event that says so."""

    integration_id: str
    kind: str
    external_id: str
    field: str
    stored: Any
    made: Any
    event_id: str


@dataclass(frozen=True)
class Refused:
    """An event that would give no record, and why."""

    event_id: str
    type: str
    reason: str


@dataclass
class Comparison:
    """What a replay would come to. `events` were looked at; of the records that they speak of, `same` would stay as
    they are, `changed` would not, and `older` are known in a newer form than the events hold. `left_out` counts events
    that lead to nothing, by reason; `unheld` those whose payload would have to be asked for."""

    events: int = 0
    same: int = 0
    changed: int = 0
    older: int = 0
    unheld: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def compared(self) -> int:
        """The records that were held against what is stored."""
        return self.same + self.changed + self.older


@dataclass(frozen=True, slots=True)
class _News:
    """The newest that events say of one record; None: it is gone."""

    record: Record | None
    version: str | None
    event_id: str


async def compare(house: House, chosen: EventFilter, *, fetch: bool = False) -> Comparison:
    """Compare what events would make now with what is stored. Nothing is written.

    With `fetch`, what thin events name is asked for, under the partner's limits; else they are counted as `unheld`.
    """
    work = _Work(house, fetch)
    after = 0
    while found := await house.store.database.read(lambda c, after=after: events.page(c, chosen, after, CHUNK)):  # type: ignore[misc]  # mypy takes no default of a lambda
        await work.take([event for _, event in found])
        after = found[-1][0]
    await work.fetch_rest()
    await work.conclude()
    return work.made


@dataclass
class _Work:
    house: House
    fetch: bool
    made: Comparison = field(default_factory=Comparison)
    news: dict[Key, _News] = field(default_factory=dict)
    owners: dict[str, Integration] = field(default_factory=dict)
    connectors: dict[str, Connector] = field(default_factory=dict)
    errands: defaultdict[str, dict[bytes, Errand]] = field(default_factory=lambda: defaultdict(dict))

    async def take(self, found: list[WebhookEvent]) -> None:
        """One chunk of events, in the order of their arrival."""
        ids = {event.integration_id for event in found if event.integration_id} - self.owners.keys()
        self.owners |= await self.house.store.database.read(lambda c: integrations.named(c, ids))
        for one in self.owners.values():
            if one.id not in self.connectors:
                self.connectors[one.id] = await self._connector(one)
        for event in found:
            self.made.events += 1
            owner = self.owners.get(event.integration_id or "")
            if owner is None:
                self.made.left_out["no integration"] += 1
                continue
            try:
                self._event(self.connectors[owner.id], owner, event)
            except MappingError as error:
                self.made.refused.append(Refused(event.id, event.type, words(error)))

    async def _connector(self, owner: Integration) -> Connector:
        plain = self.house.connectors.get(owner.connector)
        return await equipped(
            self.house, plain, owner, plain.webhooks.processors if plain.webhooks else (), fetch=False
        )

    def _event(self, connector: Connector, owner: Integration, event: WebhookEvent) -> None:
        because = connector.webhooks.because(event.type, event.payload) if connector.webhooks else "no webhooks"
        reaction = connector.webhooks.reaction(event.type) if connector.webhooks else None
        if because is not None:
            self.made.left_out[because] += 1
        elif isinstance(reaction, Process):
            payload = reaction.payload.search(event.payload)
            if payload is None:
                raise MappingError(f"there is nothing at `payload: {reaction.payload}`", reaction.payload.place)
            self._heard(owner, event, digest(self.house, connector, reaction.processor, [payload], event.received_at))
        elif isinstance(reaction, Delete):
            self._gone(owner, event, reaction, as_of([event]))
        elif isinstance(reaction, Fetch) and self.fetch:
            key, errand = errand_of(connector, reaction, event)
            self.errands[owner.id].setdefault(key, errand).events.append(event)
        else:
            self.made.unheld += 1

    def _heard(self, owner: Integration, event: WebhookEvent, batch: Batch) -> None:
        for bad in batch.bad:
            self.made.refused.append(Refused(event.id, event.type, bad.flaws[0].reason))
        if batch.skipped:
            self.made.left_out["should_process is false"] += 1
        for _, gone in batch.gone:
            if gone.field is None:
                self._newer((owner.id, gone.kind, gone.value), _News(None, gone.version, event.id))
        for record in batch.records:
            self._newer((owner.id, record.kind, record.external_id), _News(record, record.version, event.id))

    def _gone(self, owner: Integration, event: WebhookEvent, rule: Delete, version: str) -> None:
        self._newer((owner.id, rule.record, gone_id(rule, event)), _News(None, version, event.id))

    def _newer(self, key: Key, news: _News) -> None:
        known = self.news.get(key)
        if known is None or not is_older(news.version, known.version):
            self.news[key] = news

    async def fetch_rest(self) -> None:
        """Ask for what thin events name; what fails is told as refused."""
        for integration_id, errands in self.errands.items():
            owner = self.owners[integration_id]
            connector = self.connectors[owner.id]

            def make(
                errand: Errand,
                found: list[Any],
                asked_at: datetime,
                connector: Connector = connector,
                owner: Integration = owner,
            ) -> Outcome:
                last, rule = errand.events[-1], errand.reaction.gone
                if found:
                    self._heard(owner, last, digest(self.house, connector, errand.reaction.processor, found, asked_at))
                elif rule is not None:
                    self._gone(owner, last, rule, as_of(errand.events))
                return Outcome(errand.events)

            for outcome in await fetch_all(self.house, connector, owner, list(errands.values()), make):
                if outcome.due is not None or outcome.state is EventState.DEAD:
                    last = outcome.events[-1]
                    self.made.refused.append(Refused(last.id, last.type, outcome.note or ""))

    async def conclude(self) -> None:
        """Hold the newest of each against what is stored."""
        by_kind: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for integration_id, kind, external_id in self.news:
            by_kind[integration_id, kind].append(external_id)
        for (integration_id, kind), ids in by_kind.items():
            stored = await self.house.store.database.read(
                lambda c, of=integration_id, kind=kind, ids=ids: feed.named(c, of, kind, ids)  # type: ignore[misc]  # as above
            )
            for external_id in ids:
                key = (integration_id, kind, external_id)
                self._hold(key, self.news[key], stored.get(external_id))

    def _hold(self, key: Key, news: _News, stored: StoredRecord | None) -> None:
        if stored is not None and is_older(news.version, stored.record.version):
            self.made.older += 1
            return
        found = [Difference(*key, name, old, new, news.event_id) for name, old, new in differing(stored, news.record)]
        self.made.differences += found
        if found:
            self.made.changed += 1
        else:
            self.made.same += 1


def differing(stored: StoredRecord | None, made: Record | None) -> Iterator[tuple[str, Any, Any]]:
    """The fields that differ, by their dotted names, with what is stored and what would be."""
    was_there, is_there = stored is not None and stored.deleted_at is None, made is not None
    if was_there != is_there:
        yield "(record)", "there" if was_there else "not there", "there" if is_there else "not there"
    if stored is None or made is None:
        return
    if stored.record.inactive != made.inactive:
        yield "inactive", stored.record.inactive, made.inactive
    old, new = flat(stored.record.fields), flat(made.fields)
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield name, old.get(name), new.get(name)


def flat(fields: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Fields inside fields by their dotted names; lists are values."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            found |= flat(value, f"{above}{name}.")
        else:
            found[f"{above}{name}"] = value
    return found
