"""When a schedule rests: somebody paused it, or the sync failed again and again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from runner.store import pauses, runs

LONGEST = timedelta(hours=24)
"""A sync that fails is tried at least this often, or as often as its schedule says, if that is less."""


def rests(connection: Connection, integration_id: str, sync: str, gap: timedelta, now: datetime) -> bool:
    """Whether the schedule lets this moment pass.

    After the second failure in a row every second moment passes, after the third three of four, and so on. Whatever
    else wakes the sync (a person, a webhook) runs it all the same, and a run that is done ends the rest.
    """
    if pauses.is_paused(connection, integration_id, sync):
        return True
    failed = runs.failures(connection, integration_id, sync)
    last = runs.last(connection, integration_id, sync) if failed > 1 else None
    if last is None:
        return False
    wait = min(gap * float(2 ** min(failed - 1, 20)), max(LONGEST, gap))
    due = last.started_at + wait - gap / 2
    return now < due
