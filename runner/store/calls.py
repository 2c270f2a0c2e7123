"""Table partner_calls: how many calls each integration made, and how many met a limit and were tried again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Connection, String, Table, func, select

from runner.store.columns import Number, metadata
from runner.store.statements import insert

partner_calls = Table(
    "partner_calls",
    metadata,
    Column("integration_id", String(64), primary_key=True),
    Column("calls", Number, nullable=False),
    Column("limited", Number, nullable=False),
)


@dataclass(frozen=True)
class Calls:
    """`calls` to a partner, `limited` of them answered 429 or the like."""

    calls: int = 0
    limited: int = 0


def add(connection: Connection, integration_id: str, calls: int, limited: int) -> None:
    """Count calls that were made."""
    statement = insert(connection.dialect.name, partner_calls).values(
        integration_id=integration_id, calls=calls, limited=limited
    )
    grown = {name: partner_calls.c[name] + statement.excluded[name] for name in ("calls", "limited")}
    connection.execute(statement.on_conflict_do_update(index_elements=["integration_id"], set_=grown))


def total(connection: Connection, integration_id: str | None = None) -> Calls:
    """The sums, of one integration or of all."""
    query = select(
        func.coalesce(func.sum(partner_calls.c.calls), 0), func.coalesce(func.sum(partner_calls.c.limited), 0)
    )
    if integration_id is not None:
        query = query.where(partner_calls.c.integration_id == integration_id)
    calls, limited = connection.execute(query).one()
    return Calls(int(calls), int(limited))
