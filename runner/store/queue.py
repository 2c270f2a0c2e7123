"""The queue of wake-ups: one small interface, and the embedded one on our own database."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from runner.model.wakeup import WakeUp
from runner.store import backlog, wakeups
from runner.store.backlog import Backlog
from runner.store.bell import Bell
from runner.store.database import Database
from runner.store.wakeups import Taken
from runner.store.works import after_commit

POLL = 0.25
"""Seconds after which a worker looks again, for what other processes put and for what has come due."""

_IDENTITY = ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid")
"""Of Linux: what differs between machines, and between containers, that call themselves the same."""


class Queue(Protocol):
    """Wake-ups by key: at most one waits and one runs. Whoever takes one holds a lease, and settles or retries it."""

    def put(self, connection: Connection, wakeup: WakeUp) -> None:
        """Add it in the caller's own transaction; merges with one of its key that waits."""

    def put_all(self, connection: Connection, some: Sequence[WakeUp]) -> None:
        """The same with many, whose keys differ."""

    async def take(
        self, worker: str, limit: int, lease: timedelta, now: datetime, syncs: int | None = None
    ) -> list[Taken]:
        """Up to `limit` due wake-ups whose key does not run, at most `syncs` of them syncs, which come last; else the
        higher priority first, then the older."""

    async def extend(self, taken: Taken, lease: timedelta, now: datetime) -> bool:
        """Hold it until `now + lease`. False: the lease was lost, stop working on it."""

    async def settle(self, taken: Taken) -> bool:
        """It is done. False: the lease was lost, and another does it again."""

    async def retry_at(self, taken: Taken, at: datetime, note: str | None) -> bool:
        """It waits until `at`, with one attempt more and the note. False: the lease was lost."""

    async def sweep(self, now: datetime) -> int:
        """Give back what expired leases and dead workers hold; returns how many."""

    async def depth(self) -> dict[str, int]:
        """How many are `waiting` and `running`."""

    def backlog(self, connection: Connection, now: datetime) -> Backlog:
        """How many wait, run and are due, as this connection sees it, and since when the oldest due one waits."""

    def listed(self, connection: Connection) -> Iterator[WakeUp]:
        """All of them, the oldest first, as they may be put into another queue: those that run, as due at once."""

    async def wait(self, timeout: float = POLL) -> bool:  # noqa: ASYNC109  # a wait is all this does
        """Until something was put or settled since the last `take`, or `timeout` seconds: True when it was."""


def _place() -> str:
    """Where the number of a process means this process and no other."""
    with suppress(OSError):
        text = Path(_IDENTITY[0]).read_text(encoding="ascii") + os.readlink(_IDENTITY[1])
        return blake2b(text.encode(), digest_size=4).hexdigest()
    return "here"


_PLACE = _place()
_PROCESS = f"{_PLACE}.{secrets.token_hex(4)}"


def process_id() -> str:
    """A name for this process, by which others tell whether it lives: `host:pid:place.process`."""
    return f"{socket.gethostname()}:{os.getpid()}:{_PROCESS}"


def worker_id() -> str:
    """A name for a worker of this process: `host:pid:place.process-random`."""
    return f"{process_id()}-{secrets.token_hex(4)}"


class EmbeddedQueue:
    """The queue on table wakeups, for one machine: one process or a few on the same file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._bell = Bell()

    def put(self, connection: Connection, wakeup: WakeUp) -> None:
        """Add it in the caller's own transaction; whoever waits in this process wakes when that commits."""
        self.put_all(connection, [wakeup])

    def put_all(self, connection: Connection, some: Sequence[WakeUp]) -> None:
        """Add many in the caller's own transaction."""
        # to write again what waits already costs four pages of the log
        wakeups.put_all(connection, [wakeup for wakeup in some if not wakeups.waits(connection, wakeup)])
        after_commit(connection, self._bell.ring)

    async def take(
        self, worker: str, limit: int, lease: timedelta, now: datetime, syncs: int | None = None
    ) -> list[Taken]:
        """Up to `limit` due wake-ups whose key does not run, under a lease until `now + lease`."""
        self._bell.heard()
        return await self._database.write(
            lambda connection: wakeups.take(connection, worker, limit, now + lease, now, syncs)
        )

    async def extend(self, taken: Taken, lease: timedelta, now: datetime) -> bool:
        """Hold it until `now + lease`; False when the lease was lost."""
        return await self._database.write(lambda connection: wakeups.extend(connection, taken, now + lease))

    async def settle(self, taken: Taken) -> bool:
        """Delete it; a wake-up of its key that waits may run now."""

        def work(connection: Connection) -> bool:
            after_commit(connection, self._bell.ring)
            return wakeups.settle(connection, taken)

        return await self._database.write(work)

    async def retry_at(self, taken: Taken, at: datetime, note: str | None) -> bool:
        """Let it wait until `at`; one put while it ran absorbs it."""

        def work(connection: Connection) -> bool:
            after_commit(connection, self._bell.ring)
            return wakeups.retry_at(connection, taken, at, note)

        return await self._database.write(work)

    async def sweep(self, now: datetime) -> int:
        """Give back what is held past its lease, or by a process of this machine that is gone."""

        def work(connection: Connection) -> int:
            lost = [row for row in wakeups.running(connection) if row.lease_until < now or is_dead(row.worker)]
            for row in lost:
                wakeups.give_back(connection, row, f"worker {row.worker} stopped before it was done")
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
        """Until this process puts or settles something, at most `timeout` seconds; True when it did."""
        return await self._bell.wait(timeout)


def is_dead(worker: str) -> bool:
    """Whether `worker` ran on this machine, and in this container, in a process that is no more. One from elsewhere:
    unknown, False."""
    host, _, rest = worker.rpartition(":")[0].rpartition(":")
    process = worker.rpartition(":")[2].partition("-")[0]
    if (host, process.partition(".")[0]) != (socket.gethostname(), _PLACE) or not rest.isdecimal():
        return False
    if int(rest) == os.getpid():
        return process != _PROCESS  # a container's new process has the old one's pid
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
