"""What the partner's headers say is left."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Block
from runner.components.ratelimits import figures, held
from runner.components.ratelimits.base import Asked, RateLimit
from runner.components.waits.amount import Unit, seconds_of
from runner.model.http import Response


class HeaderWindow(Block):
    """Where an answer says until when its figures hold."""

    header: str = Field(description="The header's name.", examples=["X-RateLimit-Reset"])
    unit: Unit = Field(
        description="What its number means: `s` or `ms` from now on, or `unix`, the moment itself in unix seconds."
    )


class HeadersLimit(RateLimit):
    """What the partner's headers say is left, and until when.

    Every answer of the partner says how many calls a window holds, how many are left, and when it ends:

        X-RateLimit-Limit: 80
        X-RateLimit-Remaining: 12
        X-RateLimit-Reset: 2

    and the connector names the headers, and what the last one means: seconds or milliseconds from now, or a moment:

        rate_limits:
          - type: headers
            limit: X-RateLimit-Limit
            remaining: X-RateLimit-Remaining
            window: {header: X-RateLimit-Reset, unit: s}

    Answers without them change nothing, and before the first one this limit holds nobody: give a `window` beside it.
    Of calls that overlap, twice as many as are under way are taken off what the partner says is left, unless our own
    count says more.
    """

    example: ClassVar[str] = (
        "{type: headers, limit: X-RateLimit-Limit, remaining: X-RateLimit-Remaining, "
        "window: {header: X-RateLimit-Reset, unit: s}}"
    )
    type: Literal["headers"] = Field(description="What the partner's headers say is left.")
    limit: str = Field(description="The header that says how many calls a window holds.")
    remaining: str = Field(description="The header that says how many calls are left.")
    window: HeaderWindow = Field(description="The header that says until when.")

    def identity(self) -> str:
        return f"headers:{self.remaining}"

    def charge(self, state: dict[str, Any], asked: Asked) -> float:
        now, ends = asked.now, float(state.get("ends", 0.0))
        if "left" in state and ends <= now:
            state.update(left=float(state["most"]), ends=now + float(state["span"]))
        if "left" in state:
            if state["left"] < min(asked.calls, max(state["most"], 1)):
                return max(ends - now, 0.001)
            state["left"] -= asked.calls
        held.hold(state, now, asked.holder, asked.calls)
        return 0.0

    def refund(self, state: dict[str, Any], asked: Asked) -> None:
        if "left" in state:
            state["left"] = min(state["left"] + asked.calls, state["most"])
        held.let_go(state, asked.holder, asked.calls)

    def release(self, state: dict[str, Any], asked: Asked) -> None:
        held.let_go(state, asked.holder, asked.calls)

    def lesson(self, response: Response, now: float, endpoint: str = "") -> dict[str, Any] | None:
        most, left = figures.header(response, self.limit), figures.header(response, self.remaining)
        span = seconds_of(
            response.headers.get(self.window.header.lower()), self.window.unit, datetime.fromtimestamp(now, UTC)
        )
        return None if most is None or left is None or span is None else {"most": most, "left": left, "span": span}

    def learn(self, state: dict[str, Any], now: float, lesson: dict[str, Any]) -> None:
        out, left = held.count(state, now), lesson["left"]
        if out > 1:
            own = float(state.get("left", left)) if float(state.get("ends", 0.0)) > now else left
            left = max(min(own, left), left - 2 * out)
        span = max(lesson["span"], float(state.get("span", 0.0)) if lesson["most"] == state.get("most") else 0.0)
        state.update(most=lesson["most"], left=left, ends=now + lesson["span"], span=span)
