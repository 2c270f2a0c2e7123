from __future__ import annotations

import asyncio

import pytest

from runner.engine.syncs.backlog import Backlog


class Shelf:
    """Takes what is handed over once `open` is set."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.kept: list[list[str]] = []

    async def keep(self, some: list[str]) -> None:
        await self.open.wait()
        if "broken" in some:
            raise ValueError("broken")
        self.kept.append(some)


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_comes_while_the_first_is_stored_is_stored_together() -> None:
    shelf = Shelf()
    backlog = Backlog(shelf.keep, 10)
    await backlog.put("a", 5)
    await turns()
    await backlog.put("b", 5)
    await backlog.put("c", 5)
    shelf.open.set()
    await backlog.settle()
    assert shelf.kept == [["a"], ["b", "c"]]


async def test_what_comes_alone_is_stored_at_once() -> None:
    shelf = Shelf()
    shelf.open.set()
    backlog = Backlog(shelf.keep, 10)
    for name in "ab":
        await backlog.put(name, 5)
        await turns()
    assert shelf.kept == [["a"], ["b"]]


async def test_more_than_may_wait_waits_outside() -> None:
    shelf = Shelf()
    backlog = Backlog(shelf.keep, 10)
    await backlog.put("a", 1000)
    await turns()
    await backlog.put("b", 10)
    late = asyncio.create_task(backlog.put("c", 1))
    await turns()
    assert not late.done()
    shelf.open.set()
    await late
    await backlog.settle()
    assert shelf.kept == [["a"], ["b"], ["c"]]


async def test_nothing_is_stored_after_what_could_not_be() -> None:
    shelf = Shelf()
    backlog = Backlog(shelf.keep, 10)
    await backlog.put("broken", 5)
    await turns()
    await backlog.put("after it", 5)
    shelf.open.set()
    await turns()
    with pytest.raises(ValueError, match="broken"):
        await backlog.put("later", 5)
    with pytest.raises(ValueError, match="broken"):
        await backlog.settle()
    assert shelf.kept == []


async def test_nothing_to_store_is_soon_stored() -> None:
    await Backlog(Shelf().keep, 10).settle()
