"""A window of dates around now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Duration
from runner.components.incrementals.base import Incremental


class DateWindow(Incremental):
    """A window of dates around now, for partners that filter by when a thing takes place and not by its change.

    The partner takes `GET /events?startDate=2026-04-04&endDate=2026-10-31`:

        incremental: {type: window, back: 30d, ahead: 180d, format: date}

    and in the endpoint `params: {startDate: "{{ window.start }}", endDate: "{{ window.end }}"}`. There is no
    checkpoint: each run reads the whole window, and unchanged records cost nothing further.
    """

    example: ClassVar[str] = "{type: window, back: 30d, ahead: 180d}"
    type: Literal["window"] = Field(description="A window of dates around now.")
    back: Duration = Field("30d", validate_default=True, description="How far before now.", examples=["30d"])
    ahead: Duration = Field("180d", validate_default=True, description="How far after now.", examples=["180d"])

    def begin(self, checkpoint: str | None, now: datetime, full: bool) -> dict[str, Any]:
        window = {"start": self.written(now - self.back), "end": self.written(now + self.ahead)}
        return {"checkpoint": None, "window": window}

    def advance(self, checkpoint: str | None, seen: Iterable[str | None]) -> str | None:
        return checkpoint
