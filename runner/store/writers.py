"""The threads that write to PostgreSQL, where processes hold rows against each other.

A work has a transaction of its own: were strangers committed together, each would hold its rows for all of them, and
two groups that meet in another order would be a deadlock. Rows of one batch are written together, by one thread at a
time: what comes while it writes is its next group.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from runner.errors import StoreUnavailable
from runner.store.postgresql import is_clash, is_taken, require_whole
from runner.store.works import Batch, Hooks, Job, hand_over, readable, resolve, take_hooks

PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Seconds, at most, before a transaction that met another one is tried again."""


class Writers:
    """Takes jobs from any event loop; `limit` jobs may wait, `group` rows of a batch share a COMMIT. A transaction that
    met another one, or whose connection broke before its COMMIT, is run again; and once, if what it adds was there:
    another one may have added it since this one looked."""

    def __init__(self, engine: Engine, limit: int, group: int, threads: int) -> None:
        self._engine = engine
        self.limit = limit
        self._group = group
        self._works: deque[Job] = deque()
        self._rows: dict[Batch, deque[Job]] = {}
        self._busy: set[Batch] = set()
        self._waiting = 0
        self._condition = threading.Condition()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, name=f"store-writer-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """How many jobs wait now."""
        return self._waiting

    def submit(self, job: Job) -> None:
        """Queue `job`. StoreUnavailable when too many wait already or the store is closed."""
        with self._condition:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            if self._waiting >= self.limit:
                raise StoreUnavailable(f"busy: {self.limit} writes wait already; try again later")
            self._waiting += 1
            if job.batch is None:
                self._works.append(job)
            else:
                self._rows.setdefault(job.batch, deque()).append(job)
            self._condition.notify()

    def close(self) -> None:
        """Finish what is queued, then end the threads. Blocks."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while group := self._next_group():
            self._commit(group)
            self._release(group[0].batch)
            resolve(group)

    def _next_group(self) -> list[Job]:
        with self._condition:
            while not (group := self._pick()) and not (self._closed and not self._waiting):
                self._condition.wait()
            self._waiting -= len(group)
            return group

    def _pick(self) -> list[Job]:
        free = next((batch for batch in self._rows if batch not in self._busy), None)
        if free is not None:
            rows = self._rows[free]
            group = [rows.popleft() for _ in range(min(len(rows), self._group))]
            if not rows:
                del self._rows[free]
            self._busy.add(free)
            return group
        return [self._works.popleft()] if self._works else []

    def _release(self, batch: Batch | None) -> None:
        with self._condition:
            if batch is not None:
                self._busy.discard(batch)
            # one for the rows that came meanwhile; at the end, all: each must see that nothing is left
            self._condition.notify_all() if self._closed else self._condition.notify()

    def _commit(self, group: list[Job]) -> None:
        try:
            hooks = self._repeat(group)
        except Exception as error:
            self._undo(group, error)
            return
        for hook in hooks:
            hook()

    def _undo(self, group: list[Job], error: Exception) -> None:
        """A row that cannot be stored fails alone: each is tried by itself, unless none can be stored now."""
        if len(group) > 1 and not isinstance(readable(error), StoreUnavailable):
            for job in group:
                self._commit([job])
            return
        for job in group:
            job.error = error

    def _repeat(self, group: list[Job]) -> Hooks:
        taken = False
        for pause in PAUSES:
            try:
                return self._transact(group)
            except DBAPIError as error:
                first, taken = is_taken(error) and not taken, taken or is_taken(error)
                if not (first or is_clash(error) or error.connection_invalidated):
                    raise
            time.sleep(pause * random.random())  # noqa: S311  # so that the two do not meet again
        return self._transact(group)

    def _transact(self, group: list[Job]) -> Hooks:
        with self._engine.connect() as connection:
            take_hooks(connection)
            with connection.begin() as transaction:
                _run(connection, group)
                require_whole(connection)
                try:
                    transaction.commit()
                except DBAPIError as error:
                    if is_clash(error):
                        raise
                    raise StoreUnavailable(
                        "the database did not answer to a COMMIT: what it was for may be stored, or not"
                    ) from error
            return take_hooks(connection)


def _run(connection: Connection, group: list[Job]) -> None:
    first = group[0]
    if first.batch is not None:
        hand_over(connection, first.batch, group)
    elif first.work is not None:
        first.result = first.work(connection)
