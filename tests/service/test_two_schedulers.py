"""Several nodes that fire the same schedules."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from runner.service.agenda import Plan
from runner.service.scheduler import Scheduler
from runner.store.wakeups import wakeups
from runner.testing.simulated import Shipped
from runner.testing.world import World, open_world
from tests.partners import PROJECT, SETTINGS

ROOT = Path(__file__).parents[2]
SLOTS = 200
LATE = (-1, 0, 4, 9)
"""Seconds after a slot at which the nodes look."""

pytestmark = pytest.mark.each_database


async def begun(url: str) -> asyncio.subprocess.Process:
    words = ("-m", "tests.service.ticking", url, str(SLOTS))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *words, cwd=ROOT, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def test_each_slot_is_fired_by_at_most_one_and_the_last_by_one(database_url: str) -> None:
    processes = await asyncio.gather(begun(database_url), begun(database_url))
    told = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    first, second = ([int(word) for word in out.split()] for out, _ in told)
    assert not set(first) & set(second)
    assert SLOTS - 1 in [*first, *second]


@asynccontextmanager
async def node(url: str) -> AsyncIterator[World]:
    async with open_world(url, PROJECT, {"companycam": Shipped({})}) as opened:
        yield opened


async def fired(here: World) -> list[tuple[str, str]]:
    """The syncs that are to run now. They are done with."""
    taken = await here.house.store.queue.take("w", 99, timedelta(hours=1), here.clock.now())
    for one in taken:
        await here.house.store.queue.settle(one)
    return [(one.wakeup.subject, one.wakeup.detail) for one in taken]


async def test_when_a_node_dies_the_other_goes_on_at_once_and_no_slot_is_fired_twice(database_url: str) -> None:
    async with node(database_url) as first, node(database_url) as second:
        for company in range(5):
            await first.connect("companycam", f"company {company}", **SETTINGS["companycam"])
        alive = [(here, Scheduler(here.house)) for here in (first, second)]
        second.clock.advance(-4)  # clocks differ
        for _, scheduler in alive:
            await scheduler.reconcile()
        await first.write(lambda connection: connection.execute(wakeups.delete()))
        slots = {plan.of: _slots(plan, first.clock.now()) for plan in alive[0][1].plans}
        told: dict[tuple[str, str], list[datetime]] = {of: [] for of in slots}
        moments = sorted({slot + timedelta(seconds=late) for some in slots.values() for slot in some for late in LATE})
        for number, moment in enumerate(moments):
            if number == len(moments) // 2:
                alive.pop(0)
            ahead = (moment - first.clock.now()).total_seconds()
            first.clock.advance(ahead)
            second.clock.advance(ahead)
            for here, scheduler in alive:
                await scheduler.fire()
                for of in await fired(here):
                    told[of].append(moment)
        for of, some in slots.items():
            assert all(
                timedelta(0) <= at - slot < timedelta(seconds=15) for at, slot in zip(told[of], some, strict=True)
            )


def _slots(plan: Plan, after: datetime) -> list[datetime]:
    found = [plan.next_slot(after)]
    while found[-1] < after + timedelta(hours=3):
        found.append(plan.next_slot(found[-1]))
    return found[:-1]
