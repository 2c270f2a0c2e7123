"""The database of a stage: a file, or a PostgreSQL server of its own that can be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psycopg

from tests import postgres
from tests.chaos.wire import Wire, to_socket

Sort = Literal["sqlite", "postgresql"]
NAME = "chaos"
TIME = """
CREATE TABLE public.skipped (seconds float NOT NULL);
INSERT INTO public.skipped VALUES (0);
CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
    'SELECT pg_catalog.clock_timestamp() + make_interval(secs => seconds) FROM public.skipped';
ALTER DATABASE chaos SET search_path = public, pg_catalog;
"""
"""What the processes take for the server's clock goes forward with that of the partners."""


@dataclass
class Base:
    """`url` is what the processes use, over the wire where there is one; `own` leads there directly."""

    url: str
    own: str
    wire: Wire | None = None
    server: postgres.Server | None = None
    _crashing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_server(self) -> bool:
        return self.server is not None

    async def skip(self, seconds: float) -> None:
        """Let the server's clock be so far ahead."""
        if self.server is not None:
            await asyncio.to_thread(_execute, self.own, f"UPDATE public.skipped SET seconds = {seconds}")

    async def crash(self, seconds: float) -> None:
        """Kill every process of the server; start it again after so long."""
        assert self.server is not None
        locks = [self.server.folder / name for name in ("data/postmaster.pid", ".s.PGSQL.5432.lock")]
        async with self._crashing:
            await asyncio.to_thread(_kill, int(locks[0].read_text().split()[0]))
            for lock in locks:  # the number in them may be that of a process which nobody has buried yet
                lock.unlink()
            await asyncio.sleep(seconds)
            await asyncio.to_thread(self.server.start)


@asynccontextmanager
async def base(sort: Sort, folder: Path) -> AsyncIterator[Base]:
    """A database without a table."""
    if sort == "sqlite":
        url = f"sqlite:///{folder / 'runner.db'}"
        yield Base(url, url)
        return
    server = await asyncio.to_thread(postgres.start)
    wire = to_socket(str(server.folder / ".s.PGSQL.5432"))
    try:
        own = server.url.replace("/postgres?", f"/{NAME}?")
        _execute(server.url, f"CREATE DATABASE {NAME}")
        _execute(own, TIME)
        await wire.open()
        url = f"postgresql://runner@127.0.0.1:{wire.port}/{NAME}"
        yield Base(url, own, wire, server)
    finally:
        await wire.close()
        server.release()


def _execute(url: str, words: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(words)


def _kill(postmaster: int) -> None:
    """The children too, and wait until they are gone: they would write on while a new server begins."""
    told = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    pids = [postmaster, *map(int, told)]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while any(_lives(pid) for pid in pids):
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    """A process that is dead and not buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
