"""A deployment on this machine: a database, and any number of processes of the runner over it."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, TextClause, text

from bench.client import SECRET
from bench.house import INTEGRATION
from bench.webhook import TICK, Server, server
from runner.model.credential import Credential
from runner.model.secret import Secret
from runner.model.wakeup import WakeUp
from runner.store import integrations
from runner.store.keys import KeyRing
from runner.store.store import Store
from tests.postgres import start

HERE = Path(__file__).parent
RUNNER = [sys.executable, "-m", "runner.cli.main"]
PATIENCE = 300.0
KEY = base64.b64encode(bytes(32)).decode()
DURABLE = {"fsync": "on", "full_page_writes": "on", "autovacuum": "on", "shared_buffers": "256MB"}


@dataclass
class Cluster:
    """Processes over the database at `url`, with `accounts` connected companies `acct-0` and so on, whose partner is at
    `partner`."""

    url: str
    folder: Path
    accounts: int
    partner: str
    backend: int | None = None
    environ: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        config = {"environments": {"bench": {"local": {"api": self.partner}}}, "allow_hosts": ["127.0.0.1"]}
        (self.folder / "runner.yaml").write_text(json.dumps(config), encoding="utf-8")
        self.environ = {
            "RUNNER_DATABASE_URL": self.url,
            "RUNNER_CONNECTORS": str(HERE / "partner" / "connectors"),
            "RUNNER_CONFIG": str(self.folder / "runner.yaml"),
            "RUNNER_ENCRYPTION_KEYS": f"bench:{KEY}",
            "RUNNER_BENCH_WEBHOOK_KEY": SECRET,
            "PYTHONUNBUFFERED": "1",
        }

    def store(self) -> Store:
        """Its store, in this process."""
        return Store.open(self.url, KeyRing.parse(f"bench:{KEY}"))

    def write(self, work: Callable[[Store, Connection], None]) -> None:
        """Do something to its store in one transaction."""
        asyncio.run(self._write(work))

    async def _write(self, work: Callable[[Store, Connection], None]) -> None:
        store = self.store()
        await store.database.write(lambda connection: work(store, connection))
        await store.close()

    def prepare(self) -> None:
        """Make the tables and the companies."""
        store = self.store()
        store.database.migrate()
        asyncio.run(store.close())
        self.write(self._connect)

    def _connect(self, store: Store, connection: Connection) -> None:
        token = Credential(access_token=Secret("bench-token"))
        for number in range(self.accounts):
            company = replace(INTEGRATION, id=f"int-{number}", company=f"Company {number}", account_id=f"acct-{number}")
            integrations.add(connection, company, "")
            store.vault.put(connection, company.id, token, datetime.now(UTC))

    def ask(self) -> None:
        """Have every company synced."""
        self.write(
            lambda store, connection: store.queue.put_all(
                connection, [WakeUp("sync", f"int-{number}", "jobs") for number in range(self.accounts)]
            )
        )

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

    def until(self, query: str, wanted: int) -> int:
        """Wait until `query` counts so many; how many there are then. TimeoutError when they do not become so many."""
        return asyncio.run(self._until(query, wanted))

    async def _until(self, query: str, wanted: int) -> int:
        store = self.store()
        try:
            async with asyncio.timeout(PATIENCE):
                return await _counted(store, text(query), wanted)
        finally:
            await store.close()


async def _counted(store: Store, query: TextClause, wanted: int) -> int:
    while True:
        if (found := await store.database.read(lambda connection: int(connection.scalar(query) or 0))) >= wanted:
            return found
        await asyncio.sleep(0.05)


@contextmanager
def sqlite(folder: Path, accounts: int, partner: str) -> Iterator[Cluster]:
    """Over a file."""
    cluster = Cluster(f"sqlite:///{folder / 'bench.db'}", folder, accounts, partner)
    cluster.prepare()
    yield cluster


@contextmanager
def postgresql(folder: Path, accounts: int, partner: str) -> Iterator[Cluster]:
    """Over a server of its own, which flushes to the disk as a real one does."""
    found = start(DURABLE)
    try:
        pid = int((found.folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
        cluster = Cluster(found.url, folder, accounts, partner, pid)
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
