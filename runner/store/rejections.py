"""Table rejections: how often requests were turned away, by connector and reason; no row an attack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Table, Text, select

from runner.store.columns import Number, UtcDateTime, metadata
from runner.store.statements import insert

rejections = Table(
    "rejections",
    metadata,
    Column("connector", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("count", Number, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True)
class Rejection:
    """`count` requests for `connector` were turned away for `reason` (a code of `DeliveryError`)."""

    connector: str
    reason: str
    count: int
    last_at: datetime


def reject(connection: Connection, connector: str, reason: str, at: datetime) -> None:
    """Count one request that was turned away."""
    statement = insert(connection.dialect.name, rejections).values(
        connector=connector, reason=reason, count=1, last_at=at
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connector", "reason"],
            set_={"count": rejections.c.count + 1, "last_at": statement.excluded.last_at},
        )
    )


def find(connection: Connection, connector: str | None = None) -> list[Rejection]:
    """All counts, by connector and reason."""
    query = select(rejections).order_by(rejections.c.connector, rejections.c.reason)
    if connector is not None:
        query = query.where(rejections.c.connector == connector)
    return [Rejection(*row) for row in connection.execute(query)]
