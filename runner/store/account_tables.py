"""Table account_tables: small tables of partners' accounts, as they were last fetched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, String, Table, Text, select

from runner.store.columns import Json, UtcDateTime, metadata
from runner.store.statements import insert

account_tables = Table(
    "account_tables",
    metadata,
    Column("integration_id", String(64), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("entries", Json, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True)
class Kept:
    """The entries of a table by their keys, and when they were fetched."""

    entries: dict[str, Any]
    fetched_at: datetime


def find(connection: Connection, integration_id: str) -> dict[str, Kept]:
    """The tables of an integration by name."""
    query = select(account_tables).where(account_tables.c.integration_id == integration_id)
    return {row.name: Kept(row.entries, row.fetched_at) for row in connection.execute(query)}


def save(connection: Connection, integration_id: str, name: str, kept: Kept) -> None:
    """Replace a table."""
    statement = insert(connection.dialect.name, account_tables)
    new = {column: statement.excluded[column] for column in ("entries", "fetched_at")}
    values = {"integration_id": integration_id, "name": name, "entries": kept.entries, "fetched_at": kept.fetched_at}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["integration_id", "name"], set_=new).values(values)
    )
