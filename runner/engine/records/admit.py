"""What becomes of a batch: records are stored, the bad quarantined, the gone struck, and pushes made due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from runner.engine.house import House
from runner.engine.records.batch import Batch
from runner.engine.records.gone import strike
from runner.engine.records.mark import mark
from runner.model.integration import Integration
from runner.model.record import Record
from runner.model.run import Counts
from runner.store import feed, quarantine, records
from runner.store.records import Upserted


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
        timeless=batch.timeless,
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
            "cursor-is-no-time" if flaw.part == "cursor" else "field-left-out",
            integration=integration.id,
            processor=flaw.processor,
            record=flaw.external_id,
            part=flaw.part,
            message=flaw.message,
        )
    if batch.bad:
        house.log.warning("quarantined", integration=integration.id, processor=batch.processor, count=len(batch.bad))


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
