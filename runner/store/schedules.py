"""Table schedules: the last tick of each schedule; whoever moves it forward is the one who acts on it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, Table, Text, select

from runner.store.columns import UtcDateTime, metadata
from runner.store.statements import insert

schedules = Table(
    "schedules",
    metadata,
    Column("key", Text, primary_key=True),
    Column("last_tick", UtcDateTime, nullable=False),
)


def tick(connection: Connection, key: str, planned_at: datetime) -> bool:
    """Claim the tick planned for then: True for exactly one of all that try, False for the rest and for late ones."""
    statement = insert(connection.dialect.name, schedules).values(key=key, last_tick=planned_at)
    new = statement.excluded.last_tick
    return bool(
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["key"], set_={"last_tick": new}, where=schedules.c.last_tick < new
            )
        ).rowcount
    )


def last(connection: Connection, key: str) -> datetime | None:
    """The last tick that was claimed, if any."""
    return connection.scalar(select(schedules.c.last_tick).where(schedules.c.key == key))
