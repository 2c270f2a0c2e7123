"""What is removed once it is old: each function deletes one small batch, the oldest first, and says how many rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, func, select

from runner.model.event import EventState
from runner.model.run import RunState
from runner.store.columns import UtcDateTime
from runner.store.deliveries import deliveries
from runner.store.events import events
from runner.store.rejections import rejected
from runner.store.runs import sync_runs

SETTLED = (EventState.DONE, EventState.DROPPED, EventState.DUPLICATE)
"""States of events that nobody has to look at again."""
LEFT = (EventState.DEAD, EventState.UNROUTED)
"""States of events that wait for a person, who may not come."""


HELD = """
SELECT (SELECT coalesce(sum(pg_column_size(body) + pg_column_size(headers) + 300), 0) FROM deliveries)
    + (SELECT coalesce(sum(coalesce(pg_column_size(payload), 0) + 400), 0) FROM events)
    + (SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class
        WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
        AND relname NOT IN ('deliveries', 'events'))
"""
"""Of a row as many bytes more as its short columns and its places in indexes take."""

_TELLS = exists().where(events.c.delivery_id == deliveries.c.id)


@dataclass(frozen=True)
class Kept:
    """When the oldest delivery came that is kept, and how many bytes the database holds."""

    oldest: datetime | None
    bytes: int


def kept(connection: Connection) -> Kept:
    """What is there now."""
    oldest: datetime | None = connection.scalar(select(func.min(deliveries.c.received_at, type_=UtcDateTime)))
    return Kept(oldest, size(connection))


def size(connection: Connection) -> int:
    """The bytes that the database holds, without the room that deletions left. Of PostgreSQL, which keeps that room in
    its files: what rows hold that grow old, and the other tables as they are."""
    if connection.dialect.name == "postgresql":
        return int(connection.exec_driver_sql(HELD).scalar_one())
    pages, free, page = (
        int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * page


def prune_events(connection: Connection, states: Sequence[EventState], before: datetime, limit: int) -> int:
    """Events in these states of up to `limit` deliveries that came before then, and the deliveries none is left of."""
    chosen = events.c.state.in_([state.value for state in states])
    fits = exists().where(events.c.delivery_id == deliveries.c.id, chosen)
    ids = _old(connection, before, fits, limit)
    if not ids:
        return 0
    gone = connection.execute(delete(events).where(events.c.delivery_id.in_(ids), chosen)).rowcount
    connection.execute(delete(deliveries).where(deliveries.c.id.in_(ids), ~_TELLS))
    return gone


def prune_deliveries(connection: Connection, before: datetime, limit: int) -> int:
    """Deliveries that came before then and tell of no event."""
    ids = _old(connection, before, ~_TELLS, limit)
    return connection.execute(delete(deliveries).where(deliveries.c.id.in_(ids))).rowcount if ids else 0


def prune_rejected(connection: Connection, before: datetime, limit: int) -> int:
    """Requests that were turned away before then."""
    old = select(rejected.c.id).where(rejected.c.received_at < before).order_by(rejected.c.id).limit(limit)
    return connection.execute(delete(rejected).where(rejected.c.id.in_(old))).rowcount


def prune_runs(connection: Connection, before: datetime, limit: int) -> int:
    """Runs that ended before then, but for the last of each sync."""
    later = sync_runs.alias("later")
    outdone = exists().where(
        later.c.integration_id == sync_runs.c.integration_id,
        later.c.sync == sync_runs.c.sync,
        later.c.started_at > sync_runs.c.started_at,
    )
    old = select(sync_runs.c.id).where(
        sync_runs.c.started_at < before,
        sync_runs.c.ended_at < before,
        sync_runs.c.state != RunState.RUNNING.value,
        outdone,
    )
    return connection.execute(delete(sync_runs).where(sync_runs.c.id.in_(old.limit(limit)))).rowcount


def _old(connection: Connection, before: datetime, fits: ColumnElement[bool], limit: int) -> list[str]:
    """The oldest deliveries that fit: found by their time, so that what is young is not looked at."""
    query = select(deliveries.c.id).where(deliveries.c.received_at < before, fits)
    return list(connection.scalars(query.order_by(deliveries.c.received_at).limit(limit)))
