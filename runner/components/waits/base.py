"""What a wait is: how long to pause before a try is repeated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pydantic import Field

from runner.components.block import Block, Duration
from runner.model.http import Response


class Retry(Block):
    """How often and how patiently a call is tried again.

        retry: {attempts: 5, first: 1s, most: 60s}

    The pause doubles from `first` to `most`, and varies by half of itself, so that workers do not come back in step.
    """

    attempts: int = Field(5, ge=1, le=20, description="How many tries in all.", examples=[5])
    first: Duration = Field("1s", validate_default=True, description="The pause after the first try.", examples=["1s"])
    most: Duration = Field("60s", validate_default=True, description="The longest pause.", examples=["60s"])

    def pause(self, attempt: int, random: Callable[[], float]) -> float:
        """Seconds to wait after the try number `attempt` (from 1); `random()` gives numbers from 0 up to 1."""
        longest = min(self.first.total_seconds() * 2.0 ** (attempt - 1), self.most.total_seconds())
        return longest * (0.5 + random() / 2)


class Wait(Block):
    """How long to pause before a call is tried again."""

    def seconds(
        self, response: Response, attempt: int, now: datetime, retry: Retry, random: Callable[[], float]
    ) -> float | None:
        """Seconds from `now`; None when the answer does not say (then the backoff of `retry` decides)."""
        raise NotImplementedError
