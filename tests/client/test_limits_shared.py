"""Four processes on one database, and a partner that counts what breaks its limits."""

from __future__ import annotations

import asyncio

import pytest

from tests.client.limited import begun, ended, partner, run

pytestmark = pytest.mark.each_database


async def test_four_processes_keep_two_windows_and_each_comes_to_its_share(database_url: str) -> None:
    """Whether they use what there is depends on the machine, and is seen where time is simulated (test_budgets) and by
    the benchmarks."""
    limits = [{"type": "window", "requests": 200, "per": "2s"}, {"type": "window", "requests": 700, "per": "1m"}]
    async with partner() as counting:
        made = await run(database_url, counting, limits=limits, calls=105)
    assert (counting.violations(200, 2.0), counting.violations(700, 60.0)) == (0, 0)
    assert [one["made"] for one in made] == [105] * 4  # each is an integration of its own; three windows have begun
    assert len(counting.times) == 420


async def test_calls_as_fast_as_slots_allow_break_no_limit(database_url: str) -> None:
    limits = [{"type": "window", "requests": 300, "per": "1s"}, {"type": "concurrency", "at_once": 9}]
    async with partner() as counting:
        await run(database_url, counting, limits=limits, calls=80)
    assert (counting.violations(300, 1.0), counting.most <= 9) == (0, True)
    assert len(counting.times) == 320


async def test_the_slots_of_a_killed_process_come_back(database_url: str) -> None:
    limits = [{"type": "concurrency", "at_once": 2}]
    async with partner(is_stuck=True) as stuck:
        process = await begun(database_url, stuck, limits=limits, calls=1_000_000)
        working = asyncio.create_task(process.communicate(b"go\n"))
        for _ in range(2):
            await stuck.came.get()
        process.kill()
        await working
    async with partner() as counting:
        survivor = await ended(await begun(database_url, counting, limits=limits, calls=20))
    assert (survivor["made"], counting.most <= 2) == (20, True)
