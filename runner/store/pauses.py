"""Table pauses: whose schedules stand still, of an integration's every sync or of one. What else wakes goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, Text, delete, select

from runner.store.columns import UtcDateTime, metadata
from runner.store.statements import insert

EVERY = ""
"""In place of a sync's name: every one."""

pauses = Table(
    "pauses",
    metadata,
    Column("integration_id", String(64), primary_key=True),
    Column("sync", Text, primary_key=True),
    Column("since", UtcDateTime, nullable=False),
)


@dataclass(frozen=True)
class Pause:
    """`sync` is a name, or EVERY."""

    integration_id: str
    sync: str
    since: datetime


def pause(connection: Connection, integration_id: str, since: datetime, sync: str = EVERY) -> None:
    """Let the schedule stand still; one that does already keeps its time."""
    row = {"integration_id": integration_id, "sync": sync, "since": since}
    connection.execute(insert(connection.dialect.name, pauses).values(row).on_conflict_do_nothing())


def resume(connection: Connection, integration_id: str, sync: str = EVERY) -> int:
    """Let it go on; EVERY resumes all of the integration. Returns how many pauses ended."""
    ended = delete(pauses).where(pauses.c.integration_id == integration_id)
    return connection.execute(ended if sync == EVERY else ended.where(pauses.c.sync == sync)).rowcount


def is_paused(connection: Connection, integration_id: str, sync: str) -> bool:
    """Whether this sync, or every one of the integration, stands still."""
    mine = select(pauses.c.since).where(pauses.c.integration_id == integration_id, pauses.c.sync.in_((EVERY, sync)))
    return connection.scalar(mine.limit(1)) is not None


def find(connection: Connection, integration_id: str | None = None) -> list[Pause]:
    """The pauses, of one integration or of all."""
    query = select(pauses).order_by(pauses.c.integration_id, pauses.c.sync)
    if integration_id is not None:
        query = query.where(pauses.c.integration_id == integration_id)
    return [Pause(*row) for row in connection.execute(query)]
