"""Things that are gone at the partner: their records, and what those own, are marked as deleted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from runner.engine.house import House
from runner.engine.records.mark import mark
from runner.model.integration import Integration
from runner.model.record import Deletion
from runner.store import feed, records
from runner.store.record_table import Key


def delete(
    connection: Connection,
    house: House,
    integration: Integration,
    keys: Iterable[Key],
    at: datetime,
    version: str | None,
) -> int:
    """Mark records and what they own as deleted, unless they are newer than `version`; returns how many. None: they are
    gone however new they are."""
    gone: list[Key] = []
    for kind, external_id in keys:
        deleted = records.mark_deleted(connection, integration.id, kind, [external_id], at, version)
        gone.extend(deleted)
        for child in feed.children(connection, integration.id, f"{kind}:{external_id}") if deleted else ():
            own = child.record
            gone.extend(records.mark_deleted(connection, integration.id, own.kind, [own.external_id], at, version))
    mark(connection, house.config, house.store.queue, integration, gone, at)
    return len(gone)


def strike(connection: Connection, house: House, integration: Integration, gone: Deletion, at: datetime) -> int:
    """Delete what a payload says is gone; returns how many records."""
    ids = [gone.value]
    if gone.field is not None:
        ids = feed.having(connection, integration.id, gone.kind, gone.field, gone.value, below=gone.below)
    return delete(connection, house, integration, [(gone.kind, one) for one in ids], at, gone.version)
