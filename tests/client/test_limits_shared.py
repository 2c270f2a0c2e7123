"""Four processes on one database, and a partner that counts what breaks its limits."""

from __future__ import annotations

import asyncio

import pytest

from tests.client.limited import begun, ended, partner, run

pytestmark = pytest.mark.each_database


async def test_four_processes_keep_two_windows_and_use_them(database_url: str) -> None:
    limits = [{"type": "window", "requests": 500, "per": "2s"}, {"type": "window", "requests": 1700, "per": "1m"}]
    for tried in range(3):  # other tests may keep one of the four from the processor: unfair limits fail each time
        async with partner() as counting:
            made = await run(database_url, counting, limits=limits, seconds=5.8, account=f"a{tried}")
        assert (counting.violations(500, 2.0), counting.violations(1700, 60.0)) == (0, 0)
        used, least = len(counting.times), min(one["made"] for one in made)
        if used >= 0.9 * 1500 and least >= 150:
            break
    assert used >= 0.9 * 1500  # three windows begin in that time
    assert least >= 150  # each is an integration of its own


async def test_calls_as_fast_as_slots_allow_break_no_limit(database_url: str) -> None:
    limits = [{"type": "window", "requests": 900, "per": "1s"}, {"type": "concurrency", "at_once": 9}]
    async with partner() as counting:
        made = await run(database_url, counting, limits=limits, seconds=3)
    assert (counting.violations(900, 1.0), counting.most <= 9) == (0, True)
    assert sum(one["made"] for one in made) == len(counting.times)
    assert min(one["made"] for one in made) > 0


async def test_the_slots_of_a_killed_process_come_back(database_url: str) -> None:
    limits = [{"type": "concurrency", "at_once": 2}]
    async with partner(is_stuck=True) as stuck:
        process = await begun(database_url, stuck, limits=limits, seconds=60)
        working = asyncio.create_task(process.communicate(b"go\n"))
        for _ in range(2):
            await stuck.came.get()
        process.kill()
        await working
    async with partner() as counting:
        survivor = await ended(await begun(database_url, counting, limits=limits, seconds=0.5))
    assert (survivor["made"] > 0, counting.most <= 2) == (True, True)
