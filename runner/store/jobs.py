"""Procrastinate's table of jobs, which on PostgreSQL carries the wake-ups: its two locks are the key of a wake-up.

`queueing_lock` is unique among those that wait, `lock` among those that run. To put, to settle and to try again are
Procrastinate's own statements. To take is ours: many at once, as of the caller's clock, with room left by syncs. So is
the lease, which Procrastinate has a worker and not a job of: a wake-up whose end could not be stored must be run again
though its worker lives. Both are kept with the arguments of the job. The view `wakeups` shows the jobs as the embedded
queue's table shows its rows.

Whoever puts a wake-up that waits already holds it until his commit: nobody takes it before what it is about can be
read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from procrastinate.manager import QUEUEING_LOCK_CONSTRAINT
from procrastinate.sql import queries
from procrastinate.types import JobToDefer
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError

from runner.model.wakeup import WakeUp
from runner.store import job_texts as sql
from runner.store.columns import EPOCH, json_text
from runner.store.postgresql import visible
from runner.store.wakeups import SYNC, Taken

TASK = "wake"
"""What all our jobs are called; no worker of Procrastinate's own runs them."""


def put_all(connection: Connection, some: Iterable[WakeUp]) -> None:
    """Add them, or merge each into the one of its key that waits: the earlier `run_at`, the higher priority, the later
    options. Of those with one key, only the last."""
    left = {wakeup.key: wakeup for wakeup in sorted(some, key=lambda one: one.key)}
    _drop(left, connection.exec_driver_sql(sql.HOLD, _given(left)).scalars() if left else ())
    while left and not _defer(connection, left.values()):
        _drop(left, connection.exec_driver_sql(sql.MERGE, _given(left)).scalars())


def _drop(left: dict[str, WakeUp], keys: Iterable[str]) -> None:
    for key in list(keys):
        del left[key]


def _given(some: dict[str, WakeUp]) -> dict[str, Any]:
    wakeups = some.values()
    return {
        "keys": list(some),
        "times": [one.run_at for one in wakeups],
        "priorities": [one.priority for one in wakeups],
        "options": [_json(one.options) if one.options else None for one in wakeups],
    }


def _defer(connection: Connection, some: Collection[WakeUp]) -> bool:
    """Add all; False, and none is added, when one of a key waits."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(queries["defer_jobs"], {"jobs": [_job(wakeup) for wakeup in some]})
            for wakeup in some:
                if wakeup.attempts:  # it comes from another queue: a job that is put has none
                    told = {"key": wakeup.key, "attempts": wakeup.attempts}
                    connection.exec_driver_sql(sql.TRIED, told)
    except IntegrityError as error:
        _require_waiting(error)
        return False
    return True


def _require_waiting(error: IntegrityError) -> None:
    """Raise what is anything else than that one of a key waits."""
    driver: Any = error.orig
    if driver.diag.constraint_name != QUEUEING_LOCK_CONSTRAINT:
        raise error


def _job(wakeup: WakeUp) -> tuple[Any, ...]:
    told: dict[str, Any] = {"subject": wakeup.subject, "detail": wakeup.detail}
    if wakeup.options:
        told["options"] = wakeup.options
    return JobToDefer(
        queue_name=wakeup.kind,
        task_name=TASK,
        priority=wakeup.priority,
        lock=wakeup.key,
        queueing_lock=wakeup.key,
        args=_json(told),  # type: ignore[arg-type]  # as Procrastinate's own connector wraps it
        scheduled_at=wakeup.run_at,
    )


def _json(value: Any) -> Jsonb:
    return Jsonb(value, dumps=json_text)


def due(connection: Connection, limit: int, now: datetime, syncs: int | None) -> int:
    """How many `take` would find, if nobody held or took one meanwhile."""
    return int(connection.exec_driver_sql(sql.DUE, _asked(limit, now, syncs)).scalar_one())


def take(
    connection: Connection, worker: str, limit: int, until: datetime, now: datetime, syncs: int | None
) -> list[Taken]:
    """Lease up to `limit` due jobs whose key does not run, at most `syncs` of them syncs; what takes little before
    syncs, then the highest priority, then the oldest, first. What somebody puts at this moment is left out."""
    asked = _asked(limit, now, syncs) | {"worker": worker, "until": until}
    rows = connection.exec_driver_sql(sql.TAKE, asked).all()
    return [_taken(row, worker) for row in sorted(rows, key=_turn)]


def _asked(limit: int, now: datetime, syncs: int | None) -> dict[str, Any]:
    return {"now": now, "limit": limit, "syncs": limit if syncs is None else max(syncs, 0)}


def _turn(row: Row[Any]) -> tuple[bool, int, int]:
    return row.queue_name == SYNC, -row.priority, row.id


def _taken(row: Row[Any], worker: str) -> Taken:
    told = row.args
    run_at = None if row.scheduled_at == EPOCH else row.scheduled_at
    options = told.get("options") or {}
    wakeup = WakeUp(
        row.queue_name, told["subject"], told["detail"], run_at, row.priority, options=options, attempts=row.attempts
    )
    return Taken(row.id, wakeup, worker, told["turn"])


def extend(connection: Connection, taken: Taken, until: datetime) -> bool:
    """Prolong the lease; False when it was lost."""
    return bool(connection.exec_driver_sql(sql.EXTEND, _named(taken) | {"until": until}).rowcount)


def settle(connection: Connection, taken: Taken) -> bool:
    """Delete the job; False when the lease was lost (another has it, or had it)."""
    return connection.exec_driver_sql(sql.SETTLE, _named(taken)).one_or_none() is not None


def retry_at(connection: Connection, taken: Taken, at: datetime, note: str | None) -> bool:
    """Let the job wait until `at` with one attempt more; False when the lease was lost."""
    if not _is_held(connection, taken):
        return False
    _give_back(connection, taken.id, at, note)
    return True


def running(connection: Connection) -> Sequence[Row[Any]]:
    """Every job under a lease that nobody is settling at this moment: its `id`, `scheduled_at`, `worker`
    and `lease_until`."""
    return connection.exec_driver_sql(sql.RUNNING).all()


def give_back(connection: Connection, row: Row[Any], note: str) -> None:
    """Take a row of `running` from its worker and let it wait, due as it was, with one attempt more."""
    _give_back(connection, row.id, row.scheduled_at or EPOCH, note)


def _give_back(connection: Connection, job_id: int, at: datetime, note: str | None) -> None:
    """Merge into the job that was put in the meantime, if there is one."""
    given = {"job_id": job_id, "at": at, "note": note and visible(note)}
    if not _join(connection, given) and not _retry(connection, given):
        _join(connection, given)


def _join(connection: Connection, given: dict[str, Any]) -> bool:
    """Merge a running job into the one that waits for its end; that one cannot be taken meanwhile."""
    joined = connection.exec_driver_sql(sql.JOIN, given).rowcount > 0
    if joined:
        _finish(connection, given["job_id"])
    return joined


def _retry(connection: Connection, given: dict[str, Any]) -> bool:
    """False when one of its key was put at this moment."""
    asked = {"job_id": given["job_id"], "retry_at": given["at"]}
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(sql.LET_GO, given)
            connection.exec_driver_sql(
                queries["retry_job"], asked | {"new_priority": None, "new_queue_name": None, "new_lock": None}
            )
    except IntegrityError as error:
        _require_waiting(error)
        return False
    return True


def _finish(connection: Connection, job_id: int) -> None:
    connection.exec_driver_sql(queries["finish_job"], {"job_id": job_id, "status": "succeeded", "delete_job": True})


def _is_held(connection: Connection, taken: Taken) -> bool:
    return connection.exec_driver_sql(sql.HOLDS, _named(taken)).one_or_none() is not None


def _named(taken: Taken) -> dict[str, Any]:
    return {"job_id": taken.id, "worker": taken.worker, "turn": taken.turn}
