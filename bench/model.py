"""What a deployment needs: the costs that `bench.scale` measured, times what it is asked to carry.

    python -m bench.scale --json > figures.jsonl
    python -m bench.model figures.jsonl --companies 10000 --records 5000

Costs are CPU time, the median over the numbers of processes. A sync run of `n` records costs `run + n * record`: the
two measurements of syncs, of many records and of one, are two equations for that.
"""

from __future__ import annotations

import json
import statistics
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.scale import ACCOUNTS, DATABASE_CPU, DATABASES, RUNNER_CPU

BUSY = 0.6
"""The share of a core that is planned with: the rest is for bursts."""
ASKED = {"companies": 10_000, "syncs": 3, "every": 15, "webhooks": 20, "changed": 2, "records": 5000}
"""Companies; of each the syncs, minutes between two runs, webhooks an hour, changed records a run, and records."""


@dataclass(frozen=True)
class Load:
    """What is carried: webhooks and sync runs a second, changed records a run, records in all."""

    webhooks: float
    runs: float
    changed: float
    records: float

    @classmethod
    def of(cls, asked: Namespace) -> Load:
        """What so many companies bring."""
        runs = asked.companies * asked.syncs / (asked.every * 60)
        return cls(asked.companies * asked.webhooks / 3600, runs, asked.changed, asked.companies * asked.records)


@dataclass(frozen=True)
class Costs:
    """CPU microseconds of one webhook, event, sync run and record, on one side: the runner's or the database's."""

    webhook: float
    event: float
    run: float
    record: float

    @classmethod
    def fitted(cls, found: dict[str, Any], side: str, database: str) -> Costs:
        """From what was measured of `database`."""

        def median(question: str) -> float:
            named = found[question][side].items()
            return float(
                statistics.median(value for name, values in named if name.startswith(database) for value in values)
            )

        many = found["synced"]["records"] // ACCOUNTS
        record = max(0.0, (median("synced") * many - median("runs")) / (many - 1))
        return cls(median("accepted"), median("drained"), max(0.0, median("runs") - record), record)

    def cores(self, load: Load) -> dict[str, float]:
        """Cores at work for each part of a load."""
        return {
            "webhooks accepted": load.webhooks * self.webhook / 1e6,
            "events worked off": load.webhooks * self.event / 1e6,
            "sync runs": load.runs * (self.run + load.changed * self.record) / 1e6,
        }


def read(lines: Iterable[str]) -> dict[str, Any]:
    """What `bench.scale --json` printed, by question."""
    return {one["asked"]: one for one in map(json.loads, lines)}


def told(costs: Costs, load: Load) -> str:
    """What one side needs, in lines."""
    parts = costs.cores(load)
    each = f"us: webhook {costs.webhook:.0f}, event {costs.event:.0f}, run {costs.run:.0f}, record {costs.record:.0f}"
    lines = [each, *(f"{name}: {cores:.2f} cores" for name, cores in parts.items())]
    lines.append(f"to plan with at {BUSY:.0%} busy: {sum(parts.values()) / BUSY:.1f} cores")
    lines.append(f"all records for the first time: {load.records * costs.record / 3.6e9:.1f} core hours")
    return "".join(f"  {line}\n" for line in lines)


def main() -> None:
    """Print it for each database and side."""
    parser = ArgumentParser(prog="python -m bench.model")
    parser.add_argument("figures", type=Path)
    for name, default in ASKED.items():
        parser.add_argument(f"--{name}", type=float, default=default)
    asked = parser.parse_args()
    found, load = read(asked.figures.read_text(encoding="utf-8").splitlines()), Load.of(asked)
    write = sys.stdout.write
    write(f"{load.webhooks:.0f} webhooks/s, {load.runs:.0f} sync runs/s, {load.records:,.0f} records\n")
    for database in DATABASES:
        for side in (RUNNER_CPU, DATABASE_CPU):
            costs = Costs.fitted(found, side, database)
            if costs.webhook:
                write(f"{database}: {side}\n{told(costs, load)}")


if __name__ == "__main__":
    main()
