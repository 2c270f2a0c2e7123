"""A window of dates around now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from math import ceil
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Duration, Period
from runner.components.incrementals.base import Incremental


class DateWindow(Incremental):
    """A window of dates around now, for partners that filter by when a thing takes place and not by its change.

    The partner takes `GET /events?startDate=2026-04-04&endDate=2026-10-31`:

        incremental: {type: window, back: 30d, ahead: 180d, format: date}

    and in the endpoint `params: {startDate: "{{ window.start }}", endDate: "{{ window.end }}"}`. There is no
    checkpoint: each run reads the whole window, and unchanged records cost nothing further.

    Where the partner gives a window in one answer, or slows down on long ones, `slice: 31d` asks for one stretch after
    the other, each with pages of its own; a walk that was killed goes on in its slice. The last day of one is the first
    of the next, so that it does not matter whether the partner counts it in.
    """

    example: ClassVar[str] = "{type: window, back: 30d, ahead: 180d}"
    type: Literal["window"] = Field(description="A window of dates around now.")
    back: Duration = Field("30d", validate_default=True, description="How far before now.", examples=["30d"])
    ahead: Duration = Field("180d", validate_default=True, description="How far after now.", examples=["180d"])

    slice: Period | None = Field(None, description="How much of it is asked for at once.", examples=["31d"])

    def begin(self, checkpoint: str | None, now: datetime, full: bool) -> dict[str, Any]:
        start, end = now - self.back, now + self.ahead
        window: dict[str, Any] = self._stretch(start, end)
        if self.slice is not None:
            number = max(1, ceil((end - start) / self.slice))
            edges = [min(start + place * self.slice, end) for place in range(number + 1)]
            window["slices"] = [self._stretch(*pair) for pair in pairwise(edges)]
        return {"checkpoint": None, "window": window}

    def _stretch(self, start: datetime, end: datetime) -> dict[str, Any]:
        return {"start": self.written(start), "end": self.written(end)}

    def advance(self, checkpoint: str | None, seen: Iterable[str | None]) -> str | None:
        return checkpoint
