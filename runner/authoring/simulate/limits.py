"""Request limits of a simulated partner, kept by the partner's clock."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Window:
    """So many requests in any stretch of so many seconds."""

    requests: int
    seconds: float


class Gate:
    """
    Counts calls in sliding windows: the strictest reading of "n per second".

    A client that stays within this stays within a fixed window too. Refused calls are not counted.
    """

    def __init__(self, now: Callable[[], datetime], windows: Sequence[Window]) -> None:
        self._now = now
        self._windows = tuple(windows)
        self._times: defaultdict[str, list[deque[float]]] = defaultdict(lambda: [deque() for _ in self._windows])

    def wait(self, key: str = "", cost: int = 1) -> float:
        """Seconds until this call would be let in; 0 means that it was, and is counted `cost` times."""
        now = self._now().timestamp()
        logs = self._times[key]
        waits = [self._full(window, log, now) for window, log in zip(self._windows, logs, strict=True)]
        if longest := max(waits, default=0.0):
            return longest
        for log in logs:
            log.extend([now] * cost)
        return 0.0

    def left(self, key: str = "") -> int:
        """How many more calls the first window takes now."""
        now = self._now().timestamp()
        window, log = self._windows[0], self._times[key][0]
        return max(0, window.requests - sum(time > now - window.seconds for time in log))

    @staticmethod
    def _full(window: Window, log: deque[float], now: float) -> float:
        while log and log[0] <= now - window.seconds:
            log.popleft()
        return log[0] + window.seconds - now if len(log) >= window.requests else 0.0


class Budget:
    """A bucket of points that fills again at a steady rate (Jobber's query cost)."""

    def __init__(self, now: Callable[[], datetime], maximum: int, restore: int) -> None:
        self._now = now
        self.maximum = maximum
        self.restore = restore
        self._level = float(maximum)
        self._seen = now()

    def available(self) -> int:
        now = self._now()
        elapsed = max(0.0, (now - self._seen).total_seconds())
        self._level = min(float(self.maximum), self._level + elapsed * self.restore)
        self._seen = now
        return math.floor(self._level)

    def spend(self, points: int) -> None:
        self.available()
        self._level -= points
