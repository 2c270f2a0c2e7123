"""What waits to be worked off: how much, and since when. For readiness, `runner status` and the metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from runner.store import wakeups
from runner.store.columns import EPOCH, UtcDateTime
from runner.store.events import events, is_pending
from runner.store.wakeups import RUNNING, WAITING

LOOKED_AT = 100
"""Of so many due wake-ups, those put first, the oldest event is looked up: what waits longest is among them."""


@dataclass(frozen=True)
class Backlog:
    """How many wake-ups wait, run, and wait though they are due; since when the oldest of these is known to wait."""

    waiting: int = 0
    running: int = 0
    due: int = 0
    oldest: datetime | None = None

    def age(self, now: datetime) -> timedelta:
        """How long the oldest due one waits; nothing when none does."""
        return max(now - self.oldest, timedelta(0)) if self.oldest else timedelta(0)


def find(connection: Connection, now: datetime) -> Backlog:
    """The backlog of table wakeups."""
    table = wakeups.wakeups.c
    depth = wakeups.depth(connection)
    is_due = (table.state == WAITING, table.run_at <= now)
    due = connection.scalar(select(func.count()).where(*is_due)) or 0
    timed = connection.scalar(select(func.min(table.run_at, type_=UtcDateTime)).where(*is_due, table.run_at > EPOCH))
    first = select(table.subject).where(*is_due, table.kind == "events").order_by(table.id).limit(LOOKED_AT)
    told = oldest_event(connection, list(connection.scalars(first)))
    known = [one for one in (timed, told) if one is not None]
    return Backlog(depth[WAITING], depth[RUNNING], due, min(known, default=None))


def oldest_event(connection: Connection, integration_ids: Sequence[str]) -> datetime | None:
    """When the first event came that these have to work off."""
    first = [_first(connection, one) for one in integration_ids]
    return min((one for one in first if one is not None), default=None)


def _first(connection: Connection, integration_id: str) -> datetime | None:
    query = select(events.c.received_at).where(events.c.integration_id == integration_id, is_pending)
    found: datetime | None = connection.scalar(query.order_by(events.c.sequence).limit(1))
    return found
