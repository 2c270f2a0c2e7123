"""Table push_doubts: creations that were sent, or about to be, and whose outcome is not known yet."""

from __future__ import annotations

from sqlalchemy import Column, Connection, String, Table, delete, select

from runner.model.push import Doubt
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


def put(connection: Connection, integration_id: str, push_id: int, doubt: Doubt) -> None:
    """Remember, before it is sent, what a push is about to create: a crash then leaves a trace."""
    given = {"input": doubt.input, "at": doubt.at}
    values = {"push_id": push_id, "integration_id": integration_id, **given}
    statement = insert(connection.dialect.name, push_doubts).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["push_id"], set_=given))


def get(connection: Connection, push_id: int) -> Doubt | None:
    """What was to be created by a try whose outcome is unknown; None when there is no doubt."""
    asked = select(push_doubts.c.input, push_doubts.c.at).where(push_doubts.c.push_id == push_id)
    return next((Doubt(given, at) for given, at in connection.execute(asked)), None)


def clear(connection: Connection, push_id: int) -> None:
    """The outcome is known."""
    connection.execute(delete(push_doubts).where(push_doubts.c.push_id == push_id))
