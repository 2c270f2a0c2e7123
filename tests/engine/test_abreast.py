from __future__ import annotations

import asyncio

import pytest

from runner.engine.abreast import abreast


async def later(value: int, seconds: float, done: list[int]) -> int:
    await asyncio.sleep(seconds)
    done.append(value)
    return value


async def test_results_come_in_order() -> None:
    assert await abreast(later(value, (3 - value) / 1000, []) for value in range(3)) == [0, 1, 2]


async def test_what_one_raises_stops_the_others_first() -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def waits() -> int:
        begun.set()
        try:
            return await asyncio.Future[int]()
        finally:
            stopped.set()

    async def fails() -> int:
        await begun.wait()
        raise KeyError("x")

    with pytest.raises(KeyError):
        await abreast([waits(), fails()])
    assert stopped.is_set()
