"""The one hall: raw payloads become records, whichever door they came in by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from runner.connector.connector import Connector
from runner.connector.processor import Processor
from runner.engine.gone import strike
from runner.engine.house import House
from runner.engine.mark import mark
from runner.errors import MappingError
from runner.mapping.functions import iso8601
from runner.model.integration import Integration
from runner.model.record import Deletion, Flaw, Processed, Record, as_id
from runner.model.run import Counts
from runner.store import feed, quarantine, records
from runner.store.columns import utc_text
from runner.store.records import Upserted


@dataclass(frozen=True, slots=True)
class Bad:
    """A raw payload that no record, or not all of its records, could be made of."""

    external_id: str | None
    payload: Any = field(repr=False)
    flaws: tuple[Flaw, ...]


@dataclass(slots=True)
class Batch:
    """What some raw payloads of one processor say.

    `good`, `bad` and `skipped` tell the payloads apart by external id; `errors` of the bad are a partner's error
    answers. `newest` is the latest cursor, as UTC text, and `cursors` says how many payloads had one. `owners` holds
    the records, by the name that children know them by, that tell of all the children they own. `gone` is what
    payloads say is gone, each with the number of records that came before: the partner tells things in their order.
    """

    processor: str
    seen: int = 0
    records: list[Record] = field(default_factory=list)
    good: list[str] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    errors: int = 0
    warnings: list[Flaw] = field(default_factory=list)
    owners: dict[str, Record] = field(default_factory=dict)
    newest: str | None = None
    cursors: int = 0
    gone: list[tuple[int, Deletion]] = field(default_factory=list)

    def extend(self, other: Batch) -> None:
        """Take over what another batch of the same processor says, as the later of the two."""
        self.seen += other.seen
        self.gone.extend((len(self.records) + place, gone) for place, gone in other.gone)
        self.records.extend(other.records)
        self.good.extend(other.good)
        self.bad.extend(other.bad)
        self.skipped.extend(other.skipped)
        self.errors += other.errors
        self.warnings.extend(other.warnings)
        self.owners.update(other.owners)
        self.cursors += other.cursors
        self.newest = max((cursor for cursor in (self.newest, other.newest) if cursor), default=None)


def digest(house: House, connector: Connector, processor: str, payloads: Iterable[Any], observed_at: datetime) -> Batch:
    """Map and check raw payloads. Nothing is read or written.

    A record whose processor declares no cursor is as new as `observed_at`: the time before it was asked for.
    """
    return _Digest(house, connector, processor, utc_text(observed_at)).run(payloads)


def admit(connection: Connection, house: House, integration: Integration, batch: Batch, at: datetime) -> Counts:
    """Store what a batch says, in the caller's transaction: records, quarantine, and the pushes they lead to."""
    upserted, deleted = _store(connection, house, integration, batch, at)
    if batch.good:
        quarantine.clear(connection, integration.id, batch.processor, batch.good)
    for bad in batch.bad:
        quarantine.put(connection, integration.id, batch.processor, bad.external_id, bad.payload, bad.flaws, at)
    mark(connection, house.config, house.store.queue, integration, [*upserted.created, *upserted.changed], at)
    return Counts(
        seen=batch.seen,
        created=len(upserted.created),
        changed=len(upserted.changed),
        unchanged=upserted.unchanged,
        stale=upserted.stale,
        skipped=len(batch.skipped),
        quarantined=len(batch.bad),
        deleted=deleted,
    )


def _store(
    connection: Connection, house: House, integration: Integration, batch: Batch, at: datetime
) -> tuple[Upserted, int]:
    """The records and the deletions of a batch, in the order in which the partner told them."""
    found = [*batch.records, *gone_children(connection, integration.id, batch)]
    start, deleted, made = 0, 0, Upserted()
    for place, gone in batch.gone:
        made = made.joined(records.upsert(connection, integration.id, found[start:place], at))
        deleted += strike(connection, house, integration, gone, at)
        if gone.field is None:
            quarantine.clear(connection, integration.id, batch.processor, [gone.value])
        start = place
    last = records.upsert(connection, integration.id, found[start:], at)
    return (made.joined(last) if batch.gone else last), deleted


def tell(house: House, integration: Integration, batch: Batch) -> None:
    """Say in the log what was mended or refused: once a part, not once a record."""
    parts = {(flaw.part, flaw.message): flaw for flaw in batch.warnings}
    for flaw in list(parts.values())[:20]:
        house.log.warning(
            "field-left-out", integration=integration.id, processor=flaw.processor, part=flaw.part, message=flaw.message
        )
    if batch.bad:
        house.log.warning("quarantined", integration=integration.id, processor=batch.processor, count=len(batch.bad))


@dataclass
class _Digest:
    house: House
    connector: Connector
    name: str
    observed_at: str

    @cached_property
    def has_cursor(self) -> bool:
        """Whether the payloads say how new they are."""
        return self.connector.processor(self.name).cursor is not None

    @cached_property
    def owning(self) -> frozenset[str]:
        """The processors whose records own records inside them."""
        processors = self.connector.processors.items()
        return frozenset(
            name for name, made in processors if any(relation.owned for relation in made.relations.values())
        )

    def run(self, payloads: Iterable[Any]) -> Batch:
        batch = Batch(self.name)
        processor = self.connector.processor(self.name)
        for payload in payloads:
            batch.seen += 1
            made = self.connector.process(self.name, payload)
            if self._is_taken(batch, made):
                continue
            if made.gone is not None:
                batch.gone.append((len(batch.records), made.gone))
                _note_cursor(batch, made.gone.version)
                continue
            if made.error is not None:
                batch.errors += 1
                batch.bad.append(Bad(None, payload, (self._refusal(made.error),)))
                continue
            if made.skipped is not None:
                batch.skipped.append(as_id(processor.id.search(payload)) or "")
            self._settle(batch, processor, made, payload)
        return batch

    def _is_taken(self, batch: Batch, made: Processed) -> bool:
        """Take a record that nothing is to be said about, as nearly all are; False where somebody must look closer."""
        record = made.record
        if record is None or made.flaws or made.nested or record.version is None or self.owning:
            return False
        if not self.house.schemas.is_valid(record):
            return False
        batch.records.append(record)
        batch.good.append(record.external_id)
        if self.has_cursor:
            _note_cursor(batch, record.version)
        return True

    def _settle(self, batch: Batch, processor: Processor, made: Processed, payload: Any) -> None:
        if processor.cursor is not None:
            _note_cursor(batch, made.record.version if made.record else cursor_of(processor, payload))
        fatal: list[Flaw] = []
        self._collect(batch, made, fatal)
        external_id = _external_id(made)
        if fatal:
            batch.bad.append(Bad(external_id, payload, tuple(fatal)))
        elif external_id is not None:
            batch.good.append(external_id)

    def _collect(self, batch: Batch, made: Processed, fatal: list[Flaw]) -> None:
        before = len(fatal)
        if made.quarantined:
            fatal.extend(flaw for flaw in made.flaws if flaw.fatal)
        elif made.error is not None:
            fatal.append(self._refusal(made.error))
        batch.warnings.extend(flaw for flaw in made.flaws if not flaw.fatal)
        record = self._checked(batch, made, fatal) if made.record else None
        for nested in made.nested:
            self._collect(batch, nested, fatal)
        if record is not None and len(fatal) == before and self._owns(record):
            batch.owners[f"{record.kind}:{record.external_id}"] = record

    def _checked(self, batch: Batch, made: Processed, fatal: list[Flaw]) -> Record | None:
        assert made.record is not None
        mended, flaws = self.house.schemas.mend(made.record)
        flaws = [self._placed(flaw) for flaw in flaws]
        if mended is None:  # a field that it needs is null: with it goes the reason why, if an expression failed
            fatal.extend([*made.flaws, *flaws])
            return None
        batch.warnings.extend(flaws)
        if mended.version is None and self.connector.processor(mended.processor).cursor is None:
            mended = replace(mended, version=self.observed_at)
        batch.records.append(mended)
        return mended

    def _placed(self, flaw: Flaw) -> Flaw:
        """A flaw that a schema found, with the expression that gave the value."""
        fields = dict(self.connector.processor(flaw.processor).fields.flat())
        parts = flaw.part.split(".")
        names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        rule = next((fields[name] for name in names if name in fields), None)
        placed = replace(flaw, connector=self.connector.connector)
        if rule is None:
            return placed
        return replace(placed, expression=rule.text, place=str(rule.place) if rule.place.line else "")

    def _refusal(self, error: dict[str, Any]) -> Flaw:
        words = " ".join(str(part) for part in (error.get("code"), error.get("message")) if part)
        message = f"the partner sent an error in place of a payload: {words}"[:300]
        return Flaw(self.name, "errors", message, connector=self.connector.connector)

    def _owns(self, record: Record) -> bool:
        return record.processor in self.owning


def gone_children(connection: Connection, integration_id: str, batch: Batch) -> Iterator[Record]:
    """Records that belonged to one of the batch and are not in it any more, as inactive ones of their parent's age."""
    if not batch.owners:
        return
    here = {(record.kind, record.external_id) for record in batch.records}
    for parent, owner in batch.owners.items():
        for stored in feed.children(connection, integration_id, parent):
            child = stored.record
            if (child.kind, child.external_id) not in here and not child.inactive:
                yield replace(child, inactive=True, version=owner.version)


def _note_cursor(batch: Batch, cursor: str | None) -> None:
    if cursor is None:
        return
    batch.cursors += 1
    if batch.newest is None or cursor > batch.newest:
        batch.newest = cursor


def cursor_of(processor: Processor, payload: Any) -> str | None:
    """How new a payload says it is, as UTC text, whatever else becomes of it."""
    if processor.cursor is None:
        return None
    try:
        found: str | None = iso8601(processor.cursor.search(payload))
    except (MappingError, TypeError, ValueError):
        return None
    return found


def _external_id(made: Processed) -> str | None:
    if made.record is not None:
        return made.record.external_id
    return next((flaw.external_id for flaw in made.flaws if flaw.external_id is not None), None)
