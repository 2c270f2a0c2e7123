"""Events that wait for the partner to be reachable again: put off without spending an attempt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, update

from runner.store.events import events, is_pending
from runner.store.statements import chunks


def park(connection: Connection, event_ids: Sequence[str], until: datetime, note: str) -> None:
    """Let pending events wait until then; no fault of theirs, so no attempt is counted."""
    for ids in chunks(event_ids):
        values = {"due_at": until, "note": note}
        connection.execute(update(events).where(events.c.id.in_(ids), is_pending).values(values))


def unpark(connection: Connection, integration_id: str) -> int:
    """Make all pending events of an integration due now; returns how many were put off."""
    mine = (events.c.integration_id == integration_id, is_pending, events.c.due_at.is_not(None))
    return connection.execute(update(events).where(*mine).values(due_at=None)).rowcount
