"""That this process lives, said again and again, so that others can tell who works and who is gone."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from runner import __version__
from runner.engine.house import House
from runner.errors import StoreError
from runner.model.process import SILENT, Process
from runner.service.supervisor import ALIVE, Supervisor
from runner.store import processes
from runner.store.migration import newest
from runner.store.queue import worker_id

BEAT = SILENT / 4
PATIENCE = 2 * BEAT
"""How long a beat waits for the database."""
REMEMBERED = timedelta(days=7)
"""How long a process is remembered that died without a word: `runner status` tells since when nobody works."""


class Heart:
    """Keeps the row of one process young, and knows how it is.

    `leaving`: it was told to stop. `flaw`: why the last beat was not stored, else None.
    """

    def __init__(self, house: House, parts: Iterable[str], supervisor: Supervisor | None = None) -> None:
        now = house.clock.now()
        self._supervisor = supervisor or Supervisor({})
        self.leaving = False
        self.flaw: str | None = None
        self._house = house
        self._process = Process(
            worker_id(), socket.gethostname(), os.getpid(), frozenset(parts), __version__, newest(), now, now
        )

    async def beat(self) -> None:
        """Once. A database that is away is told in the log; the next beat tries again."""
        self._supervisor.tell(ALIVE)
        self._process = replace(self._process, seen_at=self._house.clock.now())
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                await self._house.store.database.write(self._say)
            self.flaw = None
        except (StoreError, TimeoutError) as error:
            self.flaw = str(error) or f"no answer in {PATIENCE.total_seconds():.0f} s"
            self._house.log.warning("heartbeat-not-stored", error=self.flaw)

    async def stop(self) -> None:
        """Ended in order: others need not wait until it is taken for gone."""
        try:
            await self._house.store.database.write(lambda c: processes.end(c, self._process.id))
        except StoreError as error:
            self._house.log.warning("heartbeat-not-stored", error=str(error))

    def _say(self, connection: Connection) -> None:
        now = processes.clock(connection, self._process.seen_at)
        processes.beat(connection, replace(self._process, seen_at=now))
        processes.prune(connection, now - REMEMBERED)


@asynccontextmanager
async def beating(house: House, parts: Iterable[str], supervisor: Supervisor | None = None) -> AsyncIterator[Heart]:
    """Inside, this process is known to live."""
    heart = Heart(house, parts, supervisor)
    await heart.beat()
    task = asyncio.create_task(_repeat(heart), name="heart")
    try:
        yield heart
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await heart.stop()


async def _repeat(heart: Heart) -> None:
    while True:
        await asyncio.sleep(BEAT.total_seconds())
        await heart.beat()
