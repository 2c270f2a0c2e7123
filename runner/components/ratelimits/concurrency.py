"""So many calls at once."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.ratelimits import held
from runner.components.ratelimits.base import Asked, RateLimit

_LOOK_AGAIN = 0.05  # seconds; nobody knows when a call ends


class ConcurrencyLimit(RateLimit):
    """So many calls at once.

    The partner says "at most 10 concurrent requests per company":

        rate_limits:
          - {type: concurrency, at_once: 10, scope: account}

    What a worker held that was killed comes back after two and a half minutes; on the same machine, at once.
    """

    example: ClassVar[str] = "{type: concurrency, at_once: 10, scope: account}"
    type: Literal["concurrency"] = Field(description="So many calls at once.")
    at_once: int = Field(ge=1, description="How many calls may be under way.", examples=[10])

    @property
    def size(self) -> float:
        return self.at_once

    @property
    def takes_slots(self) -> bool:
        return True

    def identity(self) -> str:
        return f"concurrency:{self.at_once}"

    def charge(self, state: dict[str, Any], asked: Asked) -> float:
        if held.count(state, asked.now) + asked.calls > self.at_once:
            return _LOOK_AGAIN
        held.hold(state, asked.now, asked.holder, asked.calls)
        return 0.0

    def refund(self, state: dict[str, Any], asked: Asked) -> None:
        held.let_go(state, asked.holder, asked.calls)

    def release(self, state: dict[str, Any], asked: Asked) -> None:
        held.let_go(state, asked.holder, asked.calls)
