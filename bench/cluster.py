"""A deployment on this machine: a database, and any number of processes of the runner over it."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import Connection, text

from bench.client import SECRET
from bench.house import INTEGRATION
from bench.webhook import TICK, Server, server
from runner.store import integrations
from runner.store.keys import KeyRing
from runner.store.store import Store
from tests.postgres import start

HERE = Path(__file__).parent
RUNNER = [sys.executable, "-m", "runner.cli.main"]
PATIENCE = 300.0
DURABLE = {"fsync": "on", "full_page_writes": "on", "autovacuum": "on", "shared_buffers": "256MB"}


@dataclass
class Cluster:
    """Processes over the database at `url`, with `accounts` connected companies `acct-0` and so on."""

    url: str
    folder: Path
    accounts: int
    backend: int | None = None
    environ: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.environ = {
            "RUNNER_DATABASE_URL": self.url,
            "RUNNER_CONNECTORS": str(HERE / "partner" / "connectors"),
            "RUNNER_CONFIG": str(self.folder / "runner.yaml"),
            "RUNNER_ENCRYPTION_KEYS": f"bench:{base64.b64encode(bytes(32)).decode()}",
            "RUNNER_BENCH_WEBHOOK_KEY": SECRET,
            "PYTHONUNBUFFERED": "1",
        }

    def prepare(self) -> None:
        """Make the tables and the companies."""
        asyncio.run(self._prepare())

    async def _prepare(self) -> None:
        store = Store.open(self.url, KeyRing.generate("bench"))
        store.database.migrate()

        def work(connection: Connection) -> None:
            for number in range(self.accounts):
                company = replace(
                    INTEGRATION, id=f"int-{number}", company=f"Company {number}", account_id=f"acct-{number}"
                )
                integrations.add(connection, company, "")

        await store.database.write(work)
        await store.close()

    @contextmanager
    def web(self, count: int) -> Iterator[list[Server]]:
        """So many `runner serve`, which accept and do nothing else."""
        command = [*RUNNER, "serve", "--port", "0", "--no-worker", "--no-scheduler"]
        with ExitStack() as stack:
            yield [stack.enter_context(server(command, self.environ)) for _ in range(count)]

    @contextmanager
    def workers(self, count: int) -> Iterator[list[Server]]:
        """So many `runner worker`."""
        with ExitStack() as stack:
            yield [stack.enter_context(self._worker(number)) for number in range(count)]

    @contextmanager
    def _worker(self, number: int) -> Iterator[Server]:
        said = self.folder / f"worker-{number}.log"
        with said.open("w") as out:
            process = subprocess.Popen([*RUNNER, "worker"], env=os.environ | self.environ, stdout=out, stderr=out)
        try:
            yield Server(0, process.pid)
        finally:
            process.terminate()
            process.wait()

    def database_spent(self) -> float:
        """CPU seconds so far of the database's own processes; 0.0 where it has none."""
        return 0.0 if self.backend is None else sum(_spent(pid) for pid in (self.backend, *_children(self.backend)))

    async def done(self, wanted: int) -> int:
        """Wait until so many events are done; how many there are then. TimeoutError when they do not become so many."""
        store = Store.open(self.url, KeyRing.generate("bench"))
        try:
            async with asyncio.timeout(PATIENCE):
                return await _until(store, wanted)
        finally:
            await store.close()


async def _until(store: Store, wanted: int) -> int:
    while True:
        if (found := await store.database.read(_done)) >= wanted:
            return found
        await asyncio.sleep(0.05)


def _done(connection: Connection) -> int:
    return int(connection.scalar(text("SELECT count(*) FROM events WHERE state = 'done'")) or 0)


@contextmanager
def sqlite(folder: Path, accounts: int) -> Iterator[Cluster]:
    """Over a file."""
    cluster = Cluster(f"sqlite:///{folder / 'bench.db'}", folder, accounts)
    cluster.prepare()
    yield cluster


@contextmanager
def postgresql(folder: Path, accounts: int) -> Iterator[Cluster]:
    """Over a server of its own, which flushes to the disk as a real one does."""
    found = start(DURABLE)
    try:
        pid = int((found.folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
        cluster = Cluster(found.url, folder, accounts, pid)
        cluster.prepare()
        yield cluster
    finally:
        found.release()


def spent(servers: Sequence[Server]) -> float:
    """CPU seconds so far of them all."""
    return sum(one.spent() for one in servers)


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _spent(pid: int) -> float:
    """Its own, and of the children that it has waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except FileNotFoundError:  # it has ended, and its parent counts it
        return 0.0
    return sum(int(one) for one in fields[11:15]) / TICK
