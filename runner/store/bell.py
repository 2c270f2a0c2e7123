"""What a worker sleeps by: whoever puts something rings it, from any thread."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress


class Bell:
    """Counts its rings: what rang since somebody last `heard` it is not slept over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rings = 0
        self._heard = 0
        self._waiters: dict[asyncio.Future[None], asyncio.AbstractEventLoop] = {}

    def heard(self) -> None:
        """Whoever calls this looks now: only a later ring is news."""
        self._heard = self._rings

    def ring(self) -> None:
        """Wake all who wait. Any thread may."""
        with self._lock:
            self._rings += 1
            waiters, self._waiters = self._waiters, {}
        for future, loop in waiters.items():
            with suppress(RuntimeError):  # the loop is closed: that worker is gone
                loop.call_soon_threadsafe(_wake, future)

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109  # a wait is all this does
        """Until a ring that was not heard, at most `timeout` seconds; True when there was one."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            if self._rings != self._heard:
                return True
            self._waiters[future] = loop
        try:
            await asyncio.wait_for(future, timeout)
        except TimeoutError:
            return False
        finally:
            with self._lock:
                self._waiters.pop(future, None)
        return True


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
