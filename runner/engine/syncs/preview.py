"""A sync without its effects: fetch and map as a run would, and hold each page against what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection

from runner.connector.connector import Connector
from runner.connector.sync import Sync
from runner.engine.house import House
from runner.engine.pages.tables import equipped
from runner.engine.records.admit import gone_children
from runner.engine.records.batch import Batch
from runner.engine.records.process import digest
from runner.engine.syncs.missing import roll_for
from runner.engine.syncs.running import Progress
from runner.engine.syncs.start import Start, begun, started
from runner.engine.syncs.walk import Page, pages
from runner.engine.webhooks.compare import differing
from runner.errors import ResyncNeeded
from runner.model.integration import Integration
from runner.model.record import Record
from runner.store import checkpoints, feed
from runner.store.feed import StoredRecord
from runner.store.known import is_older
from runner.store.record_table import Key
from runner.store.spool import Found, Pile, Spool


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
    created: Sequence[Record] = field(default_factory=list)
    changed: Sequence[Changed] = field(default_factory=list)
    deleted: Sequence[Key] = field(default_factory=list)
    quarantined: Sequence[Refused] = field(default_factory=list)
    doubt: str | None = None


async def preview(
    house: House,
    integration: Integration,
    name: str,
    spool: Spool,
    *,
    full: bool = False,
    progress: Progress | None = None,
) -> Preview:
    """Nothing is written: no record, no run, no checkpoint, no push. What opens the partner is kept alive all the same,
    and calls count under its limits. What is found lies in `spool`, for as long as that is open. Raises the
    PartnerError family as a run does."""
    connector = house.connectors.get(integration.connector)
    sync = connector.syncs[name]
    connector = await equipped(house, connector, integration, [sync.processor])
    checkpoint = await house.store.database.read(lambda connection: checkpoints.get(connection, integration.id, name))
    start = started(sync, checkpoint, house.clock.now(), full)
    try:
        return await _Work(house, connector, integration, sync, name, start, spool).walk(progress)
    except ResyncNeeded:
        spool.clear()
        start = begun(sync, checkpoint, house.clock.now(), True)
        return await _Work(house, connector, integration, sync, name, start, spool).walk(progress)


@dataclass
class _Work:
    house: House
    connector: Connector
    integration: Integration
    sync: Sync
    name: str
    start: Start
    spool: Spool

    def __post_init__(self) -> None:
        self.made = Preview(self.name, self.start.full)
        self.roll = roll_for(self.connector, self.sync, self.start)

    async def walk(self, progress: Progress | None) -> Preview:
        """All pages to the end, then the sum."""
        found = pages(self.house, self.connector, self.sync, self.integration, self.start)
        async with aclosing(found):
            async for page in found:
                await self._take(page)
                if progress is not None:
                    progress(self.made.pages, self.made.seen, page.total)
        await self.house.store.database.read(self._call_roll)
        self._sum_up()
        return self.made

    async def _take(self, page: Page) -> None:
        batch = digest(self.house, self.connector, self.sync.processor, page.payloads, page.asked_at)
        self.made.pages += 1
        self.made.seen += batch.seen + page.known
        self.made.unchanged += page.known
        self.made.skipped += len(batch.skipped)
        for bad in batch.bad:
            told = Refused(self.sync.processor, bad.external_id, tuple(str(flaw) for flaw in bad.flaws))
            self.spool.put((None, None), "quarantined", None, asdict(told))
        if self.roll is not None:
            self.roll.call(batch)
        await self.house.store.database.read(lambda connection: self._hold(connection, batch))

    def _hold(self, connection: Connection, batch: Batch) -> None:
        """Hold the newest of each record, and what is gone, against what is stored."""
        here = self._newest([*batch.records, *gone_children(connection, self.integration.id, batch)])
        for _, gone in batch.gone:
            if gone.field is None:
                here[gone.kind, gone.value] = None
                continue
            ids = feed.having(connection, self.integration.id, gone.kind, gone.field, gone.value, below=gone.below)
            keys = [(gone.kind, one) for one in ids]
            came = self.spool.known(keys).keys() | here.keys()
            here |= {key: None for key in keys if key not in came}
        for kind in sorted({kind for kind, _ in here}):
            ids = [external_id for of, external_id in here if of == kind]
            stored = feed.named(connection, self.integration.id, kind, ids)
            for external_id in ids:
                self._note((kind, external_id), here[kind, external_id], stored.get(external_id))

    def _newest(self, found: Iterable[Record]) -> dict[Key, Record | None]:
        """The newest of each record, without what is older than what came on a page before."""
        records = list(found)
        known = self.spool.known([(record.kind, record.external_id) for record in records])
        made: dict[Key, Record | None] = {}
        for record in records:
            key = (record.kind, record.external_id)
            before = known.get(key)
            if before is None or not is_older(record.version, before.version):
                made[key] = record
                known[key] = Found("", record.version)
        return made

    def _note(self, key: Key, record: Record | None, stored: StoredRecord | None) -> None:
        if record is None:
            is_there = stored is not None and stored.deleted_at is None
            self.spool.put(key, "deleted" if is_there else "nothing", None)
        elif stored is None:
            self.spool.put(key, "created", record.version, asdict(record))
        elif is_older(record.version, stored.record.version):
            self.spool.put(key, "stale", record.version)
        else:
            fields = {name: (old, new) for name, old, new in differing(stored, record)}
            if stored.record.parent != record.parent:
                fields["parent"] = (stored.record.parent, record.parent)
            self.spool.put(key, "changed" if fields else "unchanged", record.version, fields)

    def _call_roll(self, connection: Connection) -> None:
        """What a full pass did not meet."""
        if self.roll is None:
            return
        missing, self.made.doubt = self.roll.look(connection, self.integration)
        for external_id in [] if self.made.doubt else sorted(missing):
            self.spool.put((self.roll.kind, external_id), "deleted", None)

    def _sum_up(self) -> None:
        made = self.made
        made.unchanged += self.spool.count("unchanged")
        made.stale += self.spool.count("stale")
        made.created = Pile(self.spool, "created", lambda _, __, told: Record(**told))
        made.changed = Pile(self.spool, "changed", _changed)
        made.deleted = Pile(self.spool, "deleted", lambda kind, external_id, _: (kind, external_id))
        made.quarantined = Pile(self.spool, "quarantined", _refused)


def _changed(kind: str, external_id: str, told: dict[str, list[Any]]) -> Changed:
    return Changed(kind, external_id, {name: (old, new) for name, (old, new) in told.items()})


def _refused(_: str, __: str, told: dict[str, Any]) -> Refused:
    return Refused(told["processor"], told["external_id"], tuple(told["reasons"]))
