"""A bucket of cost points, as GraphQL partners keep it."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Rate
from runner.components.ratelimits.base import RateLimit
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

    def identity(self) -> str:
        return f"cost:{self.budget:g}:{self.restore:g}"

    def cost_of(self, state: dict[str, Any], endpoint: str) -> float:
        return min(float(state.get("costs", {}).get(endpoint, self.estimate)), self.budget)

    def charge(self, state: dict[str, Any], now: float, cost: float) -> float:
        missing = cost - self._left(state, now)
        if missing > 0:
            return max(missing / self.restore, 0.001)
        state.update(left=self._left(state, now) - cost, at=now, flying=int(state.get("flying", 0)) + 1)
        return 0.0

    def release(self, state: dict[str, Any]) -> None:
        state["flying"] = max(int(state.get("flying", 0)) - 1, 0)

    def learn(self, state: dict[str, Any], now: float, response: Response, endpoint: str = "") -> None:
        cost, available = (rule.search(response.only(rule.reads)) for rule in (self.cost, self.available))
        if _is_amount(cost):
            state.setdefault("costs", {})[endpoint] = cost
        if _is_amount(available):
            alone = int(state.get("flying", 0)) <= 1
            left = available if alone else min(available, self._left(state, now))
            state.update(left=min(left, self.budget), at=now)

    def _left(self, state: dict[str, Any], now: float) -> float:
        since = max(now - float(state.get("at", now)), 0.0)
        return min(float(state.get("left", self.budget)) + since * self.restore, self.budget)


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
