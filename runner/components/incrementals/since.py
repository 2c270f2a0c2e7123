"""A timestamp filter with an overlap."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Duration
from runner.components.incrementals.base import Incremental
from runner.mapping.functions import iso8601


class Since(Incremental):
    """A filter for what changed since a time.

    The partner takes `GET /jobs?modifiedOnOrAfter=2026-05-04T15:18:10Z`; the newest `modifiedOn` of the last run was
    15:20:10, and two minutes are read again, since clocks differ and late writes happen:

        incremental: {type: since, overlap: 2m}

    and in the endpoint `params: {modifiedOnOrAfter: "{{ checkpoint }}"}`. Which field says how new a payload is, is
    declared once, on the processor (`cursor: modifiedOn`). On a first or full run the checkpoint is null and the
    parameter is left out. A cursor from the future counts as now, so that one wrong clock does not hide records.
    """

    example: ClassVar[str] = "{type: since, overlap: 2m}"
    type: Literal["since"] = Field(description="A filter for what changed since a time.")
    overlap: Duration = Field(
        "2m", validate_default=True, description="How much before the checkpoint is read again.", examples=["2m"]
    )

    def begin(self, checkpoint: str | None, now: datetime, full: bool) -> dict[str, Any]:
        if checkpoint is None or full:
            return {"checkpoint": None, "window": {}}
        saved = min(datetime.fromisoformat(checkpoint), now)
        return {"checkpoint": self.written(saved - self.overlap), "window": {}}

    def advance(self, checkpoint: str | None, seen: Iterable[str | None]) -> str | None:
        times = (iso8601(cursor) for cursor in (checkpoint, *seen))
        return max((time for time in times if time), default=None)
