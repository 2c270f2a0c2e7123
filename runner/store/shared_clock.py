"""The time of the database: on several hosts nobody's own clock is right, and one that is set jumps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from runner.errors import StoreError
from runner.store.database import Database

EVERY = 5.0
"""Seconds after which the database is asked again: what has passed since then is counted by this machine."""
_ASK = text("SELECT clock_timestamp()")


class SharedClock:
    """Tells what the database's clock said, and how much has passed since then by `elapsed` (seconds, which no setting
    of a clock moves). So leases, limits and the versions of records are of one time in all processes.

    What it is told is taken in when it differs by more than the time that the asking took.
    """

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._told: datetime | None = None
        self._told_at = 0.0

    def now(self) -> datetime:
        assert self._told is not None, "it is set before it is handed out"
        return self._told + timedelta(seconds=self._elapsed() - self._told_at)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def set(self, told: datetime, asked_at: float, answered_at: float) -> None:
        """The database said `told`, somewhere between the two moments of `elapsed`."""
        half = (answered_at - asked_at) / 2
        here = self._told and self._told + timedelta(seconds=asked_at + half - self._told_at)
        if here is None or abs((told - here).total_seconds()) > half:
            self._told, self._told_at = told, asked_at + half

    async def ask(self, database: Database) -> None:
        """Set it once. Raises StoreUnavailable."""
        asked_at, told, answered_at = await database.read(self._asked)
        self.set(told, asked_at, answered_at)

    def _asked(self, connection: Connection) -> tuple[float, datetime, float]:
        connection.execute(text("SELECT 1"))  # the transaction begins: that is no part of the asking
        asked_at = self._elapsed()
        told: datetime = connection.execute(_ASK).scalar_one()
        return asked_at, told.astimezone(UTC), self._elapsed()


@asynccontextmanager
async def sharing(database: Database) -> AsyncIterator[SharedClock]:
    """A clock that goes by the database's, and asks it again and again. Raises StoreUnavailable when it cannot be
    asked at first; later on it goes on by itself."""
    clock = SharedClock()
    await clock.ask(database)
    following = asyncio.create_task(_follow(clock, database), name="clock")
    try:
        yield clock
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _follow(clock: SharedClock, database: Database) -> None:
    while True:
        await asyncio.sleep(EVERY)
        try:
            await clock.ask(database)
        except StoreError:
            continue  # who needs the database says so
