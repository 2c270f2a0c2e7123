"""What is made and waits to be stored: while some is, more comes, and what waits together is stored together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Backlog(Generic[T]):
    """Hands things over to `store` in their order, as many at once as wait by then; `most` is how much may wait, beside
    what is being stored. What comes after something that could not be stored is not stored either."""

    def __init__(self, store: Callable[[list[T]], Awaitable[None]], most: int) -> None:
        self._store = store
        self._most = most
        self._waiting: list[T] = []
        self._size = 0
        self._storing: asyncio.Task[None] | None = None
        self._taken = asyncio.Event()

    async def put(self, thing: T, size: int) -> None:
        """Have it stored; waits for room where there is none. Raises what storing one before it did."""
        while self._storing is not None and not self._storing.done() and self._size + size > self._most:
            self._taken.clear()
            await self._taken.wait()
        if self._storing is not None and self._storing.done():
            await self._storing
            self._storing = None
        self._waiting.append(thing)
        self._size += size
        if self._storing is None:
            self._storing = asyncio.create_task(self._work())

    async def settle(self) -> None:
        """Wait until all is stored; raises as `put`."""
        if self._storing is not None:
            await self._storing

    async def _work(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting, self._size = self._waiting, [], 0
                self._taken.set()
                await self._store(taken)
        finally:
            self._taken.set()
