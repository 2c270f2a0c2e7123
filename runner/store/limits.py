"""Table limits: what partners' limits have counted so far, by key, shared by all processes on the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import orjson
from sqlalchemy import Column, Connection, Index, Select, Table, Text, UpdateBase, delete, select

from runner.model.clock import Clock
from runner.store.columns import Json, UtcDateTime, json_text, metadata, utc_text
from runner.store.database import Database
from runner.store.statements import Compiled, among, insert, listed

limits = Table(
    "limits",
    metadata,
    Column("key", Text, primary_key=True),
    Column("state", Json, nullable=False),
    Column("touched_at", UtcDateTime, nullable=False),
    Index("ix_limits_touched_at", "touched_at"),
)
State = dict[str, Any]
T = TypeVar("T")

_finding = Compiled(["keys"])
_storing = Compiled(["key", "state", "touched_at"])


class LimitLedger:
    """The states of limits, kept by all processes together. A trade is a transaction of the writer: whoever is granted
    something has charged it for everybody.

    `slack` is the time for which a process may keep permits that it was granted, and what it has to tell.
    """

    slack = 0.25

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def trade(self, keys: Sequence[str], work: Callable[[dict[str, State]], T]) -> T:
        """What `work` makes of the states of `keys`, stored with what it changed in them. It runs in the writer's
        thread, and again when the transaction must be tried again. Raises StoreUnavailable."""
        return await self._database.write(lambda connection: trade(connection, keys, work, self._clock))


def trade(connection: Connection, keys: Sequence[str], work: Callable[[dict[str, State]], T], clock: Clock) -> T:
    """What `work` makes of the states of `keys`, none of which another transaction can change meanwhile."""
    dialect = connection.dialect.name
    found = _finding.find(connection, _select(dialect), (listed(dialect, keys),))
    if dialect == "postgresql" and len(found) < len(set(keys)):  # a row that is not there cannot be locked
        empty = [{"key": key, "state": {}, "touched_at": clock.now()} for key in sorted(keys)]
        connection.execute(insert(dialect, limits).on_conflict_do_nothing(), empty)
        found = _finding.find(connection, _select(dialect), (listed(dialect, keys),))
    states: dict[str, State] = {key: {} for key in keys} | {key: _read(state) for key, state in found}
    before = {key: json_text(state) for key, state in states.items()}
    result = work(states)
    after = {key: json_text(state) for key, state in states.items()}
    at = utc_text(clock.now())
    rows: list[tuple[Any, ...]] = [(key, text, at) for key, text in after.items() if text != before[key]]
    _storing.run(connection, _store(dialect), rows)
    return result


def prune(connection: Connection, before: datetime, limit: int) -> int:
    """Forget up to `limit` states that nobody has touched since; returns how many."""
    old = select(limits.c.key).where(limits.c.touched_at < before).limit(limit)
    return connection.execute(delete(limits).where(limits.c.key.in_(old))).rowcount


def _read(state: Any) -> State:
    found: State = orjson.loads(state) if isinstance(state, str | bytes) else state
    return found


@cache
def _select(dialect: str) -> Select[Any]:
    query = select(limits.c.key, limits.c.state).where(among(dialect, limits.c.key, "keys")).order_by(limits.c.key)
    return query.with_for_update()  # SQLite has no such clause, and one writer


@cache
def _store(dialect: str) -> UpdateBase:
    statement = insert(dialect, limits)
    new = {name: statement.excluded[name] for name in ("state", "touched_at")}
    return statement.on_conflict_do_update(index_elements=["key"], set_=new)
