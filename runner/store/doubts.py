"""Table push_doubts: creations that were sent, or about to be, and whose outcome is not known yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, String, Table, delete, select

from runner.store.columns import Json, Number, UtcDateTime, metadata
from runner.store.statements import insert

push_doubts = Table(
    "push_doubts",
    metadata,
    Column("push_id", Number, primary_key=True),
    Column("integration_id", String(64), nullable=False),
    Column("input", Json, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)


def put(connection: Connection, integration_id: str, push_id: int, given: dict[str, Any], at: datetime) -> None:
    """Remember, before it is sent, what a push is about to create: a crash then leaves a trace."""
    values = {"push_id": push_id, "integration_id": integration_id, "input": given, "at": at}
    statement = insert(connection.dialect.name, push_doubts).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["push_id"], set_={"input": given, "at": at}))


def get(connection: Connection, push_id: int) -> dict[str, Any] | None:
    """What was to be created by a try whose outcome is unknown; None when there is no doubt."""
    found: dict[str, Any] | None = connection.scalar(
        select(push_doubts.c.input).where(push_doubts.c.push_id == push_id)
    )
    return found


def clear(connection: Connection, push_id: int) -> None:
    """The outcome is known."""
    connection.execute(delete(push_doubts).where(push_doubts.c.push_id == push_id))
