"""A budget that calls cost more or less of."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Period
from runner.components.ratelimits import figures, held, sliding
from runner.components.ratelimits.base import Asked, RateLimit
from runner.model.http import Response

AGES = 24
"""What the partner said is left is believed for this part of `per`; then our own count is, since a day begins anew."""


class PointsLimit(RateLimit):
    """A budget that calls cost more or less of.

    The partner says "30,000 points a day; a list costs 20, one deal 1", and every answer what is left of them:

        X-Daily-RateLimit-Remaining: 29980

    The connector names the budget and, beside each endpoint and action, its `cost` (1 where nothing is said):

        rate_limits:
          - {type: points, budget: 30000, per: 1d, remaining: X-Daily-RateLimit-Remaining}

    Our own count slides like that of `window`: never more than `budget` in any stretch of `per`. What the partner says
    is left, less what is under way, comes before it, whether more (a larger plan) or less (others spend too), for a
    twenty-fourth of `per`.
    """

    example: ClassVar[str] = "{type: points, budget: 30000, per: 1d, remaining: X-Daily-RateLimit-Remaining}"
    type: Literal["points"] = Field(description="A budget that calls cost more or less of.")
    budget: float = Field(gt=0, description="How many points there are.", examples=[30000])
    per: Period = Field(description="In how much time.", examples=["1d"])
    remaining: str | None = Field(None, description="The header that says how many points are left.")

    @property
    def size(self) -> float:
        return self.budget

    @property
    def patience(self) -> float:
        return min(self.per.total_seconds() / 40, 0.25)

    @property
    def counts_late(self) -> bool:
        return True

    def identity(self) -> str:
        return f"points:{self.budget:g}:{self.per.total_seconds():g}s"

    def cost_of(self, state: dict[str, Any], endpoint: str, declared: float = 1) -> float:
        return min(declared, self.budget)

    def charge(self, state: dict[str, Any], asked: Asked) -> float:
        per, cost = self.per.total_seconds(), asked.cost * asked.calls
        slices = sliding.live(state, asked.now, per)
        told = self._told(state, asked.now)
        if told is not None and cost > told:
            return max(float(state["told_at"]) + per / AGES - asked.now, 0.001)
        excess = sliding.used(slices) + cost - float(state.get("most", self.budget))
        if told is None and excess > 0:
            return sliding.wait(slices, excess, per, asked.now) if slices else per
        if told is not None:
            state["told"] = told - cost
        state["slices"] = sliding.add(slices, asked.now, asked.now + asked.hold, cost, per)
        held.hold(state, asked.now, asked.holder, cost)
        return 0.0

    def refund(self, state: dict[str, Any], asked: Asked) -> None:
        cost = asked.cost * asked.calls
        state["slices"] = sliding.take_back(state.get("slices", []), asked.now, cost)
        if "told" in state:
            state["told"] += cost
        self.release(state, asked)

    def release(self, state: dict[str, Any], asked: Asked) -> None:
        held.let_go(state, asked.holder, asked.cost * asked.calls)

    def linger(self, state: dict[str, Any], since: float, until: float) -> None:
        per, until = self.per.total_seconds(), min(until, since + sliding.TRAVEL)
        state["slices"] = sliding.stretch(state.get("slices", []), since, until, per)

    def lesson(self, response: Response, now: float, endpoint: str = "") -> dict[str, Any] | None:
        left = figures.header(response, self.remaining) if self.remaining else None
        return None if left is None else {"left": left}

    def learn(self, state: dict[str, Any], now: float, lesson: dict[str, Any]) -> None:
        used = sliding.used(sliding.live(state, now, self.per.total_seconds()))
        told = max(lesson["left"] - held.count(state, now), 0.0)
        state.update(told=told, told_at=now, most=max(self.budget, used + told))

    def _told(self, state: dict[str, Any], now: float) -> float | None:
        """What the partner said is left, less what was spent since; None once that is old."""
        is_new = now - float(state.get("told_at", float("-inf"))) < self.per.total_seconds() / AGES
        return float(state["told"]) if is_new else None
