from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.service.bodies import HungUp, Message, TooLarge, TooSlow, read_body

Parts = list[bytes]


def scope(**headers: str) -> dict[str, Any]:
    return {"headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]}


def arriving(parts: Parts) -> Any:
    waiting = iter(enumerate(parts, 1))

    async def receive() -> Message:
        number, part = next(waiting)
        return {"type": "http.request", "body": part, "more_body": number < len(parts)}

    return receive


@given(parts=st.lists(st.binary(max_size=20), min_size=1, max_size=6), most=st.integers(0, 100))
async def test_a_body_is_whole_or_too_large(parts: Parts, most: int) -> None:
    whole = b"".join(parts)
    if len(whole) > most:
        with pytest.raises(TooLarge):
            await read_body(scope(), arriving(parts), most)
    else:
        assert await read_body(scope(), arriving(parts), most) == whole


async def test_a_length_that_is_announced_is_believed_at_once() -> None:
    with pytest.raises(TooLarge):
        await read_body(scope(content_length="11"), arriving([]), 10)


async def test_a_length_that_is_a_lie_does_not_help() -> None:
    with pytest.raises(TooLarge):
        await read_body(scope(content_length="1"), arriving([b"x" * 11]), 10)


async def test_a_client_that_goes_away_is_noticed() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(HungUp):
        await read_body(scope(), receive, 10)


async def test_a_client_that_trickles_is_not_waited_for() -> None:
    async def receive() -> Message:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"", "more_body": True}

    with pytest.raises(TooSlow):
        await read_body(scope(), receive, 10, patience=0.05)
