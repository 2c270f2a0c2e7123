"""So many requests in so much time."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Period
from runner.components.ratelimits.base import RateLimit

SLICES = 60
_GRAIN = 1e-6  # a float of unix seconds is exact to 2.4e-7


class WindowLimit(RateLimit):
    """So many requests in so much time.

    The partner says "2,500 requests per 300 seconds for each app and account":

        rate_limits:
          - {type: window, requests: 2500, per: 5m, scope: account}

    The window slides: there are never more than `requests` calls in any stretch of `per`, also not around the full
    minute. To keep the state small, calls that lie within a sixtieth of `per` are forgotten together.
    """

    example: ClassVar[str] = "{type: window, requests: 2500, per: 5m, scope: account}"
    type: Literal["window"] = Field(description="So many requests in so much time.")
    requests: int = Field(ge=1, description="How many requests are allowed.", examples=[2500])
    per: Period = Field(description="In how much time.", examples=["5m"])

    def identity(self) -> str:
        return f"window:{self.requests}:{self.per.total_seconds():g}s"

    def charge(self, state: dict[str, Any], now: float, cost: float) -> float:
        per = self.per.total_seconds()
        slices = [part for part in state.get("slices", []) if part[1] + per > now]
        excess = sum(part[2] for part in slices) + cost - self.requests
        if excess > 0:
            return self._wait(slices, excess, per) - now + _GRAIN
        if slices and 0 <= now - slices[-1][0] < per / SLICES:
            slices[-1] = [slices[-1][0], max(now, slices[-1][1]), slices[-1][2] + cost]
        else:
            slices.append([now, now, cost])
        state["slices"] = slices
        return 0.0

    @staticmethod
    def _wait(slices: list[list[float]], excess: float, per: float) -> float:
        """When enough of the slices (first call, last call, calls) have left the window."""
        for _, last, count in slices:
            excess -= count
            if excess <= 0:
                return last + per
        raise ValueError("one call costs more than the whole window allows")
