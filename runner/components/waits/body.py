"""A pause that the body of the answer names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from runner.components.waits.amount import Unit, seconds_of
from runner.components.waits.base import Retry, Wait
from runner.mapping.expression import Expression
from runner.model.http import Response


class BodyWait(Wait):
    """A pause that the body of the answer names.

    The partner answers `429` with `{"error": {"reason": {".tag": "too_many_requests"}, "retry_after": 15}}`:

        wait: {type: body, path: error.retry_after}
    """

    example: ClassVar[str] = "{type: body, path: error.retry_after}"
    type: Literal["body"] = Field(description="A pause that the body names.")
    path: Expression = Field(description="JMESPath over the body: the figure.", examples=["error.retry_after"])
    unit: Unit = Field("s", description="What it means: seconds, milliseconds, or a moment in unix seconds.")

    def seconds(
        self, response: Response, attempt: int, now: datetime, retry: Retry, random: Callable[[], float]
    ) -> float | None:
        return seconds_of(self.path.search(response.json), self.unit, now)
