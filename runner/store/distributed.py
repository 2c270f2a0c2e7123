"""The queue of any number of processes on any number of hosts: Procrastinate on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version

from sqlalchemy import Connection

from runner.errors import SettingsError
from runner.model.wakeup import WakeUp
from runner.store import backlog, jobs, wakeups
from runner.store.backlog import Backlog
from runner.store.bell import Bell
from runner.store.database import Database
from runner.store.listener import Listener
from runner.store.queue import POLL, is_dead
from runner.store.wakeups import Taken
from runner.store.works import after_commit

FITTING = "3.10."
"""The versions of Procrastinate whose schema our migrations make."""
SOON = 0.01
"""Seconds after which a worker looks again that left out what somebody was just putting."""


class DistributedQueue:
    """Wake-ups as jobs of Procrastinate, in the database of everything else. Processes hear of each other's."""

    def __init__(self, database: Database) -> None:
        require_fitting(version("procrastinate"))
        self._database = database
        self._bell = Bell()
        self._listener: Listener | None = None
        self._is_idle = True
        self._passed_over = False

    def put(self, connection: Connection, wakeup: WakeUp) -> None:
        """Add it in the caller's own transaction; whoever waits anywhere wakes when that commits."""
        self.put_all(connection, [wakeup])

    def put_all(self, connection: Connection, some: Sequence[WakeUp]) -> None:
        """Add many in the caller's own transaction."""
        jobs.put_all(connection, some)
        after_commit(connection, self._bell.ring)

    async def take(
        self, worker: str, limit: int, lease: timedelta, now: datetime, syncs: int | None = None
    ) -> list[Taken]:
        """Up to `limit` due wake-ups whose key does not run, under a lease until `now + lease`."""
        self._bell.heard()
        if self._is_idle and not await self._database.read(lambda c: jobs.due(c, limit, now, syncs)):
            self._passed_over = False
            return []

        def work(connection: Connection) -> tuple[list[Taken], bool]:
            taken = jobs.take(connection, worker, limit, now + lease, now, syncs)
            room = limit - len(taken)
            left = syncs and syncs - sum(1 for one in taken if one.wakeup.kind == wakeups.SYNC)
            return taken, room > 0 and jobs.due(connection, room, now, left) > 0

        taken, self._passed_over = await self._database.write(work)
        self._is_idle = not taken
        return taken

    async def extend(self, taken: Taken, lease: timedelta, now: datetime) -> bool:
        """Hold it until `now + lease`; False when the lease was lost."""
        return await self._database.write(lambda connection: jobs.extend(connection, taken, now + lease))

    async def settle(self, taken: Taken) -> bool:
        """Delete it; a wake-up of its key that waits may run now."""

        def work(connection: Connection) -> bool:
            after_commit(connection, self._bell.ring)
            return jobs.settle(connection, taken)

        return await self._database.write(work)

    async def retry_at(self, taken: Taken, at: datetime, note: str | None) -> bool:
        """Let it wait until `at`; one put while it ran absorbs it."""

        def work(connection: Connection) -> bool:
            after_commit(connection, self._bell.ring)
            return jobs.retry_at(connection, taken, at, note)

        return await self._database.write(work)

    async def sweep(self, now: datetime) -> int:
        """Give back what is held past its lease, or by a process of this machine that is gone."""

        def work(connection: Connection) -> int:
            lost = [row for row in jobs.running(connection) if row.lease_until < now or is_dead(row.worker)]
            for row in lost:
                jobs.give_back(connection, row, f"worker {row.worker} stopped before it was done")
            if lost:
                after_commit(connection, self._bell.ring)
            return len(lost)

        return await self._database.write(work)

    async def depth(self) -> dict[str, int]:
        """How many are `waiting` and `running`."""
        return await self._database.read(wakeups.depth)

    def backlog(self, connection: Connection, now: datetime) -> Backlog:
        """How many wait, run and are due, and since when the oldest due one waits."""
        return backlog.find(connection, now)

    def listed(self, connection: Connection) -> Iterator[WakeUp]:
        """All of them, the oldest first; those that run, as due at once."""
        return wakeups.listed(connection)

    async def wait(self, timeout: float = POLL) -> bool:  # noqa: ASYNC109  # a wait is all this does
        """Until any process puts, or this one settles something, at most `timeout` seconds; True when it did."""
        if self._listener is None:
            self._listener = Listener(self._database.url, self._bell.ring)
        return await self._bell.wait(min(timeout, SOON) if self._passed_over else timeout)

    async def close(self) -> None:
        """Listen no more."""
        if self._listener is not None:
            listener, self._listener = self._listener, None
            await asyncio.to_thread(listener.close)


def require_fitting(installed: str) -> None:
    """SettingsError when this version of Procrastinate is not the one that our migrations made the tables of."""
    if not installed.startswith(FITTING):
        raise SettingsError(
            f"procrastinate {installed} is installed, and the tables of the queue are those of {FITTING}x: "
            f"`pip install 'procrastinate=={FITTING}*'`"
        )
