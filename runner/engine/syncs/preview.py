"""A sync without its effects: fetch and map as a run would, and hold what comes against what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from runner.connector.connector import Connector
from runner.connector.sync import Sync
from runner.engine.house import House
from runner.engine.pages.tables import equipped
from runner.engine.records.admit import gone_children
from runner.engine.records.batch import Batch
from runner.engine.records.process import digest
from runner.engine.syncs.missing import Roll, roll_for
from runner.engine.syncs.running import Progress
from runner.engine.syncs.start import Start, begun, started
from runner.engine.syncs.walk import Page, pages
from runner.engine.webhooks.compare import differing
from runner.errors import ResyncNeeded
from runner.model.integration import Integration
from runner.model.record import Deletion, Record
from runner.store import checkpoints, feed
from runner.store.feed import StoredRecord
from runner.store.known import is_older
from runner.store.record_table import Key


@dataclass(frozen=True)
class Changed:
    """A record that would not stay as it is: by dotted field name, what is stored and what would be."""

    kind: str
    external_id: str
    fields: dict[str, tuple[Any, Any]] = field(repr=False)


@dataclass(frozen=True)
class Refused:
    """A payload that would be quarantined, and each reason."""

    processor: str
    external_id: str | None
    reasons: tuple[str, ...]


@dataclass
class Preview:
    """What a run would come to. Records are counted once, as the newest that came; `deleted` are those that would be
    deleted, because a payload says so or a full pass did not meet them; `doubt` says why the latter would not."""

    sync: str
    full: bool
    pages: int = 0
    seen: int = 0
    unchanged: int = 0
    stale: int = 0
    skipped: int = 0
    created: list[Record] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    deleted: list[Key] = field(default_factory=list)
    quarantined: list[Refused] = field(default_factory=list)
    doubt: str | None = None


async def preview(
    house: House, integration: Integration, name: str, *, full: bool = False, progress: Progress | None = None
) -> Preview:
    """Nothing is written: no record, no run, no checkpoint, no push. What opens the partner is kept alive all the same,
    and calls count under its limits. Raises the PartnerError family as a run does."""
    connector = house.connectors.get(integration.connector)
    sync = connector.syncs[name]
    connector = await equipped(house, connector, integration, [sync.processor])
    checkpoint = await house.store.database.read(lambda connection: checkpoints.get(connection, integration.id, name))
    start = started(sync, checkpoint, house.clock.now(), full)
    try:
        return await _Work(house, connector, integration, sync, name, start).walk(progress)
    except ResyncNeeded:
        start = begun(sync, checkpoint, house.clock.now(), True)
        return await _Work(house, connector, integration, sync, name, start).walk(progress)


@dataclass
class _Work:
    house: House
    connector: Connector
    integration: Integration
    sync: Sync
    name: str
    start: Start
    made: Preview = field(init=False)
    roll: Roll | None = field(init=False)
    known: dict[Key, Record | None] = field(default_factory=dict)
    owners: dict[str, Record] = field(default_factory=dict)
    struck: list[Deletion] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.made = Preview(self.name, self.start.full)
        self.roll = roll_for(self.connector, self.sync, self.start)

    async def walk(self, progress: Progress | None) -> Preview:
        """All pages to the end, then the sum."""
        found = pages(self.house, self.connector, self.sync, self.integration, self.start)
        async with aclosing(found):
            async for page in found:
                self._take(page)
                if progress is not None:
                    progress(self.made.pages, self.made.seen, page.total)
        await self.house.store.database.read(self._conclude)
        return self.made

    def _take(self, page: Page) -> None:
        batch = digest(self.house, self.connector, self.sync.processor, page.payloads, page.asked_at)
        self.made.pages += 1
        self.made.seen += batch.seen + page.known
        self.made.unchanged += page.known
        self.made.skipped += len(batch.skipped)
        for bad in batch.bad:
            reasons = tuple(str(flaw) for flaw in bad.flaws)
            self.made.quarantined.append(Refused(self.sync.processor, bad.external_id, reasons))
        if self.roll is not None:
            self.roll.call(batch)
        self._note(batch)

    def _note(self, batch: Batch) -> None:
        """Remember the newest of each record, and what is gone."""
        for record in batch.records:
            key = (record.kind, record.external_id)
            before = self.known.get(key)
            if before is None or not is_older(record.version, before.version):
                self.known[key] = record
        self.owners |= batch.owners
        for _, gone in batch.gone:
            if gone.field is None:
                self.known[gone.kind, gone.value] = None
            else:
                self.struck.append(gone)

    def _conclude(self, connection: Connection) -> None:
        """Hold each against what is stored."""
        here = [record for record in self.known.values() if record is not None]
        for record in gone_children(connection, self.integration.id, Batch("", records=here, owners=self.owners)):
            self.known[record.kind, record.external_id] = record
        for gone in self.struck:
            ids = feed.having(
                connection, self.integration.id, gone.kind, gone.field or "", gone.value, below=gone.below
            )
            self.known |= {(gone.kind, one): None for one in ids if (gone.kind, one) not in self.known}
        for kind, ids in self._by_kind():
            stored = feed.named(connection, self.integration.id, kind, ids)
            for external_id in ids:
                self._hold((kind, external_id), self.known[kind, external_id], stored.get(external_id))
        if self.roll is not None:
            missing, self.made.doubt = self.roll.look(connection, self.integration)
            self.made.deleted += [] if self.made.doubt else [(self.roll.kind, one) for one in sorted(missing)]

    def _by_kind(self) -> Iterator[tuple[str, list[str]]]:
        for kind in sorted({kind for kind, _ in self.known}):
            yield kind, [external_id for of, external_id in self.known if of == kind]

    def _hold(self, key: Key, record: Record | None, stored: StoredRecord | None) -> None:
        if record is None:
            if stored is not None and stored.deleted_at is None:
                self.made.deleted.append(key)
        elif stored is None:
            self.made.created.append(record)
        elif is_older(record.version, stored.record.version):
            self.made.stale += 1
        else:
            fields = {name: (old, new) for name, old, new in differing(stored, record)}
            if stored.record.parent != record.parent:
                fields["parent"] = (stored.record.parent, record.parent)
            if fields:
                self.made.changed.append(Changed(*key, fields))
            else:
                self.made.unchanged += 1
