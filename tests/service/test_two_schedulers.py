"""Two processes that fire the same schedule at the same moments."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SLOTS = 200

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
