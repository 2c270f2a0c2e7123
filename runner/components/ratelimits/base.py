"""What a rate limit is: it answers with a wait, it does not sleep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from runner.components.block import Block
from runner.model.http import Response


@dataclass(frozen=True)
class Asked:
    """What is asked of a limit: so many calls, each at `cost`, to be made from `now` on for at most `hold` seconds.

    `holder` is who asks: a process, by a name of its own. Times are unix seconds.
    """

    now: float
    cost: float = 1
    calls: int = 1
    hold: float = 0.0
    holder: str = ""


class RateLimit(Block):
    """How often a partner may be called. Several limits can hold at once: the longest wait wins.

    A limit is a value; what it counts is a plain `state` (a JSON object that starts empty), kept by whoever calls and
    shared by all that share the limit. What is inside a state is replaced, not changed, so that a shallow copy of it
    can be tried. Times are unix seconds.
    """

    scope: Literal["app", "account", "endpoint", "method"] = Field(
        "account",
        description="Who shares the limit: all integrations of the connector (`app`), one integration (`account`), "
        "or one endpoint or HTTP method of an integration.",
    )
    methods: list[str] = Field(
        [], description="Only calls with these HTTP methods count; all when empty.", examples=[["GET"]]
    )

    @property
    def patience(self) -> float:
        """How many seconds a permit may lie before it is used, with little of the limit lost for it."""
        return 0.25

    @property
    def size(self) -> float:
        """How many calls, or points, there are in all; 0 where only the partner knows."""
        return 0

    @property
    def takes_slots(self) -> bool:
        """Whether a call gives back, when it ends, what it was admitted with."""
        return False

    @property
    def counts_late(self) -> bool:
        """Whether it matters until when a call was under way (see `linger`)."""
        return False

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

    def cost_of(self, state: dict[str, Any], endpoint: str, declared: float = 1) -> float:
        """What a call to this endpoint is expected to cost, of which the connector says `declared`."""
        return 1

    def admit(self, state: dict[str, Any], asked: Asked) -> float:
        """0.0, and the calls are charged to the state; or the seconds to wait, and the state is untouched."""
        held = float(state.get("until", 0.0)) - asked.now
        return held if held > 0 else self.charge(state, asked)

    def charge(self, state: dict[str, Any], asked: Asked) -> float:
        """`admit`, once no penalty holds the limit."""
        raise NotImplementedError

    def refund(self, state: dict[str, Any], asked: Asked) -> None:
        """What `asked` was charged for was not called: its time passed."""

    def release(self, state: dict[str, Any], asked: Asked) -> None:
        """Calls that `asked` was charged for have ended, with or without an answer."""

    def linger(self, state: dict[str, Any], since: float, until: float) -> None:
        """A call that was admitted at `since` was under way until then: the partner may have counted it that late."""

    def lesson(self, response: Response, now: float, endpoint: str = "") -> dict[str, Any] | None:
        """What an answer says about the limit, as plain values; None when it says nothing."""
        return None

    def learn(self, state: dict[str, Any], now: float, lesson: dict[str, Any]) -> None:
        """Take over a lesson. Before `release`."""

    def penalise(self, state: dict[str, Any], until: float) -> None:
        """Nobody calls before `until`: the partner said so, or answered 429."""
        state["until"] = max(float(state.get("until", 0.0)), until)
