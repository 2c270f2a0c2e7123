"""A clock on which several can sleep side by side: time passes when all that play do."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Coroutine
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from runner.testing.clock import START


class Timeline:
    """Begins at START. `play` moves on to the next that wakes as soon as all its calls sleep."""

    def __init__(self) -> None:
        self._now = START
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), future))
        await future

    async def play(self, *calls: Coroutine[Any, Any, None], until: asyncio.Event | None = None) -> None:
        """All of them to their end, or up to a moment; those that are not done then are cancelled."""
        tasks = [asyncio.create_task(call) for call in calls]
        try:
            while not all(task.done() for task in tasks) and not (until is not None and until.is_set()):
                if self._awake(tasks):
                    await asyncio.sleep(0)
                else:
                    self._pass()
            await asyncio.gather(*(task for task in tasks if task.done()))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._sleepers.clear()

    def _awake(self, tasks: list[asyncio.Task[None]]) -> bool:
        sleeping = sum(1 for _, _, future in self._sleepers if not future.done())
        return sleeping < sum(1 for task in tasks if not task.done())

    def _pass(self) -> None:
        at, _, future = heapq.heappop(self._sleepers)
        self._now = max(self._now, at)
        if not future.done():
            future.set_result(None)
