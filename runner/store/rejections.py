"""Tables rejections and rejected: how often requests were turned away and why, and some of them for an hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Index, Integer, LargeBinary, Row, String, Table, Text, delete, func, select
from sqlalchemy import insert as insert_into

from runner.model.event import Delivery
from runner.store.columns import Json, Number, UtcDateTime, metadata
from runner.store.statements import insert

rejections = Table(
    "rejections",
    metadata,
    Column("connector", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("count", Number, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)

rejected = Table(
    "rejected",
    metadata,
    Column("id", Number, primary_key=True),
    Column("connector", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("integration_id", String(64)),
    Column("method", String(16), nullable=False),
    Column("url", Text, nullable=False),
    Column("headers", Json, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Index("ix_rejected_received_at", "received_at"),
    sqlite_autoincrement=True,  # the oldest make room by their number
)

MOST_ROWS = 500
"""Requests kept at once, whatever comes: with the limits below, some 12 MB."""
MOST_BODY = 16_384
MOST_TEXT = 2_048
MOST_HEADERS = 50


@dataclass(frozen=True)
class Rejection:
    """`count` requests for `connector` were turned away for `reason` (a code of `DeliveryError`)."""

    connector: str
    reason: str
    count: int
    last_at: datetime


@dataclass(frozen=True)
class Refusal:
    """Requests to count at once, by connector and reason, and at most one of them to keep: without its secrets."""

    counts: Counter[tuple[str, str]]
    at: datetime
    reason: str = ""
    delivery: Delivery | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Rejected:
    """A request that was turned away: what is kept of it, and the `size` of its whole body in bytes."""

    id: int
    reason: str
    delivery: Delivery
    size: int


def reject(connection: Connection, refusals: Sequence[Refusal]) -> list[None]:
    """Count all, in a statement a connector and reason; and keep some. The batch for `Database.append`."""
    counts: Counter[tuple[str, str]] = sum((refusal.counts for refusal in refusals), Counter())
    at = max(refusal.at for refusal in refusals)
    for (connector, reason), count in sorted(counts.items()):
        _count(connection, connector, reason, count, at)
    if kept := [_row(refusal.delivery, refusal.reason) for refusal in refusals if refusal.delivery]:
        connection.execute(insert_into(rejected), kept)
        last = connection.scalar(select(func.max(rejected.c.id))) or 0
        connection.execute(delete(rejected).where(rejected.c.id <= last - MOST_ROWS))
    return [None] * len(refusals)


def find(connection: Connection, connector: str | None = None) -> list[Rejection]:
    """All counts, by connector and reason."""
    query = select(rejections).order_by(rejections.c.connector, rejections.c.reason)
    if connector is not None:
        query = query.where(rejections.c.connector == connector)
    return [Rejection(*row) for row in connection.execute(query)]


def kept(connection: Connection, integration_id: str | None = None, limit: int = 100) -> list[Rejected]:
    """What is kept of requests, the latest first."""
    query = select(rejected).order_by(rejected.c.id.desc()).limit(limit)
    if integration_id is not None:
        query = query.where(rejected.c.integration_id == integration_id)
    return [_rejected(row) for row in connection.execute(query)]


def _count(connection: Connection, connector: str, reason: str, count: int, at: datetime) -> None:
    statement = insert(connection.dialect.name, rejections).values(
        connector=connector, reason=reason, count=count, last_at=at
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connector", "reason"],
            set_={"count": rejections.c.count + count, "last_at": statement.excluded.last_at},
        )
    )


def _row(delivery: Delivery, reason: str) -> dict[str, Any]:
    headers = list(delivery.headers.items())[:MOST_HEADERS]
    return {
        "connector": delivery.connector[:MOST_TEXT],
        "reason": reason,
        "integration_id": delivery.integration_id[:64] if delivery.integration_id else None,
        "method": delivery.method[:16],
        "url": delivery.url[:MOST_TEXT],
        "headers": {name[:MOST_TEXT]: value[:MOST_TEXT] for name, value in headers},
        "body": delivery.body[:MOST_BODY],
        "size": len(delivery.body),
        "received_at": delivery.received_at,
    }


def _rejected(row: Row[Any]) -> Rejected:
    values = dict(row._mapping)
    about = {name: values.pop(name) for name in ("id", "reason", "size")}
    return Rejected(**about, delivery=Delivery(**values | {"body": bytes(row.body)}))
