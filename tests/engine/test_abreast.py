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
    done: list[int] = []

    async def fails() -> int:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await abreast([later(1, 0.05, done), fails()])
    await asyncio.sleep(0.06)
    assert done == []
