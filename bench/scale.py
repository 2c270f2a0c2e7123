"""Workloads 4 and 5 with 1, 2 and 4 processes, on SQLite and on PostgreSQL, both with every commit flushed to the disk.

First so many web processes accept signed webhooks of many companies while nobody works; then as many workers drain what
was accepted into records. Where the machine has fewer cores than processes the rates end at the cores: the CPU that one
webhook and one event cost, at the runner and at the database, is what carries over to other machines.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import orjson

from bench.client import load, signed
from bench.cluster import Cluster, postgresql, spent, sqlite
from bench.jobs import job
from bench.measure import report, show

ACCOUNTS = 64
"""Companies: the events of one are worked off by one worker at a time."""
CONNECTIONS = 32
PATH = "/webhooks/bench"
DATABASES = {"SQLite": sqlite, "PostgreSQL": postgresql}
PROCESSES = (1, 2, 4)
TITLES = {"accepted": "webhooks accepted by web processes", "drained": "events drained by workers"}


def event(path: str, number: int) -> bytes:
    """A request that tells of one job, about 1.2 KB, of one company after the other."""
    account = f"acct-{number % ACCOUNTS}"
    told = {"id": f"evt-{number}", "type": "job.updated", "account": account, "data": job(number)}
    return signed(path, orjson.dumps(told))


class Measured:
    """What the numbers of processes carry; the figures beside the rates, by question and variant."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.rates: dict[str, dict[str, list[float]]] = {}
        self.beside: dict[str, dict[str, str]] = {}

    def run(self, database: str, processes: int) -> None:
        """Accept, then drain, over a database of its own."""
        name = f"{database}, {processes}"
        with tempfile.TemporaryDirectory() as place, DATABASES[database](Path(place), ACCOUNTS) as cluster:
            self._keep("accepted", name, *self._accepted(cluster, processes))
            self._keep("drained", name, *self._drained(cluster, processes))

    def _accepted(self, cluster: Cluster, processes: int) -> tuple[float, str]:
        with cluster.web(processes) as servers:
            before = spent(servers), cluster.database_spent()
            found = load([one.port for one in servers], PATH, 0, self.count, CONNECTIONS, event)
            costs = self._costs(spent(servers) - before[0], cluster.database_spent() - before[1], self.count)
        if found["refused"]:
            raise RuntimeError(f"{found['refused']} webhooks were refused")
        return found["rate"], f"{costs}; p50 / p99 {found['p50_ms']:.1f} / {found['p99_ms']:.1f} ms"

    def _drained(self, cluster: Cluster, processes: int) -> tuple[float, str]:
        with cluster.workers(processes) as servers:
            first = asyncio.run(cluster.done(self.count // 10))  # all of them have started by then
            before, began = (spent(servers), cluster.database_spent()), time.perf_counter()
            last = asyncio.run(cluster.done(self.count))
            took = time.perf_counter() - began
            costs = self._costs(spent(servers) - before[0], cluster.database_spent() - before[1], last - first)
        return (last - first) / took, costs

    def _costs(self, runner: float, database: float, count: int) -> str:
        return f"{runner / count * 1e6:.0f} + {database / count * 1e6:.0f}"

    def _keep(self, question: str, name: str, rate: float, beside: str) -> None:
        self.rates.setdefault(question, {}).setdefault(name, []).append(rate)
        self.beside.setdefault(question, {})[name] = beside


def main() -> None:
    count, rounds = (4_000, 1) if "--quick" in sys.argv else (20_000, 3)
    measured = Measured(count)
    for _ in range(rounds):
        for processes in PROCESSES:
            for database in DATABASES:
                measured.run(database, processes)
    for question, title in (
        ("accepted", "webhooks accepted by web processes"),
        ("drained", "events drained by workers"),
    ):
        beside = {"CPU us of the runner + of the database's own processes": measured.beside[question]}
        show(
            report(
                f"scale: {count:,} {title}, {ACCOUNTS} companies",
                "a second",
                measured.rates[question],
                "SQLite, 1",
                {},
                beside,
            )
        )


if __name__ == "__main__":
    main()
