"""A start with many integrations: the sweep, the plans, what fell due meanwhile: `python -m bench.scheduler [N]`."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, create_engine, delete

from runner.engine.work.sweep import sweep
from runner.model.run import Counts, RunState, SyncRun
from runner.service.scheduler import Scheduler
from runner.store import integrations, runs
from runner.store.migration import upgrade
from runner.store.wakeups import wakeups
from tests.partners import World, world

DAYS = 3


async def measure(number: int) -> dict[str, float]:
    """Seconds of CPU time of each part, with `number` integrations of CompanyCam whose syncs ran for some days."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runner.sqlite3"
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            upgrade(connection)
        engine.dispose()
        async with world(path) as here:
            await _grow(here, number)
            scheduler, found = Scheduler(here.house), {"integrations": float(number)}
            for name, part in (
                ("sweep", sweep(here.house)),
                ("plans", scheduler.reconcile()),
                ("again", scheduler.reconcile()),
            ):
                began = time.process_time()
                await part
                found[name] = round(time.process_time() - began, 3)
            here.clock.advance(3600)
            began = time.process_time()
            await scheduler.fire()
            found["an hour's slots"] = round(time.process_time() - began, 3)
            return found


async def _grow(here: World, number: int) -> None:
    first = await here.connect("companycam")
    names = here.house.connectors.get("companycam").syncs

    def work(connection: Connection) -> None:
        connection.execute(delete(wakeups))
        for each in range(number):
            integrations.add(connection, replace(first, id=f"i{each}", company=f"c{each}"))
            for name in names:
                for day in range(DAYS):
                    at = here.clock.now() - timedelta(days=day)
                    run = SyncRun(f"i{each}{name}{day}", f"i{each}", name, False, RunState.RUNNING, at)
                    runs.begin(connection, run)
                    runs.end(connection, run.id, RunState.DONE, at, Counts())

    await here.write(work)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))))
