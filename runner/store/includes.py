"""Table push_includes: which other records a push was made from, so that it is looked at again when one changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Column, Connection, Index, String, Table, Text, delete, select, update
from sqlalchemy import insert as insert_into

from runner.model.push import PushState
from runner.store.columns import Number, metadata
from runner.store.push_table import pushes
from runner.store.statements import chunks

push_includes = Table(
    "push_includes",
    metadata,
    Column("push_id", Number, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("integration_id", String(64), nullable=False),
    Index("ix_push_includes_record", "integration_id", "kind", "external_id"),
)


def save(connection: Connection, integration_id: str, push_id: int, read: Collection[tuple[str, str]]) -> None:
    """Replace what a push reads: (kind, external id) of each, whether that record is there yet or not."""
    connection.execute(delete(push_includes).where(push_includes.c.push_id == push_id))
    rows = [
        {"push_id": push_id, "kind": kind, "external_id": external_id, "integration_id": integration_id}
        for kind, external_id in dict.fromkeys(read)
    ]
    if rows:
        connection.execute(insert_into(push_includes), rows)


def renew(connection: Connection, integration_id: str, kind: str, ids: Sequence[str], at: datetime) -> list[str]:
    """Make the pushes due again that read any of these records; returns their destinations."""
    table = push_includes.c
    found: set[str] = set()
    for part in chunks(ids):
        readers = select(table.push_id).where(
            table.integration_id == integration_id, table.kind == kind, table.external_id.in_(part)
        )
        values = {"state": PushState.PENDING.value, "attempts": 0, "due_at": at, "note": None, "updated_at": at}
        statement = update(pushes).where(pushes.c.id.in_(readers)).values(values | {"marks": pushes.c.marks + 1})
        found.update(connection.scalars(statement.returning(pushes.c.destination)))
    return sorted(found)
