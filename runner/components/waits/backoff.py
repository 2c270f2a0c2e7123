"""A pause that doubles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from runner.components.waits.base import Retry, Wait
from runner.model.http import Response


class BackoffWait(Wait):
    """A pause that doubles with every try, as `http.retry` says. This is what a retry without `wait` does when the
    answer has no `Retry-After`.

        wait: {type: backoff}
    """

    example: ClassVar[str] = "{type: backoff}"
    type: Literal["backoff"] = Field(description="A pause that doubles with every try.")

    def seconds(
        self, response: Response, attempt: int, now: datetime, retry: Retry, random: Callable[[], float]
    ) -> float | None:
        return retry.pause(attempt, random)
