"""Leases, kept in the table schedules: what only one process may do at a time, and not for ever if it dies."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from runner.store.schedules import schedules
from runner.store.statements import insert


def claim(connection: Connection, key: str, until: datetime, now: datetime) -> bool:
    """Hold `key` until then; False while somebody else holds it."""
    statement = insert(connection.dialect.name, schedules).values(key=_row(key), last_tick=until)
    return bool(
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["key"],
                set_={"last_tick": statement.excluded.last_tick},
                where=schedules.c.last_tick <= now,
            )
        ).rowcount
    )


def is_left_behind(connection: Connection, key: str, now: datetime) -> bool:
    """Whether somebody held `key` who let the time pass: it has most likely died."""
    until = connection.scalar(select(schedules.c.last_tick).where(schedules.c.key == _row(key)))
    return until is not None and until <= now


def release(connection: Connection, key: str) -> None:
    """Let go of a key that this process holds."""
    connection.execute(delete(schedules).where(schedules.c.key == _row(key)))


def _row(key: str) -> str:
    return f"lease:{key}"
