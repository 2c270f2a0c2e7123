"""A pause of a known length."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from runner.components.block import Duration
from runner.components.waits.base import Retry, Wait
from runner.model.http import Response


class FixedWait(Wait):
    """A pause of a known length, where the partner's documents name it and its answers do not.

    wait: {type: fixed, for: 60s}
    """

    example: ClassVar[str] = "{type: fixed, for: 60s}"
    type: Literal["fixed"] = Field(description="A pause of a known length.")
    for_: Duration = Field(alias="for", description="How long.", examples=["60s"])

    def seconds(
        self, response: Response, attempt: int, now: datetime, retry: Retry, random: Callable[[], float]
    ) -> float | None:
        return self.for_.total_seconds()
