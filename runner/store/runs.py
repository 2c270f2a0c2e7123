"""Table sync_runs: every execution of a sync, with what became of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Row,
    Select,
    String,
    Table,
    Text,
    bindparam,
    case,
    func,
    insert,
    select,
    update,
)

from runner.model.run import Counts, RunState, SyncRun
from runner.store.columns import Json, UtcDateTime, json_text, metadata
from runner.store.statements import Compiled

sync_runs = Table(
    "sync_runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("integration_id", String(64), nullable=False),
    Column("sync", Text, nullable=False),
    Column("full", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("counts", Json, nullable=False),
    Column("error", Text),
    Index("ix_sync_runs_started", "integration_id", "sync", "started_at"),
)


_LATEST = (sync_runs.c.started_at.desc(), sync_runs.c.id.desc())
_LAST = (
    case((sync_runs.c.ended_at.is_(None) & sync_runs.c.full, 0), else_=1),
    sync_runs.c.ended_at.desc().nulls_last(),
    *_LATEST,
)
_COUNTED = update(sync_runs).where(sync_runs.c.id == bindparam("run")).values(counts=bindparam("made", type_=Json))
_counting = Compiled(["made", "run"])


def begin(connection: Connection, run: SyncRun) -> None:
    """Store a run that starts."""
    values = asdict(run) | {"state": run.state.value}
    connection.execute(insert(sync_runs).values(values))


def save_counts(connection: Connection, run_id: str, counts: Counts) -> None:
    """Replace the counts of a run, in the transaction of the page that they cover."""
    _counting.run(connection, _COUNTED, [(json_text(vars(counts)), run_id)])


def end(
    connection: Connection, run_id: str, state: RunState, at: datetime, counts: Counts, error: str | None = None
) -> None:
    """Close a run as done or failed; `error` in plain words, without secrets."""
    values = {"state": state.value, "ended_at": at, "counts": asdict(counts), "error": error}
    connection.execute(update(sync_runs).where(sync_runs.c.id == run_id).values(values))


def find(
    connection: Connection,
    integration_id: str | None = None,
    sync: str | None = None,
    state: RunState | None = None,
    limit: int = 50,
) -> list[SyncRun]:
    """Runs that fit what is given, the latest first."""
    query = _latest().limit(limit)
    if integration_id is not None:
        query = query.where(sync_runs.c.integration_id == integration_id)
    if sync is not None:
        query = query.where(sync_runs.c.sync == sync)
    if state is not None:
        query = query.where(sync_runs.c.state == state.value)
    return [_run(row) for row in connection.execute(query)]


def last(connection: Connection, integration_id: str, sync: str) -> SyncRun | None:
    """The run of a sync that goes on, or else ended last; of two that go on the full one, which asks aside for news."""
    mine = select(sync_runs).where(sync_runs.c.integration_id == integration_id, sync_runs.c.sync == sync)
    goes_on = case((sync_runs.c.ended_at.is_(None), 0), else_=1)
    row = connection.execute(mine.order_by(goes_on, *_LAST).limit(1)).one_or_none()
    return _run(row) if row else None


def get(connection: Connection, run_id: str) -> SyncRun:
    """One run."""
    return _run(connection.execute(select(sync_runs).where(sync_runs.c.id == run_id)).one())


def failures(connection: Connection, integration_id: str, sync: str) -> int:
    """How many runs have failed since the last one that was done; a long pass may have begun before it."""
    table = sync_runs.c
    mine = (table.integration_id == integration_id, table.sync == sync)
    done = select(func.max(table.ended_at)).where(*mine, table.state == RunState.DONE.value)
    since = done.scalar_subquery()
    failed = select(func.count()).where(*mine, table.state == RunState.FAILED.value)
    return connection.scalar(failed.where((table.ended_at > since) | since.is_(None))) or 0


def _latest() -> Select[Any]:
    return select(sync_runs).order_by(*_LATEST)


def _run(row: Row[Any]) -> SyncRun:
    return SyncRun(**dict(row._mapping) | {"state": RunState(row.state), "counts": Counts(**row.counts)})
