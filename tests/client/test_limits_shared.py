"""Four processes on one database, and a partner that counts what breaks its limits."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.each_database


@dataclass
class Counting:
    """When each call came, and how many were under way at once."""

    times: list[float] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    is_stuck: bool = False
    port: int = 0
    came: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        self.times.append(asyncio.get_running_loop().time())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.came.put_nowait(None)
        if self.is_stuck:
            await reader.read()  # until the other side is gone
        self.under_way -= 1
        writer.close()

    def violations(self, requests: int, per: float) -> int:
        """Calls that came while as many as are allowed lay within the time just past."""
        return sum(1 for first, last in zip(self.times, self.times[requests:], strict=False) if last - first < per)


@asynccontextmanager
async def partner(*, is_stuck: bool = False) -> AsyncIterator[Counting]:
    counting = Counting(is_stuck=is_stuck)
    server = await asyncio.start_server(counting.answer, "127.0.0.1", 0)
    counting.port = server.sockets[0].getsockname()[1]
    async with server:
        yield counting


async def begun(url: str, counting: Counting, **given: Any) -> asyncio.subprocess.Process:
    options = {"database": url, "port": counting.port, "tasks": 4, "party": "i1", "account": "a1", **given}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.client.limited_worker",
        json.dumps(options),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def ended(process: asyncio.subprocess.Process) -> dict[str, int]:
    out, _ = await process.communicate(b"go\n")
    assert process.returncode == 0
    found: dict[str, int] = json.loads(out)
    return found


async def run(url: str, counting: Counting, **given: Any) -> list[dict[str, int]]:
    """What four processes did that began at the same moment."""
    processes = await asyncio.gather(*(begun(url, counting, party=f"i{number}", **given) for number in range(4)))
    return await asyncio.gather(*map(ended, processes))


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
