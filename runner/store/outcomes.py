"""Table outcomes: how much work was done and how much failed since the database was made; the figures only grow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Column, Connection, String, Table, Text, select

from runner.store.columns import Number, metadata
from runner.store.statements import insert

outcomes = Table(
    "outcomes",
    metadata,
    Column("connector", Text, primary_key=True),
    Column("work", String(16), primary_key=True),
    Column("outcome", String(16), primary_key=True),
    Column("count", Number, nullable=False),
)


@dataclass(frozen=True)
class Outcome:
    """How often work of a sort (`sync`, `event`, `push`) for a connector came out like this (`done`, `failed`)."""

    connector: str
    work: str
    outcome: str
    count: int


def add(connection: Connection, connector: str, work: str, counts: Mapping[str, int]) -> None:
    """Count what was worked off; what is 0 is left out."""
    for outcome, count in counts.items():
        if count:
            statement = insert(connection.dialect.name, outcomes).values(
                connector=connector, work=work, outcome=outcome, count=count
            )
            grown = {"count": outcomes.c.count + statement.excluded.count}
            connection.execute(
                statement.on_conflict_do_update(index_elements=["connector", "work", "outcome"], set_=grown)
            )


def find(connection: Connection) -> list[Outcome]:
    """All of them, by connector, work and outcome."""
    table = outcomes.c
    query = select(outcomes).order_by(table.connector, table.work, table.outcome)
    return [Outcome(**row._mapping) for row in connection.execute(query)]
