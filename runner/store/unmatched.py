"""Table unmatched: who and what has no twin at a destination yet, since when; a row goes once it is linked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Column, Connection, Index, String, Table, Text, delete, select

from runner.model.push import Link
from runner.model.unmatched import Unmatched
from runner.store.columns import UtcDateTime, metadata
from runner.store.statements import insert

unmatched = Table(
    "unmatched",
    metadata,
    Column("integration_id", String(64), primary_key=True),
    Column("destination", String(64), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("there", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Index("ix_unmatched_destination", "destination"),
)

IDENTITY = ["integration_id", "destination", "kind", "external_id"]
_COLUMNS = [unmatched.c[name] for name in Unmatched.__dataclass_fields__]


def put(connection: Connection, found: Iterable[Unmatched], at: datetime) -> list[Unmatched]:
    """Keep what is missed; returns those that were not missed before."""
    fresh = []
    for one in dict.fromkeys(found):
        statement = insert(connection.dialect.name, unmatched).values(vars(one) | {"first_at": at})
        if connection.execute(statement.on_conflict_do_nothing(index_elements=IDENTITY)).rowcount:
            fresh.append(one)
    return fresh


def clear(connection: Connection, links: Iterable[Link]) -> None:
    """These are linked now."""
    table = unmatched.c
    for link in links:
        query = delete(unmatched).where(
            table.integration_id == link.integration_id,
            table.destination == link.destination,
            table.kind == link.kind,
            table.external_id == link.external_id,
        )
        connection.execute(query)


def find(
    connection: Connection, integration_id: str | None = None, kind: str | None = None, limit: int = 1000
) -> list[Unmatched]:
    """What is missed, the longest missed first."""
    table = unmatched.c
    query = select(*_COLUMNS).order_by(table.first_at, table.integration_id, table.kind, table.external_id)
    if integration_id is not None:
        query = query.where(table.integration_id == integration_id)
    if kind is not None:
        query = query.where(table.kind == kind)
    return [Unmatched(*row) for row in connection.execute(query.limit(limit))]
