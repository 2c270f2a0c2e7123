"""Workloads 4 and 5 with 1, 2 and 4 processes, on SQLite and on PostgreSQL, both with every commit flushed to the disk.

First so many web processes accept signed webhooks of many companies while nobody works; then as many workers drain what
was accepted into records. Then workers sync many companies: all their records, and one record each of ten times as
many companies, which is what a run costs that brings next to nothing.

Where the machine has fewer cores than processes the rates end at the cores: the CPU that one webhook, event, record and
run cost, at the runner and at the database, is what carries over to other machines.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from bench.client import load, signed
from bench.cluster import Cluster, postgresql, spent, sqlite
from bench.jobs import job, partner
from bench.measure import report, show

ACCOUNTS = 64
"""Companies: the events of one are worked off by one worker at a time."""
CONNECTIONS = 32
PATH = "/webhooks/bench"
DATABASES = {"SQLite": sqlite, "PostgreSQL": postgresql}
PROCESSES = (1, 2, 4)
PAGE = 100
RUNNER_CPU = "CPU of the runner, us"
DATABASE_CPU = "CPU of the database's own processes, us"
TITLES = {
    "accepted": "webhooks accepted by web processes",
    "drained": "events drained by workers",
    "synced": f"records synced by workers, in pages of {PAGE}",
    "runs": "syncs of a company each, of one record, by workers",
}
EVENTS = "SELECT count(*) FROM events WHERE state = 'done'"
RECORDS = "SELECT count(*) FROM records"
RUNS = "SELECT count(*) FROM sync_runs WHERE ended_at IS NOT NULL"


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
        self.beside: dict[str, dict[str, dict[str, Any]]] = {}

    def run(self, database: str, processes: int) -> None:
        """Ask every question of so many processes, over a database of their own."""
        name = f"{database}, {processes}"
        with partner(self.count // ACCOUNTS, PAGE) as url, self._cluster(database, ACCOUNTS, url) as cluster:
            self._keep("accepted", name, *self._accepted(cluster, processes))
            self._keep("drained", name, *self._worked(cluster, processes, EVENTS, self.count))
        with partner(self.count // ACCOUNTS, PAGE) as url, self._cluster(database, ACCOUNTS, url) as cluster:
            cluster.ask()
            total = self.count // ACCOUNTS * ACCOUNTS
            self._keep("synced", name, *self._worked(cluster, processes, RECORDS, total))
        with partner(1, PAGE) as url, self._cluster(database, self.count // 10, url) as cluster:
            cluster.ask()
            self._keep("runs", name, *self._worked(cluster, processes, RUNS, self.count // 10))

    @contextmanager
    def _cluster(self, database: str, accounts: int, url: str) -> Iterator[Cluster]:
        with tempfile.TemporaryDirectory() as place, DATABASES[database](Path(place), accounts, url) as cluster:
            yield cluster

    def _accepted(self, cluster: Cluster, processes: int) -> tuple[float, dict[str, Any]]:
        with cluster.web(processes) as servers:
            before = spent(servers), cluster.database_spent()
            found = load([one.port for one in servers], PATH, 0, self.count, CONNECTIONS, event)
            costs = _costs(spent(servers) - before[0], cluster.database_spent() - before[1], self.count)
        if found["refused"]:
            raise RuntimeError(f"{found['refused']} webhooks were refused")
        return found["rate"], costs | {"p50 / p99 ms": f"{found['p50_ms']:.1f} / {found['p99_ms']:.1f}"}

    def _worked(self, cluster: Cluster, processes: int, query: str, wanted: int) -> tuple[float, dict[str, Any]]:
        with cluster.workers(processes) as servers:
            first = cluster.until(query, wanted // 10)  # all of them have started by then
            before, began = (spent(servers), cluster.database_spent()), time.perf_counter()
            last = cluster.until(query, wanted)
            took = time.perf_counter() - began
            costs = _costs(spent(servers) - before[0], cluster.database_spent() - before[1], last - first)
        return (last - first) / took, costs

    def _keep(self, question: str, name: str, rate: float, beside: dict[str, Any]) -> None:
        self.rates.setdefault(question, {}).setdefault(name, []).append(rate)
        for figure, value in beside.items():
            self.beside.setdefault(question, {}).setdefault(figure, {}).setdefault(name, []).append(value)


def _costs(runner: float, database: float, count: int) -> dict[str, Any]:
    return {RUNNER_CPU: round(runner / count * 1e6), DATABASE_CPU: round(database / count * 1e6)}


def main() -> None:
    count, rounds = (4_000, 1) if "--quick" in sys.argv else (20_000, 3)
    measured = Measured(count)
    for _ in range(rounds):
        for processes in PROCESSES:
            for database in DATABASES:
                measured.run(database, processes)
    for question, title in TITLES.items():
        figures, beside = measured.rates[question], measured.beside[question]
        show(
            report(
                f"scale: {title}",
                "a second",
                figures,
                "SQLite, 1",
                {},
                {"asked": question, "records": count, **beside},
            )
        )


if __name__ == "__main__":
    main()
