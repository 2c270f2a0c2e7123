"""Table changes: every move of an integration in order, and how far the host has been told of it.

The rows outlive their integration (hence `about` and not `integration_id`): the host is told of a removal too.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from runner.model.integration import Integration, Reason, State
from runner.model.lifecycle import BEGUN, REMOVED, Change
from runner.store.columns import Json, Number, UtcDateTime, metadata
from runner.store.statements import hold


class Telling(StrEnum):
    """`pending`: the host is to be told. `told`: it answered 2xx. `skipped`: nobody wants to know. `dead`: given up."""

    PENDING = "pending"
    TOLD = "told"
    SKIPPED = "skipped"
    DEAD = "dead"


changes = Table(
    "changes",
    metadata,
    Column("id", Number, primary_key=True),
    Column("about", String(64), nullable=False),
    Column("company", Text, nullable=False),
    Column("connector", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("event", String(32), nullable=False),
    Column("before", String(16)),
    Column("state", String(16)),
    Column("reason", Json),
    Column("at", UtcDateTime, nullable=False),
    Column("telling", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime),
    Column("note", Text),
    Index("ix_changes_about", "about", "id"),
    Index("ix_changes_telling", "telling", "due_at"),
    sqlite_autoincrement=True,  # an id must not come back: hosts go on from the last that they have seen
)


@dataclass(frozen=True)
class Notice:
    """A change, and how far the host has been told of it."""

    change: Change
    telling: Telling
    attempts: int
    due_at: datetime | None
    note: str | None


def add(
    connection: Connection,
    about: Integration,
    event: str,
    state: State | None,
    reason: Reason | None,
    at: datetime,
) -> None:
    """Keep one move of an integration (given as it was before); the host is to be told at once."""
    values = {
        "about": about.id,
        "company": about.company,
        "connector": about.connector,
        "environment": about.environment,
        "event": event,
        "before": None if event == BEGUN else about.state.value,
        "state": state.value if state else None,
        "reason": asdict(reason) if reason else None,
        "at": at,
        "telling": Telling.PENDING.value,
        "attempts": 0,
    }
    hold(connection, "changes")  # ids are in the order of commits: whoever reads on from the last misses none
    connection.execute(insert(changes).values(values))


def find(
    connection: Connection,
    integration_id: str | None = None,
    company: str | None = None,
    *,
    telling: Telling | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[Notice]:
    """Changes after the one of id `after`, the oldest first."""
    query = select(changes).where(changes.c.id > after).order_by(changes.c.id).limit(limit)
    if integration_id is not None:
        query = query.where(changes.c.about == integration_id)
    if company is not None:
        query = query.where(changes.c.company == company)
    if telling is not None:
        query = query.where(changes.c.telling == telling.value)
    return [_notice(row) for row in connection.execute(query)]


def settle(connection: Connection, change_id: int, telling: Telling, note: str | None = None) -> None:
    """Nothing more is to be done about telling it."""
    values = {"telling": telling.value, "note": note, "due_at": None, "attempts": changes.c.attempts + 1}
    connection.execute(update(changes).where(changes.c.id == change_id).values(values))


def postpone(connection: Connection, change_id: int, until: datetime, note: str) -> None:
    """It was told in vain: again then."""
    values = {"due_at": until, "note": note, "attempts": changes.c.attempts + 1}
    connection.execute(update(changes).where(changes.c.id == change_id).values(values))


def waiting(connection: Connection, now: datetime) -> list[str]:
    """The integrations, removed ones too, of which the host is to be told something now."""
    table = changes.c
    query = select(table.about).where(
        table.telling == Telling.PENDING.value, (table.due_at.is_(None)) | (table.due_at <= now)
    )
    return list(connection.scalars(query.distinct().order_by(table.about)))


def again(connection: Connection, ids: Collection[int] | None = None) -> list[str]:
    """Let what is dead (or these, whatever became of them) be told anew; returns the integrations concerned."""
    chosen = changes.c.telling == Telling.DEAD.value if ids is None else changes.c.id.in_(ids)
    fresh = {"telling": Telling.PENDING.value, "attempts": 0, "due_at": None, "note": None}
    found = connection.scalars(update(changes).where(chosen).values(fresh).returning(changes.c.about))
    return list(found)


def counts(connection: Connection) -> dict[Telling, int]:
    """How many changes stand how."""
    query = select(changes.c.telling, func.count()).group_by(changes.c.telling)
    return dict.fromkeys(Telling, 0) | {Telling(name): count for name, count in connection.execute(query)}


def forget(connection: Connection, integration_id: str) -> None:
    """Delete what is kept of an integration that is removed, but for its removal."""
    table = changes.c
    connection.execute(delete(changes).where(table.about == integration_id, table.event != REMOVED))


def _notice(row: Row[Any]) -> Notice:
    values = dict(row._mapping)
    own = {item.name: values[item.name] for item in fields(Change) if item.name in values}
    own |= {
        "integration_id": row.about,
        "before": State(row.before) if row.before else None,
        "state": State(row.state) if row.state else None,
        "reason": Reason(**row.reason) if row.reason else None,
    }
    return Notice(Change(**own), Telling(row.telling), row.attempts, row.due_at, row.note)
