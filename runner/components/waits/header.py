"""A pause that a header of the answer names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from runner.components.waits.amount import Unit, seconds_of
from runner.components.waits.base import Retry, Wait
from runner.model.http import Response


class HeaderWait(Wait):
    """A pause that a header of the answer names.

    The partner answers `429` with `Retry-After: 17`, or with `Retry-After: Mon, 04 May 2026 15:20:11 GMT`:

        wait: {type: header, name: Retry-After}

    With `unit: unix` the header holds the moment itself (`X-RateLimit-Reset: 1777908011`).
    """

    example: ClassVar[str] = "{type: header, name: Retry-After}"
    type: Literal["header"] = Field(description="A pause that a header names.")
    name: str = Field("Retry-After", description="The header's name.", examples=["Retry-After"])
    unit: Unit = Field("s", description="What a number in it means; `unix` is a moment in unix seconds.")

    def seconds(
        self, response: Response, attempt: int, now: datetime, retry: Retry, random: Callable[[], float]
    ) -> float | None:
        return seconds_of(response.headers.get(self.name.lower()), self.unit, now)
