"""What a rate limit is: it answers with a wait, it does not sleep."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from runner.components.block import Block
from runner.model.http import Response


class RateLimit(Block):
    """How often a partner may be called. Several limits can hold at once: the longest wait wins.

    A limit is a value; what it counts is a plain `state` (a JSON object that starts empty), kept by whoever calls.
    Times are unix seconds.
    """

    scope: Literal["app", "account", "endpoint", "method"] = Field(
        "account",
        description="Who shares the limit: all integrations of the connector (`app`), one integration (`account`), "
        "or one endpoint or HTTP method of an integration.",
    )
    methods: list[str] = Field(
        [], description="Only calls with these HTTP methods count; all when empty.", examples=[["GET"]]
    )

    def covers(self, method: str) -> bool:
        """Whether a call with this HTTP method counts."""
        return not self.methods or method in self.methods

    def key(self, connector: str, integration_id: str, endpoint: str, method: str) -> str:
        """The name of the state that a call shares with others."""
        shared = {
            "app": (),
            "account": (integration_id,),
            "endpoint": (integration_id, endpoint),
            "method": (integration_id, method),
        }
        return "/".join((connector, self.identity(), self.scope, *self.methods, *shared[self.scope]))

    def identity(self) -> str:
        """What tells this limit from the others of its connector."""
        raise NotImplementedError

    def cost_of(self, state: dict[str, Any], endpoint: str) -> float:
        """What a call to this endpoint is expected to cost."""
        return 1

    def admit(self, state: dict[str, Any], now: float, cost: float = 1) -> float:
        """0.0, and the call is charged to the state; or the seconds to wait, and the state is untouched.

        What is inside the state is replaced, not changed, so that a shallow copy of the state can be tried."""
        held = float(state.get("until", 0.0)) - now
        return held if held > 0 else self.charge(state, now, cost)

    def charge(self, state: dict[str, Any], now: float, cost: float) -> float:
        """`admit`, once no penalty holds the limit."""
        raise NotImplementedError

    def release(self, state: dict[str, Any]) -> None:
        """An admitted call has ended, with or without an answer."""

    def learn(self, state: dict[str, Any], now: float, response: Response, endpoint: str = "") -> None:
        """Take over what the answer says about the limit."""

    def penalise(self, state: dict[str, Any], until: float) -> None:
        """Nobody calls before `until`: the partner said so, or answered 429."""
        state["until"] = max(float(state.get("until", 0.0)), until)
