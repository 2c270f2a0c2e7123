"""Table wakeups: at most one waiting and one running row a key. The embedded queue is made of these statements.

On PostgreSQL `wakeups` is a view of Procrastinate's jobs: it may be read and emptied, not written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    UpdateBase,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal_column,
    select,
    update,
)

from runner.model.wakeup import WakeUp
from runner.store.columns import EPOCH, Json, Number, UtcDateTime, json_text, metadata, utc_text
from runner.store.statements import Compiled, insert

WAITING = "waiting"
RUNNING = "running"
SYNC = "sync"
"""The kind that may run for hours."""

wakeups = Table(
    "wakeups",
    metadata,
    Column("id", Number, primary_key=True),
    Column("key", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("run_at", UtcDateTime, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("options", Json),
    Column("attempts", Integer, nullable=False),
    Column("note", Text),
    Column("worker", Text),
    Column("lease_until", UtcDateTime),
    Column("turn", Integer, nullable=False),
    UniqueConstraint("key", "state"),
    Index("ix_wakeups_due", "state", "run_at"),
    sqlite_autoincrement=True,  # an id must not come back while a worker that lost its lease still names it
)


_putting = Compiled(["key", "state", "kind", "subject", "detail", "run_at", "priority", "options", "attempts", "turn"])

_WAITS = select(wakeups.c.id).where(
    wakeups.c.key == bindparam("key", type_=Text),
    wakeups.c.state == literal_column(f"'{WAITING}'"),
    wakeups.c.run_at <= bindparam("run_at", type_=Text),
    wakeups.c.priority >= bindparam("priority", type_=Integer),
)
_asking = Compiled(["key", "run_at", "priority"])


@dataclass(frozen=True)
class Taken:
    """A wake-up under a worker's lease. `turn` tells this lease from an earlier or later one of the same row."""

    id: int
    wakeup: WakeUp
    worker: str
    turn: int


def put_all(connection: Connection, some: Iterable[WakeUp]) -> None:
    """Add them, or merge each into the one of its key that waits: the earlier `run_at`, the higher priority, the later
    options. Of those with one key, only the last."""
    rows = {wakeup.key: _row(wakeup) for wakeup in some}
    _putting.run(connection, _put(connection.dialect.name), list(rows.values()))


def _row(wakeup: WakeUp) -> tuple[Any, ...]:
    return (
        wakeup.key,
        WAITING,
        wakeup.kind,
        wakeup.subject,
        wakeup.detail,
        utc_text(wakeup.run_at or EPOCH),
        wakeup.priority,
        json_text(wakeup.options) if wakeup.options else None,
        wakeup.attempts,
        0,
    )


def waits(connection: Connection, wakeup: WakeUp) -> bool:
    """Whether one waits that `put_all` would leave as it is, for sure: nobody else writes meanwhile."""
    if wakeup.options:
        return False
    given = (wakeup.key, utc_text(wakeup.run_at or EPOCH), wakeup.priority)
    return bool(_asking.find(connection, _WAITS, given))


@cache
def _put(dialect: str) -> UpdateBase:
    statement = insert(dialect, wakeups)
    new, old = statement.excluded, wakeups.c
    merged = {
        "run_at": case((new.run_at < old.run_at, new.run_at), else_=old.run_at),
        "priority": case((new.priority > old.priority, new.priority), else_=old.priority),
        "options": func.coalesce(new.options, old.options),
    }
    return statement.on_conflict_do_update(index_elements=["key", "state"], set_=merged)


def take(
    connection: Connection, worker: str, limit: int, until: datetime, now: datetime, syncs: int | None = None
) -> list[Taken]:
    """Lease up to `limit` due rows whose key does not run, at most `syncs` of them syncs; what takes little before
    syncs, then the highest priority, then the oldest, first."""
    ids = _due(connection, limit, now, wakeups.c.kind != SYNC)
    if len(ids) < limit:
        ids += _due(
            connection, limit - len(ids) if syncs is None else min(limit - len(ids), syncs), now, wakeups.c.kind == SYNC
        )
    if not ids:
        return []
    rows = connection.execute(
        update(wakeups)
        .where(wakeups.c.id.in_(ids))
        .values(state=RUNNING, worker=worker, lease_until=until, turn=wakeups.c.turn + 1)
        .returning(*wakeups.c)
    ).all()
    return [_taken(row) for row in sorted(rows, key=lambda row: ids.index(row.id))]


def _due(connection: Connection, limit: int, now: datetime, which: ColumnElement[bool]) -> list[int]:
    running = wakeups.alias("running")
    blocked = exists().where(running.c.key == wakeups.c.key, running.c.state == RUNNING)
    due = (
        select(wakeups.c.id)
        .where(wakeups.c.state == WAITING, wakeups.c.run_at <= now, which, ~blocked)
        .order_by(wakeups.c.priority.desc(), wakeups.c.id)
        .limit(limit)
    )
    return list(connection.scalars(due)) if limit > 0 else []


def extend(connection: Connection, taken: Taken, until: datetime) -> bool:
    """Prolong the lease; False when it was lost."""
    return bool(connection.execute(update(wakeups).where(*_held(taken)).values(lease_until=until)).rowcount)


def settle(connection: Connection, taken: Taken) -> bool:
    """Delete the row; False when the lease was lost (another has it, or had it)."""
    return bool(connection.execute(delete(wakeups).where(*_held(taken))).rowcount)


def retry_at(connection: Connection, taken: Taken, at: datetime, note: str | None) -> bool:
    """Let the row wait until `at` with one attempt more; False when the lease was lost."""
    row = connection.execute(select(wakeups).where(*_held(taken))).one_or_none()
    if row is None:
        return False
    _give_back(connection, row, at, note)
    return True


def running(connection: Connection) -> list[Row[Any]]:
    """Every row under a lease."""
    return list(connection.execute(select(wakeups).where(wakeups.c.state == RUNNING)))


def give_back(connection: Connection, row: Row[Any], note: str) -> None:
    """Take a row of `running` from its worker and let it wait, due as it was, with one attempt more."""
    _give_back(connection, row, row.run_at, note)


def depth(connection: Connection) -> dict[str, int]:
    """How many rows are `waiting` and `running`."""
    query = select(wakeups.c.state, func.count()).group_by(wakeups.c.state)
    return {WAITING: 0, RUNNING: 0} | {row[0]: row[1] for row in connection.execute(query)}


def listed(connection: Connection) -> Iterator[WakeUp]:
    """Every row, the oldest first; one that runs is due at once."""
    for row in connection.execute(select(wakeups).order_by(wakeups.c.id)):
        found = _taken(row).wakeup
        yield replace(found, run_at=None) if row.state == RUNNING else found


def _give_back(connection: Connection, row: Row[Any], at: datetime, note: str | None) -> None:
    """Merge into the row that was put in the meantime, if there is one: the earlier time, the attempts of both."""
    table = wakeups.c
    values = {"state": WAITING, "run_at": at, "attempts": row.attempts + 1, "note": note}
    put_since = select(wakeups).where(table.key == row.key, table.state == WAITING)
    other = connection.execute(put_since).one_or_none()
    if other is None:
        released = values | {"worker": None, "lease_until": None}
        connection.execute(update(wakeups).where(table.id == row.id).values(released))
        return
    merged = values | {
        "run_at": min(at, other.run_at),
        "priority": max(row.priority, other.priority),
        "options": other.options or row.options,
    }
    connection.execute(delete(wakeups).where(table.id == row.id))
    connection.execute(update(wakeups).where(table.id == other.id).values(merged))


def _held(taken: Taken) -> tuple[Any, ...]:
    table = wakeups.c
    return (
        table.id == taken.id,
        table.state == RUNNING,
        table.worker == taken.worker,
        table.turn == taken.turn,
    )


def _taken(row: Row[Any]) -> Taken:
    run_at = None if row.run_at == EPOCH else row.run_at
    wakeup = WakeUp(
        row.kind, row.subject, row.detail, run_at, row.priority, options=row.options or {}, attempts=row.attempts
    )
    return Taken(row.id, wakeup, row.worker, row.turn)
