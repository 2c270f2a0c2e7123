"""Pushes that failed for good, by reason: read from table pushes, and made due again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update

from runner.model.push import PushState
from runner.store.push_table import pushes
from runner.store.statements import chunks

UNTOLD = "untold"
"""The reason of those that failed before reasons were kept."""


@dataclass(frozen=True)
class Dead:
    """How many pushes of a rule failed at a destination for one reason; `note` and `said` are of one of them."""

    destination: str
    rule: str
    reason: str
    count: int
    note: str | None
    said: str | None


@dataclass(frozen=True)
class Which:
    """Which pushes to run again: those that fit all that is given."""

    ids: Sequence[int] | None = None
    integration_id: str | None = None
    destination: str | None = None
    rule: str | None = None
    reason: str | None = None
    failed: bool = False


def reasons(connection: Connection, destination: str | None = None) -> list[Dead]:
    """What failed for good, the most frequent first."""
    table, count = pushes.c, func.count().label("count")
    reason = func.coalesce(table.reason, UNTOLD)
    query = select(table.destination, table.rule, reason, count, func.max(table.id)).where(_is_dead())
    if destination is not None:
        query = query.where(table.destination == destination)
    groups = connection.execute(
        query.group_by(table.destination, table.rule, reason).order_by(count.desc(), table.destination, table.rule)
    ).all()
    last = [row[4] for row in groups]
    rows = connection.execute(select(table.id, table.note, table.said).where(table.id.in_(last)))
    told = {row.id: (row.note, row.said) for row in rows}
    return [Dead(row[0], row[1], row[2], row[3], *told[row[4]]) for row in groups]


def renew(connection: Connection, which: Which, at: datetime) -> dict[str, int]:
    """Make pushes due again, as if new; returns how many by destination."""
    found: dict[str, int] = {}
    for ids in [None] if which.ids is None else list(chunks(list(which.ids))):
        statement = update(pushes).where(*_fitting(which))
        if ids is not None:
            statement = statement.where(pushes.c.id.in_(ids))
        fresh = {"state": PushState.PENDING.value, "attempts": 0, "due_at": at, "note": None, "updated_at": at}
        more = {"reason": None, "said": None, "marks": pushes.c.marks + 1}
        for name in connection.scalars(statement.values({**fresh, **more}).returning(pushes.c.destination)):
            found[name] = found.get(name, 0) + 1
    return found


def known(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Those of these ids that there are."""
    return {
        one
        for part in chunks(list(ids))
        for one in connection.scalars(select(pushes.c.id).where(pushes.c.id.in_(part)))
    }


def _is_dead() -> ColumnElement[bool]:
    return pushes.c.state == PushState.FAILED.value


def _fitting(which: Which) -> list[ColumnElement[bool]]:
    table = pushes.c
    named = {"integration_id": which.integration_id, "destination": which.destination, "rule": which.rule}
    where = [table[name] == value for name, value in named.items() if value is not None]
    if which.reason is not None:
        where.append(func.coalesce(table.reason, UNTOLD) == which.reason)
    return [*where, _is_dead()] if which.failed or which.reason is not None else where
