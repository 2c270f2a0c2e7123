"""Workload 5: from an accepted event to its stored record, in one process on SQLite with synchronous=FULL.

The events come in at the engine's own door, signed, and a worker drains them: map 12 fields, check, upsert. Three
questions: how long one event takes when nothing else is going on, how many a second are drained when many wait, and how
long another account's single event takes in the middle of a flood. The floor of the second is a loop that reads the
accepted payloads, maps them by hand and upserts them, in batches as large as ours.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, text

from bench.client import SECRET
from bench.house import INTEGRATION, opened
from bench.jobs import job
from bench.measure import interleave, report, show
from bench.sync import by_hand
from runner.engine.house import House
from runner.engine.webhooks.events import CHUNK
from runner.engine.webhooks.receive import receive
from runner.model.event import Delivery
from runner.service.serve import runner_of
from runner.service.worker import Worker
from runner.store import integrations

OTHER = replace(INTEGRATION, id="int-other", company="Other Co", account_id="acct-2")
LATE = 60.0
"""Seconds after which a record is taken for lost."""
SINGLES = 5
FLOOR = "floor: read, map by hand, upsert"


def delivery(house: House, number: int, account: str = "acct-1") -> Delivery:
    """One signed event that holds a whole job."""
    told = {"id": f"evt-{number}", "type": "job.updated", "account": account, "data": job(number)}
    body = orjson.dumps(told)
    headers = {"x-signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}
    return Delivery("bench", "POST", "http://127.0.0.1:8080/webhooks/bench", headers, body, house.clock.now())


async def accept(house: House, numbers: Sequence[int], account: str = "acct-1", at_once: int = 200) -> None:
    """Have them all accepted, some at once."""
    for first in range(0, len(numbers), at_once):
        part = [delivery(house, number, account) for number in numbers[first : first + at_once]]
        answers = await asyncio.gather(*(receive(house, one) for one in part))
        if any(answer.status != 200 or answer.duplicates for answer in answers):
            raise RuntimeError("an event was not accepted as new")


async def stored(house: House, integration_id: str, external_id: str) -> bool:
    """Whether the record is there."""

    def work(connection: Connection) -> bool:
        query = text("SELECT 1 FROM records WHERE integration_id = :integration AND external_id = :id")
        return connection.scalar(query, {"integration": integration_id, "id": external_id}) is not None

    return await house.store.database.read(work)


async def until_stored(house: House, integration_id: str, external_id: str) -> float:
    """Seconds until the record is there; RuntimeError when it does not come."""
    began = time.perf_counter()
    while not await stored(house, integration_id, external_id):
        if time.perf_counter() - began > LATE:
            raise RuntimeError(f"record {external_id} of {integration_id} was never stored")
        await asyncio.sleep(0.001)
    return time.perf_counter() - began


@asynccontextmanager
async def house_of(folder: Path) -> AsyncIterator[House]:
    """A house with the two accounts."""
    async with opened(folder / "bench.db", "http://127.0.0.1:1") as (house, _):
        await house.store.database.write(lambda connection: integrations.add(connection, OTHER, ""))
        yield house


def worker(house: House) -> Worker:
    """A worker as `runner serve` runs it."""
    return Worker(house.store.queue, runner_of(house), house.clock, house.log, at_once=house.config.serve.workers)


@asynccontextmanager
async def working(house: House) -> AsyncIterator[None]:
    """A worker that runs beside."""
    stop = asyncio.Event()
    task = asyncio.create_task(worker(house).serve(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def idle(folder: Path, count: int) -> list[float]:
    """Milliseconds from the answer to the stored record, one event after the other."""
    spent = []
    async with house_of(folder) as house, working(house):
        for number in range(count):
            await accept(house, [number])
            spent.append(await until_stored(house, INTEGRATION.id, str(number)) * 1000)
            await asyncio.sleep(0.005)
    return sorted(spent)


async def drained(folder: Path, count: int) -> float:
    """Events per second out of a full inbox."""
    async with house_of(folder) as house:
        await accept(house, range(count))
        began = time.perf_counter()
        await worker(house).drain()
        took = time.perf_counter() - began
        if not await stored(house, INTEGRATION.id, str(count - 1)):
            raise RuntimeError("the worker left something")
    return count / took


async def floored(folder: Path, count: int) -> float:
    """The least: the same accepted events, read, mapped and upserted in batches."""
    async with house_of(folder) as house:
        await accept(house, range(count))
    connection = sqlite3.connect(folder / "bench.db", isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE jobs (id TEXT PRIMARY KEY, updated_at TEXT, fields BLOB)")
    upsert = (
        "INSERT INTO jobs VALUES (?,?,?) ON CONFLICT (id) "
        "DO UPDATE SET updated_at=excluded.updated_at, fields=excluded.fields"
    )
    began, done = time.perf_counter(), 0
    while rows := connection.execute(
        "SELECT sequence, payload FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?", (done, CHUNK)
    ).fetchall():
        jobs = [orjson.loads(row[1])["data"] for row in rows]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            upsert, [(str(one["id"]), one["updated_at"], orjson.dumps(by_hand(one))) for one in jobs]
        )
        connection.execute("UPDATE events SET state = 'done' WHERE sequence BETWEEN ? AND ?", (rows[0][0], rows[-1][0]))
        connection.execute("COMMIT")
        done = rows[-1][0]
    took = time.perf_counter() - began
    connection.close()
    return count / took


async def flooded(folder: Path, count: int) -> float:
    """Seconds from the request to the record for another account's event, the worst of a few in the midst of a flood.

    RuntimeError when the flood was over before the last of them.
    """
    worst = 0.0
    async with house_of(folder) as house:
        await accept(house, range(count))
        async with working(house):
            await until_stored(house, INTEGRATION.id, "0")
            for number in range(10**9, 10**9 + SINGLES):
                began = time.perf_counter()
                await accept(house, [number], "acct-2")
                await until_stored(house, OTHER.id, str(number))
                worst = max(worst, time.perf_counter() - began)
            if await stored(house, INTEGRATION.id, str(count - 1)):
                raise RuntimeError(f"the flood of {count} was over too soon to be one")
    return worst


def fresh(measure: Callable[[Path, int], Awaitable[Any]], count: int) -> Any:
    """One measurement in a folder of its own."""

    async def run(folder: Path) -> Any:
        return await measure(folder, count)

    with tempfile.TemporaryDirectory() as place:
        return asyncio.run(run(Path(place)))


def main() -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING)
    )  # figures alone are printed
    quick = "--quick" in sys.argv
    flood, single, waiting = (20_000, 100, 10_000) if quick else (100_000, 300, 30_000)
    spent = fresh(idle, single)
    figures = interleave(
        {FLOOR: lambda: fresh(floored, waiting), "runner": lambda: fresh(drained, waiting)}, 1 if quick else 3
    )
    extra = {
        "idle, ms from answer to record, p50 / p99 (bars: 25 / 150)": f"{spent[single // 2]:.1f} / "
        f"{spent[int(single * 0.99)]:.1f}",
        f"another account's event amid {flood:,} events, worst of {SINGLES}, s (bar: 1)": round(
            fresh(flooded, flood), 3
        ),
        "bar of the runner, events/s": 3000,
    }
    show(report(f"5. events: {waiting:,} accepted events of 1 KB drained", "events/s", figures, FLOOR, {}, extra))


if __name__ == "__main__":
    main()
