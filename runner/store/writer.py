"""The one thread that writes to SQLite: whatever waits is grouped into one COMMIT, each work in its own SAVEPOINT.

Rows that come together again and again are waited for, a millisecond at a time: see `Writer._gather`.

A work that waits alone, and rows of one batch alone, go without: a savepoint costs a third of such a commit.
When that fails nothing of it is stored, and the rows are tried again with savepoints, so that a bad one fails alone.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError, ProgrammingError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from runner.errors import StoreError, StoreUnavailable

Batch = Callable[[Connection, list[Any]], Sequence[Any]]

Hooks = dict[Callable[[], None], bool]

PAUSE = 0.001
"""Seconds in which one more row must come while a group gathers: what a row may lose that is the last for now."""
MOST_PAUSES = 20
"""After so many the group is committed though more keep coming."""
_HOOKS = "runner_after_commit"
CLOSED = (
    "this database was closed by `runner export --close`: everything goes on at another one, or here again after "
    "`runner export --reopen`"
)
"""What a database says that refuses to be written to: see `moving.closing`."""


@dataclass(slots=True, eq=False)
class Job:
    """One thing to write and the future that waits for it: a `work`, or a `row` for a `batch`."""

    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    work: Callable[[Connection], Any] | None = None
    batch: Batch | None = None
    row: Any = None
    result: Any = None
    error: BaseException | None = None


def after_commit(connection: Connection, call: Callable[[], None]) -> None:
    """Have `call` run in the writer thread once what `connection` wrote is durable; the same call runs once.

    It also runs when only the savepoint of the caller was rolled back, so it may say no more than "look".
    """
    connection.info.setdefault(_HOOKS, {})[call] = True


def take_hooks(connection: Connection) -> Hooks:
    """What is to run once `connection` has committed; nothing of it is left."""
    hooks: Hooks = connection.info.pop(_HOOKS, {})
    return hooks


def readable(error: BaseException) -> BaseException:
    """A driver's "locked", "disk full", "gone" or "no such table" as a StoreUnavailable without SQL or values; others
    as they are."""
    if isinstance(error, DBAPIError) and CLOSED in str(error.orig):
        return StoreUnavailable(CLOSED)
    if isinstance(error, OperationalError | ProgrammingError | InternalError):
        return StoreUnavailable(f"the database cannot serve: {_said(error)}; `runner doctor` looks into it")
    if isinstance(error, PoolTimeout):
        return StoreUnavailable("the database cannot serve: all connections to it are busy")
    if isinstance(error, StopIteration):
        return RuntimeError("a work in the store ended with StopIteration")
    return error


def _said(error: DBAPIError) -> str:
    """PostgreSQL's driver adds lines of the statement, which hold values."""
    told = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    return told or str(error.orig).strip()


def check_open(connection: Connection) -> None:
    """StoreUnavailable when SQLite, on a full disk, has rolled back by itself: the next statement would be committed
    at once and alone, and the driver's commit() would say nothing."""
    if connection.dialect.name == "sqlite" and not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]  # is connected here
        raise StoreUnavailable("the database ended the transaction by itself; nothing of it is stored")


class Writer:
    """Takes jobs from any event loop; `limit` jobs may wait, `group` of them share a COMMIT. While rows gather, the
    next one is waited for `pause` seconds."""

    def __init__(self, engine: Engine, limit: int, group: int, pause: float) -> None:
        self._engine = engine
        self.limit = limit
        self._group = group
        self._pause = pause
        self._waiting: deque[Job] = deque()
        self._usual = 1
        self._wanted = 1
        self._open: Connection | None = None
        self._condition = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many jobs wait now."""
        return len(self._waiting)

    def submit(self, job: Job) -> None:
        """Queue `job`. StoreUnavailable when too many wait already or the store is closed."""
        with self._condition:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            if len(self._waiting) >= self.limit:
                raise StoreUnavailable(f"busy: {self.limit} writes wait already; try again later")
            self._waiting.append(job)
            if job.batch is None or len(self._waiting) >= self._wanted:
                self._condition.notify()

    def close(self) -> None:
        """Finish what is queued, then end the thread. Blocks."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        self._thread.join()

    def _serve(self) -> None:
        while group := self._next_group():
            self._commit(group)
            # before they are answered: whoever then asks again is one of them
            self._usual = min(sum(job.batch is not None for job in group) + len(self._waiting), self._group)
            resolve(group)
        self._let_go()

    def _next_group(self) -> list[Job]:
        with self._condition:
            while not self._waiting and not self._closed:
                self._condition.wait()
            self._gather()
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), self._group))]

    def _gather(self) -> None:
        """Let rows come together, as many as lately came at once, while more keep coming. Who waits for an answer sends
        the next request when it is there: a COMMIT for the first few would take turns with the reading of the rest, two
        threads at one interpreter, and cost both twice the time. A work is not waited with."""
        self._wanted, seen, begun = self._usual, 0, time.monotonic()
        while seen < len(self._waiting) < self._usual and self._may_wait(begun):
            seen = len(self._waiting)
            self._condition.wait(self._pause)
        self._wanted = 1

    def _may_wait(self, begun: float) -> bool:
        is_long = time.monotonic() - begun > self._pause * MOST_PAUSES
        return not (self._closed or is_long or any(job.batch is None for job in self._waiting))

    def _commit(self, group: list[Job]) -> None:
        hooks: Hooks = {}
        try:
            hooks = self._write(group)
        except Exception as error:
            _fail_all(group, error)
        for hook in hooks:
            hook()

    def _write(self, group: list[Job]) -> Hooks:
        if _is_one(group):
            with suppress(_Undone):
                return self._transact(_run_whole, group)
            if len(group) == 1:
                return {}
        return self._transact(_run_all, group)

    def _transact(self, run: Callable[[Connection, list[Job]], None], group: list[Job]) -> Hooks:
        """On a connection that stays with the thread while all goes well: to be handed one for each group costs more
        than some statements."""
        if self._open is None:
            self._open = self._engine.connect()
        try:
            with self._open.begin():
                run(self._open, group)
            return take_hooks(self._open)
        except BaseException:
            take_hooks(self._open)
            self._let_go()
            raise

    def _let_go(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


class _Undone(Exception):
    """What runs without savepoints raised: the transaction is rolled back."""


def _is_one(group: list[Job]) -> bool:
    """One work, or rows of one batch."""
    first = group[0].batch
    return len(group) == 1 or (first is not None and all(job.batch == first for job in group))


def _run_whole(connection: Connection, group: list[Job]) -> None:
    try:
        if group[0].batch is not None:
            hand_over(connection, group[0].batch, group)
        elif group[0].work is not None:
            group[0].result = group[0].work(connection)
    except Exception as error:
        if len(group) == 1:
            group[0].error = error
        raise _Undone from error


def _run_all(connection: Connection, group: list[Job]) -> None:
    batches: dict[Batch, list[Job]] = {}
    for job in group:
        check_open(connection)
        if job.batch is not None:
            batches.setdefault(job.batch, []).append(job)
        else:
            _run_work(connection, job)
    for batch, jobs in batches.items():
        _run_batch(connection, batch, jobs)


def _run_work(connection: Connection, job: Job) -> None:
    assert job.work is not None
    try:
        with connection.begin_nested():
            job.result = job.work(connection)
    except Exception as error:
        job.error = error


def _run_batch(connection: Connection, batch: Batch, jobs: list[Job]) -> None:
    check_open(connection)
    try:
        with connection.begin_nested():
            hand_over(connection, batch, jobs)
    except Exception as error:
        if len(jobs) == 1:
            jobs[0].error = error
            return
        for job in jobs:
            _run_batch(connection, batch, [job])


def hand_over(connection: Connection, batch: Batch, jobs: list[Job]) -> None:
    """Run `batch` with the rows of `jobs`, which get its results."""
    results = batch(connection, [job.row for job in jobs])
    if len(results) != len(jobs):
        raise StoreError(f"{batch!r} answered {len(results)} results for {len(jobs)} rows")
    for job, result in zip(jobs, results, strict=True):
        job.result = result


def _fail_all(group: list[Job], error: Exception) -> None:
    """The transaction itself failed (BEGIN or COMMIT): nothing of the group is stored, whoever it was."""
    if isinstance(error, SQLAlchemyError) and not isinstance(error, OperationalError):
        cause = error.orig if isinstance(error, DBAPIError) else error
        error = StoreUnavailable(f"the database did not commit: {cause}")
    for job in group:
        job.error = job.error or error


def resolve(group: list[Job]) -> None:
    """Answer those who wait for `group`."""
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in group:
        loops.setdefault(job.loop, []).append(job)
    for loop, jobs in loops.items():
        with suppress(RuntimeError):  # the loop is closed: what it asked for is stored, nobody waits to hear it
            loop.call_soon_threadsafe(_answer, jobs)


def _answer(jobs: list[Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(readable(job.error))
        else:
            job.future.set_result(job.result)
