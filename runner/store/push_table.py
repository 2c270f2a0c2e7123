"""Table pushes: its columns, what is asked of its rows, and the push that a row is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    exists,
    literal_column,
    not_,
    or_,
    true,
)

from runner.model.push import Push, PushState
from runner.store.columns import Number, UtcDateTime, metadata, partial_index

IDENTITY = ("rule", "integration_id", "kind", "external_id", "destination")

pushes = Table(
    "pushes",
    metadata,
    Column("id", Number, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("integration_id", String(64), nullable=False),
    Column("kind", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("destination", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("due_at", UtcDateTime),
    Column("fingerprint", Text),
    Column("archived", Boolean, nullable=False),
    Column("note", Text),
    Column("reason", Text),
    Column("said", Text),
    Column("updated_at", UtcDateTime),
    Column("marks", Integer, nullable=False),
    UniqueConstraint(*IDENTITY),
)

Behind = Mapping[str, Sequence[str]]
"""By rule, the rules whose push of the same record goes first."""

is_pending: ColumnElement[bool] = pushes.c.state == literal_column("'pending'")
"""Written out, not a parameter: only so does SQLite see that the partial index serves."""

partial_index(
    "ix_pushes_due",
    pushes.c.destination,
    pushes.c.id,
    where=is_pending,
)
Index("ix_pushes_record", pushes.c.integration_id, pushes.c.kind, pushes.c.external_id)


def is_first(behind: Behind) -> ColumnElement[bool]:
    """Whether no push that goes first, of the same record to the same destination, is still on its way."""
    mine, first = pushes.c, pushes.alias("first").c
    unsettled = first.state.in_((PushState.PENDING.value, PushState.WAITING.value))
    same = [first[name] == mine[name] for name in ("integration_id", "kind", "external_id", "destination")]
    held = [
        and_(mine.rule == rule, exists().where(*same, first.rule.in_(earlier), unsettled))
        for rule, earlier in behind.items()
        if earlier
    ]
    return not_(or_(*held)) if held else true()


def is_due(now: datetime) -> ColumnElement[bool]:
    """Whether a push that has a time has come to it; one without is due at any time."""
    return or_(pushes.c.due_at.is_(None), pushes.c.due_at <= now)


def read_push(row: Row[Any]) -> Push:
    """The push that a whole row of the table is."""
    return Push(**dict(row._mapping) | {"state": PushState(row.state)})
