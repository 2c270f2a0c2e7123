"""Table partner_calls: how many calls each integration made, and how many met a limit and were tried again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sqlalchemy import Column, Connection, String, Table, UpdateBase, func, select

from runner.store.columns import Number, metadata
from runner.store.statements import Compiled, insert

partner_calls = Table(
    "partner_calls",
    metadata,
    Column("integration_id", String(64), primary_key=True),
    Column("calls", Number, nullable=False),
    Column("limited", Number, nullable=False),
)


_adding = Compiled([column.name for column in partner_calls.columns])


@dataclass(frozen=True)
class Calls:
    """`calls` to a partner, `limited` of them answered 429 or the like."""

    calls: int = 0
    limited: int = 0


def add(connection: Connection, integration_id: str, calls: int, limited: int) -> None:
    """Count calls that were made."""
    _adding.run(connection, _statement(connection.dialect.name), [(integration_id, calls, limited)])


def total(connection: Connection, integration_id: str | None = None) -> Calls:
    """The sums, of one integration or of all."""
    query = select(
        func.coalesce(func.sum(partner_calls.c.calls), 0), func.coalesce(func.sum(partner_calls.c.limited), 0)
    )
    if integration_id is not None:
        query = query.where(partner_calls.c.integration_id == integration_id)
    calls, limited = connection.execute(query).one()
    return Calls(int(calls), int(limited))


@cache
def _statement(dialect: str) -> UpdateBase:
    statement = insert(dialect, partner_calls)
    grown = {name: partner_calls.c[name] + statement.excluded[name] for name in ("calls", "limited")}
    return statement.on_conflict_do_update(index_elements=["integration_id"], set_=grown)
