"""So many calls at once."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.ratelimits.base import RateLimit

_LOOK_AGAIN = 0.05  # seconds; nobody knows when a call ends


class ConcurrencyLimit(RateLimit):
    """So many calls at once.

    The partner says "at most 10 concurrent requests per company":

        rate_limits:
          - {type: concurrency, at_once: 10, scope: account}
    """

    example: ClassVar[str] = "{type: concurrency, at_once: 10, scope: account}"
    type: Literal["concurrency"] = Field(description="So many calls at once.")
    at_once: int = Field(ge=1, description="How many calls may be under way.", examples=[10])

    def identity(self) -> str:
        return f"concurrency:{self.at_once}"

    def charge(self, state: dict[str, Any], now: float, cost: float) -> float:
        flying = int(state.get("flying", 0))
        if flying >= self.at_once:
            return _LOOK_AGAIN
        state["flying"] = flying + 1
        return 0.0

    def release(self, state: dict[str, Any]) -> None:
        state["flying"] = max(int(state.get("flying", 0)) - 1, 0)
