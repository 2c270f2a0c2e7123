"""Table deliveries: every webhook request that was verified, as it came, for audit and replay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Column, Connection, Index, LargeBinary, Row, Select, String, Table, Text, or_, select
from sqlalchemy import insert as insert_into

from runner.errors import NotFound
from runner.model.event import Delivery
from runner.store.columns import Json, UtcDateTime, metadata, utc_text
from runner.store.statements import Compiled

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("connector", Text, nullable=False),
    Column("integration_id", String(64)),
    Column("method", String(16), nullable=False),
    Column("url", Text, nullable=False),
    Column("headers", Json, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("environments", Text),
    Index("ix_deliveries_received_at", "received_at"),
)

WITHHELD = frozenset({"authorization", "proxy-authorization", "cookie"})
"""Headers that are secrets whoever sends them; they are checked before and not stored."""

_INSERT = insert_into(deliveries)
_insert = Compiled([column.name for column in deliveries.columns])


def add(connection: Connection, arrived: list[tuple[str, Delivery]]) -> None:
    """Store deliveries under the ids given."""
    rows = [
        (
            delivery_id,
            delivery.connector,
            delivery.integration_id,
            delivery.method,
            delivery.url,
            _headers(delivery.headers),
            delivery.body,
            utc_text(delivery.received_at),
            None if delivery.environments is None else f" {' '.join(sorted(delivery.environments))} ",
        )
        for delivery_id, delivery in arrived
    ]
    _insert.run(connection, _INSERT, rows)


def get(connection: Connection, delivery_id: str) -> Delivery:
    """The delivery, or NotFound."""
    row = connection.execute(select(deliveries).where(deliveries.c.id == delivery_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no delivery {delivery_id}; it was never here, or was pruned")
    return _delivery(row)


def find(
    connection: Connection, connector: str | None = None, integration_id: str | None = None, limit: int = 100
) -> list[tuple[str, Delivery]]:
    """Ids and deliveries that fit what is given, the latest first."""
    query = select(deliveries).order_by(deliveries.c.received_at.desc(), deliveries.c.id).limit(limit)
    if connector is not None:
        query = query.where(deliveries.c.connector == connector)
    if integration_id is not None:
        query = query.where(deliveries.c.integration_id == integration_id)
    return [(row.id, _delivery(row)) for row in connection.execute(query)]


def of_environment(environment: str) -> Select[tuple[str]]:
    """The ids of those that speak for integrations of an environment."""
    told = deliveries.c.environments
    return select(deliveries.c.id).where(or_(told.is_(None), told.contains(f" {environment} ", autoescape=True)))


def _headers(headers: Mapping[str, str]) -> str:
    kept = dict(headers)
    for name in WITHHELD.intersection(kept):
        del kept[name]
    return orjson.dumps(kept).decode()


def _delivery(row: Row[Any]) -> Delivery:
    values = dict(row._mapping)
    del values["id"]
    told = None if row.environments is None else frozenset(row.environments.split())
    return Delivery(**values | {"body": bytes(row.body), "environments": told})
