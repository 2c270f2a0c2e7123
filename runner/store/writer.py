"""The one thread that writes to SQLite: whatever waits is grouped into one COMMIT, each work in its own SAVEPOINT.

Rows that come together again and again are waited for, a millisecond at a time: see `Writer._gather`.

A work that waits alone, and rows of one batch alone, go without: a savepoint costs a third of such a commit.
When that fails nothing of it is stored, and the rows are tried again with savepoints, so that a bad one fails alone.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from runner.errors import StoreUnavailable
from runner.store.works import Batch, Hooks, Job, check_open, hand_over, resolve, take_hooks

PAUSE = 0.001
"""Seconds in which one more row must come while a group gathers: what a row may lose that is the last for now."""
MOST_PAUSES = 20
"""After so many the group is committed though more keep coming."""


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
        self._sleeps = False
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
            if self._sleeps and (job.batch is None or len(self._waiting) >= self._wanted):
                self._sleeps = False
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
                self._sleep()
            self._gather()
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), self._group))]

    def _gather(self) -> None:
        """Let rows come together, as many as lately came at once, while more keep coming. Who waits for an answer sends
        the next request when it is there: a COMMIT for the first few would take turns with the reading of the rest, two
        threads at one interpreter, and cost both twice the time. A work is not waited with."""
        self._wanted, seen, begun = self._usual, 0, time.monotonic()
        while seen < len(self._waiting) < self._usual and self._may_wait(begun):
            seen = len(self._waiting)
            self._sleep(self._pause)
        self._wanted = 1

    def _sleep(self, seconds: float | None = None) -> None:
        self._sleeps = True
        self._condition.wait(seconds)
        self._sleeps = False

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


def _fail_all(group: list[Job], error: Exception) -> None:
    """The transaction itself failed (BEGIN or COMMIT): nothing of the group is stored, whoever it was."""
    if isinstance(error, SQLAlchemyError) and not isinstance(error, OperationalError):
        cause = error.orig if isinstance(error, DBAPIError) else error
        error = StoreUnavailable(f"the database did not commit: {cause}")
    for job in group:
        job.error = job.error or error
