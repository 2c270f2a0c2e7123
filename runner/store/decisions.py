"""Table decisions: whose value of a field stayed, when and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, Connection, Index, String, Table, Text, delete, select
from sqlalchemy import insert as insert_into

from runner.model.common import Decision, Pair
from runner.store.columns import Json, Number, UtcDateTime, metadata
from runner.store.commons import is_of

decisions = Table(
    "decisions",
    metadata,
    Column("id", Number, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("integration_id", String(64), nullable=False),
    Column("kind", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("destination", String(64), nullable=False),
    Column("field", Text, nullable=False),
    Column("common", Json),
    Column("partner", Json),
    Column("host", Json),
    Column("policy", String(16), nullable=False),
    Column("winner", String(8), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("push_id", Number),
    Index("ix_decisions_record", "integration_id", "kind", "external_id"),
    Index("ix_decisions_at", "at"),
)

_COLUMNS = [decisions.c[name] for name in Decision.__dataclass_fields__]


def add(connection: Connection, pair: Pair, made: Sequence[Decision], push_id: int, at: datetime) -> None:
    """Keep those that say something else than the last one about the same field."""
    last = {one.field: one for one in find(connection, pair)[::-1]}
    rows = [
        {**vars(pair), **vars(one), "at": at, "push_id": push_id}
        for one in made
        if one.field not in last or _told(one) != _told(last[one.field])
    ]
    if rows:
        connection.execute(insert_into(decisions), rows)


def find(connection: Connection, pair: Pair, limit: int = 200) -> list[Decision]:
    """The decisions about a pair, the latest first."""
    query = select(*_COLUMNS).where(is_of(decisions, pair)).order_by(decisions.c.id.desc()).limit(limit)
    return [Decision(*row) for row in connection.execute(query)]


def prune(connection: Connection, before: datetime, limit: int) -> int:
    """Delete up to `limit` of those made before then; returns how many."""
    old = select(decisions.c.id).where(decisions.c.at < before).order_by(decisions.c.at).limit(limit)
    return connection.execute(delete(decisions).where(decisions.c.id.in_(old))).rowcount


def _told(one: Decision) -> tuple[object, ...]:
    return one.common, one.partner, one.host, one.policy, one.winner
