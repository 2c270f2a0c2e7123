from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from runner.engine.work.dispatch import Again, Done, Verdict
from runner.errors import StoreUnavailable
from runner.model.clock import Clock, SystemClock
from runner.model.wakeup import WakeUp
from runner.service.worker import BEATS, Worker
from runner.store.database import Database
from runner.store.queue import Queue
from runner.store.store import Store
from runner.store.wakeups import Taken
from runner.testing.clock import FakeClock
from tests.partners import KEYS, Log

Work = Callable[[WakeUp], Awaitable[Verdict]]
KEY = WakeUp("events", "i1")

pytestmark = pytest.mark.each_database


@pytest.fixture
async def queue(database_url: str) -> AsyncIterator[tuple[Database, Queue]]:
    store = Store.open(database_url, KEYS)
    yield store.database, store.queue
    await store.close()


def worker(queue: Queue, work: Work, clock: Clock | None = None, **options: object) -> Worker:
    return Worker(queue, work, clock or SystemClock(), Log(), **options)  # type: ignore[arg-type]


async def put(found: tuple[Database, Queue], *wakeups: WakeUp) -> None:
    database, queue = found
    await database.write(lambda c: [queue.put(c, one) for one in wakeups])


async def test_a_wakeup_is_run_and_settled(queue: tuple[Database, Queue]) -> None:
    seen: list[str] = []

    async def work(wakeup: WakeUp) -> Verdict:
        seen.append(wakeup.key)
        return Done()

    await put(queue, KEY)
    assert await worker(queue[1], work).drain() == 1
    assert (seen, await queue[1].depth()) == (["events:i1"], {"waiting": 0, "running": 0})


async def test_again_lets_it_wait_until_then(queue: tuple[Database, Queue]) -> None:
    async def work(_: WakeUp) -> Verdict:
        return Again(SystemClock().now() + timedelta(hours=1), "the partner is down")

    await put(queue, KEY)
    assert await worker(queue[1], work).drain() == 1
    assert await queue[1].depth() == {"waiting": 1, "running": 0}


async def test_a_run_that_breaks_is_tried_again_and_disturbs_no_other(queue: tuple[Database, Queue]) -> None:
    async def work(wakeup: WakeUp) -> Verdict:
        if wakeup.subject == "i1":
            raise RuntimeError("unforeseen")
        return Done()

    await put(queue, KEY, WakeUp("events", "i2"))
    assert await worker(queue[1], work).drain() == 2
    assert await queue[1].depth() == {"waiting": 1, "running": 0}


async def test_a_store_that_takes_nothing_is_one_line_and_tried_again(
    queue: tuple[Database, Queue],
) -> None:
    async def work(_: WakeUp) -> Verdict:
        raise StoreUnavailable("the disk is full")

    await put(queue, KEY)
    log = Log()
    assert await Worker(queue[1], work, SystemClock(), log).drain() == 1
    assert log.lines == [
        ("error", "wakeup-not-run", {"wakeup": "events:i1", "error": "the disk is full", "again_in": 30.0})
    ]
    assert await queue[1].depth() == {"waiting": 1, "running": 0}


class Blinking:
    """A queue that cannot settle a few times."""

    def __init__(self, queue: Queue, fails: int) -> None:
        self._queue, self.fails = queue, fails

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    async def settle(self, taken: Taken) -> bool:
        if self.fails:
            self.fails -= 1
            raise StoreUnavailable("the database is away")
        return await self._queue.settle(taken)


@pytest.mark.parametrize(("fails", "left"), [(3, 0), (1000, 1)])
async def test_what_was_run_is_settled_once_the_store_is_back(
    queue: tuple[Database, Queue], fails: int, left: int
) -> None:
    async def work(_: WakeUp) -> Verdict:
        return Done()

    await put(queue, KEY)
    blinking: Any = Blinking(queue[1], fails)
    assert await asyncio.wait_for(worker(blinking, work, FakeClock()).drain(), 60) == 1
    assert (await queue[1].depth())["running"] == left


async def test_they_run_side_by_side_up_to_the_limit(queue: tuple[Database, Queue]) -> None:
    running, most, left = 0, 0, 9
    stop = asyncio.Event()

    async def work(_: WakeUp) -> Verdict:
        nonlocal running, most, left
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running, left = running - 1, left - 1
        if not left:
            stop.set()
        return Done()

    await put(queue, *(WakeUp("events", f"i{number}") for number in range(9)))
    await asyncio.wait_for(worker(queue[1], work, at_once=3).serve(stop), 60)
    assert (most, left) == (3, 0)


async def test_a_long_run_keeps_its_lease(queue: tuple[Database, Queue]) -> None:
    clock = FakeClock()
    swept: list[int] = []

    async def work(_: WakeUp) -> Verdict:
        while len(clock.slept) < 5 * BEATS:  # as long as five leases
            swept.append(await queue[1].sweep(clock.now()))
        return Done()

    await put(queue, KEY)
    assert await worker(queue[1], work, clock=clock).drain() == 1
    assert set(swept) == {0}
    assert await queue[1].depth() == {"waiting": 0, "running": 0}


async def test_stopping_waits_for_what_runs(queue: tuple[Database, Queue]) -> None:
    stop, begun = asyncio.Event(), asyncio.Event()

    async def work(_: WakeUp) -> Verdict:
        begun.set()
        await asyncio.sleep(0.1)
        return Done()

    await put(queue, KEY)
    served = asyncio.create_task(worker(queue[1], work).serve(stop))
    await begun.wait()
    stop.set()
    await served
    assert await queue[1].depth() == {"waiting": 0, "running": 0}


async def test_stopping_gives_back_what_takes_too_long(queue: tuple[Database, Queue]) -> None:
    stop, begun = asyncio.Event(), asyncio.Event()

    async def work(_: WakeUp) -> Verdict:
        begun.set()
        await asyncio.sleep(60)
        return Done()

    await put(queue, KEY)
    served = asyncio.create_task(worker(queue[1], work, grace=0.05).serve(stop))
    await begun.wait()
    stop.set()
    await served
    assert await queue[1].depth() == {"waiting": 1, "running": 0}


async def test_a_lost_lease_ends_the_run(queue: tuple[Database, Queue]) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work(_: WakeUp) -> Verdict:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return Done()

    await put(queue, KEY)
    clock = FakeClock()
    drained = asyncio.create_task(worker(queue[1], work, clock=clock).drain())
    await begun.wait()
    await queue[1].sweep(clock.now() + timedelta(hours=1))  # what another node would do after the lease
    await asyncio.wait_for(ended.wait(), 60)
    drained.cancel()
    await asyncio.gather(drained, return_exceptions=True)


async def test_syncs_leave_a_place_for_what_takes_a_moment(queue: tuple[Database, Queue]) -> None:
    stop, begun = asyncio.Event(), asyncio.Event()
    seen: list[str] = []

    async def work(wakeup: WakeUp) -> Verdict:
        seen.append(wakeup.kind)
        if len(seen) == 2:
            begun.set()
        if wakeup.kind == "events":
            stop.set()
        await stop.wait()
        return Done()

    await put(queue, *(WakeUp("sync", f"i{number}", "jobs") for number in range(5)))
    serving = asyncio.create_task(worker(queue[1], work, at_once=3).serve(stop))
    await asyncio.wait_for(begun.wait(), 60)
    await put(queue, KEY)
    await asyncio.wait_for(serving, 60)
    assert seen[:3] == ["sync", "sync", "events"]


async def test_a_worker_takes_over_what_one_held_that_is_gone(queue: tuple[Database, Queue]) -> None:
    """With no process left that runs schedules."""
    stop, clock = asyncio.Event(), FakeClock()

    async def work(_: WakeUp) -> Verdict:
        stop.set()
        return Done()

    await put(queue, KEY)
    assert await queue[1].take("elsewhere.example:1:x", 1, timedelta(seconds=30), clock.now())
    serving = asyncio.create_task(worker(queue[1], work, clock=clock).serve(stop))
    clock.advance(60)
    await asyncio.wait_for(serving, 60)
    assert await queue[1].depth() == {"waiting": 0, "running": 0}
