"""A bucket of cost points, as GraphQL partners keep it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Rate
from runner.components.ratelimits import held
from runner.components.ratelimits.base import Asked, RateLimit
from runner.components.ratelimits.figures import is_amount
from runner.mapping.expression import Expression
from runner.model.http import Response


class CostLimit(RateLimit):
    """A bucket of cost points that fills up again.

    Every answer of the partner says what the query cost and what is left:

        {"data": {...}, "extensions": {"cost": {"requestedQueryCost": 142, "actualQueryCost": 38,
          "throttleStatus": {"maximumAvailable": 10000, "currentlyAvailable": 9962, "restoreRate": 500}}}}

    and the connector names the figures:

        rate_limits:
          - type: cost
            budget: 10000
            restore: 500/s
            available: extensions.cost.throttleStatus.currentlyAvailable
            cost: extensions.cost.requestedQueryCost

    What an endpoint cost last time is what its next call is expected to cost; `estimate` serves the first call. While
    other calls are under way, the lower of the partner's figure and our own is believed.
    """

    example: ClassVar[str] = (
        "{type: cost, budget: 10000, restore: 500/s, cost: extensions.cost.requestedQueryCost, "
        "available: extensions.cost.throttleStatus.currentlyAvailable}"
    )
    type: Literal["cost"] = Field(description="A bucket of cost points.")
    budget: float = Field(gt=0, description="How many points the full bucket holds.", examples=[10000])
    restore: Rate = Field(description="How fast the bucket fills.", examples=["500/s"])
    available: Expression = Field(description="JMESPath over the body: the points that are left.")
    cost: Expression = Field(description="JMESPath over the body: the points that the partner asks for this call.")
    estimate: float = Field(100, gt=0, description="The expected cost of a call before its first answer.")

    @property
    def size(self) -> float:
        return self.budget

    def identity(self) -> str:
        return f"cost:{self.budget:g}:{self.restore:g}"

    def cost_of(self, state: dict[str, Any], endpoint: str, declared: float = 1) -> float:
        return min(float(state.get("costs", {}).get(endpoint, self.estimate)), self.budget)

    def charge(self, state: dict[str, Any], asked: Asked) -> float:
        left, cost = self._left(state, asked.now), asked.cost * asked.calls
        if cost > left:
            return max((cost - left) / self.restore, 0.001)
        state.update(left=left - cost, at=asked.now)
        held.hold(state, asked.now, asked.holder, asked.calls)
        return 0.0

    def refund(self, state: dict[str, Any], asked: Asked) -> None:
        state["left"] = min(float(state.get("left", self.budget)) + asked.cost * asked.calls, self.budget)
        held.let_go(state, asked.holder, asked.calls)

    def release(self, state: dict[str, Any], asked: Asked) -> None:
        held.let_go(state, asked.holder, asked.calls)

    def lesson(self, response: Response, now: float, endpoint: str = "") -> dict[str, Any] | None:
        cost, available = (rule.search(response.only(rule.reads)) for rule in (self.cost, self.available))
        told: dict[str, Any] = {"costs": {endpoint: cost}} if is_amount(cost) else {}
        return told | ({"left": available} if is_amount(available) else {}) or None

    def learn(self, state: dict[str, Any], now: float, lesson: dict[str, Any]) -> None:
        if "costs" in lesson:
            state["costs"] = {**state.get("costs", {}), **lesson["costs"]}
        if "left" in lesson:
            alone, left = held.count(state, now) <= 1, lesson["left"]
            state.update(left=min(left if alone else min(left, self._left(state, now)), self.budget), at=now)

    def _left(self, state: dict[str, Any], now: float) -> float:
        since = max(now - float(state.get("at", now)), 0.0)
        return min(float(state.get("left", self.budget)) + since * self.restore, self.budget)
