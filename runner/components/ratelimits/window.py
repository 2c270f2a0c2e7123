"""So many requests in so much time."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Period
from runner.components.ratelimits import sliding
from runner.components.ratelimits.base import Asked, RateLimit

PLENTY = 1000
"""Calls a second that a few processes do not come near: permits that lie are not missed."""


class WindowLimit(RateLimit):
    """So many requests in so much time.

    The partner says "2,500 requests per 300 seconds for each app and account":

        rate_limits:
          - {type: window, requests: 2500, per: 5m, scope: account}

    The window slides: there are never more than `requests` calls in any stretch of `per`, also not around the full
    minute. To keep the state small, calls that lie within a sixtieth of `per` are forgotten together. A call counts
    until it is answered, since nobody knows when the partner counts it, but for no more than a second.
    """

    example: ClassVar[str] = "{type: window, requests: 2500, per: 5m, scope: account}"
    type: Literal["window"] = Field(description="So many requests in so much time.")
    requests: int = Field(ge=1, description="How many requests are allowed.", examples=[2500])
    per: Period = Field(description="In how much time.", examples=["5m"])

    @property
    def size(self) -> float:
        return self.requests

    @property
    def patience(self) -> float:
        per, most = self.per.total_seconds(), super().patience
        return most if self.requests >= PLENTY * per else min(per / 40, most)

    @property
    def counts_late(self) -> bool:
        return True

    def identity(self) -> str:
        return f"window:{self.requests}:{self.per.total_seconds():g}s"

    def charge(self, state: dict[str, Any], asked: Asked) -> float:
        per = self.per.total_seconds()
        slices = sliding.live(state, asked.now, per)
        excess = sliding.used(slices) + asked.calls - self.requests
        if excess > 0:
            return sliding.wait(slices, excess, per, asked.now) if slices else per
        state["slices"] = sliding.add(slices, asked.now, asked.now + asked.hold, asked.calls, per)
        return 0.0

    def refund(self, state: dict[str, Any], asked: Asked) -> None:
        state["slices"] = sliding.take_back(state.get("slices", []), asked.now, asked.calls)

    def linger(self, state: dict[str, Any], since: float, until: float) -> None:
        per, until = self.per.total_seconds(), min(until, since + sliding.TRAVEL)
        state["slices"] = sliding.stretch(state.get("slices", []), since, until, per)
