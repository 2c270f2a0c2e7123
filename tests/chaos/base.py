"""The database of a stage: a file, or a PostgreSQL server of its own that can be killed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg

from tests import postgres
from tests.chaos.wire import Wire, to_socket

Sort = Literal["sqlite", "postgresql"]
NAME = "chaos"


@dataclass
class Base:
    """`url` is what the processes use, over the wire where there is one; `own` leads there directly."""

    url: str
    own: str
    wire: Wire | None = None
    server: postgres.Server | None = None

    @property
    def is_server(self) -> bool:
        return self.server is not None

    async def crash(self, seconds: float) -> None:
        """Kill every process of the server; start it again after so long."""
        assert self.server is not None
        _kill(int((self.server.folder / "data" / "postmaster.pid").read_text().split()[0]))
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
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {NAME}")
        await wire.open()
        url = f"postgresql://runner@127.0.0.1:{wire.port}/{NAME}"
        yield Base(url, server.url.replace("/postgres?", f"/{NAME}?"), wire, server)
    finally:
        await wire.close()
        server.release()


def _kill(postmaster: int) -> None:
    """The children too: they would hold the shared memory that a new server wants."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for pid in (postmaster, *map(int, children)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
