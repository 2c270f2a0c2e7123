"""A worker whose PostgreSQL is killed and comes back goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest

from runner.engine.work.dispatch import Done, Verdict
from runner.errors import StoreError
from runner.model.clock import SystemClock
from runner.model.wakeup import WakeUp
from runner.service.worker import Worker
from runner.store.database import Database
from runner.store.distributed import DistributedQueue
from tests import postgres
from tests.partners import Log

T = TypeVar("T")


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    started = postgres.start()
    yield started
    started.release()


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """However long the database is away."""
    while True:
        try:
            return await work()
        except StoreError:
            await asyncio.sleep(0.05)


async def put(database: Database, queue: DistributedQueue, wakeup: WakeUp) -> None:
    await patiently(lambda: database.write(lambda connection: queue.put(connection, wakeup)))


async def test_a_worker_outlives_a_restart_of_the_server(server: postgres.Server) -> None:
    seen: asyncio.Queue[str] = asyncio.Queue()
    held, go = asyncio.Event(), asyncio.Event()

    async def work(wakeup: WakeUp) -> Verdict:
        seen.put_nowait(wakeup.subject)
        if wakeup.subject == "held":
            held.set()
            await go.wait()
        return Done()

    database = Database.open(server.url)
    await asyncio.to_thread(database.migrate)
    queue, log, stop = DistributedQueue(database), Log(), asyncio.Event()
    serving = asyncio.create_task(Worker(queue, work, SystemClock(), log).serve(stop))
    await put(database, queue, WakeUp("events", "held"))
    await asyncio.wait_for(held.wait(), 60)
    await asyncio.to_thread(server.stop)
    while "queue-unavailable" not in log.events():  # noqa: ASYNC110  # a log rings no bell
        await asyncio.sleep(0.05)
    await asyncio.to_thread(server.start)
    await put(database, queue, WakeUp("events", "after"))
    assert [await asyncio.wait_for(seen.get(), 60) for _ in range(2)] == ["held", "after"]
    go.set()
    while any((await patiently(queue.depth)).values()):  # noqa: ASYNC110  # nor does a table
        await asyncio.sleep(0.05)
    stop.set()
    await serving
    await queue.close()
    await database.close()
