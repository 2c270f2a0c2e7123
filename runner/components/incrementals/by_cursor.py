"""What the incrementals share whose checkpoint is the newest cursor seen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import Field

from runner.components.block import Duration
from runner.components.incrementals.base import Incremental
from runner.mapping.functions import iso8601


class ByCursor(Incremental):
    """A run asks for, or looks at, what is newer than the checkpoint less `overlap`. First and full runs ask for
    everything."""

    overlap: Duration = Field(
        "5m", validate_default=True, description="How much before the checkpoint is read again.", examples=["5m"]
    )

    def begin(self, checkpoint: str | None, now: datetime, full: bool) -> dict[str, Any]:
        if checkpoint is None or full:
            return {"checkpoint": None, "window": {}}
        known = min(datetime.fromisoformat(checkpoint), now) - self.overlap
        return {"checkpoint": self.asked(known, now), "window": {}}

    def asked(self, known: datetime, now: datetime) -> str | None:
        """The checkpoint as templates and `is_over` read it."""
        text: str | None = iso8601(known.isoformat())
        return text

    def advance(self, checkpoint: str | None, seen: Iterable[str | None]) -> str | None:
        return newest_of(checkpoint, seen)


def newest_of(checkpoint: str | None, seen: Iterable[str | None]) -> str | None:
    """The latest of some moments, as UTC text; those that are none do not count."""
    times = (iso8601(cursor) for cursor in (checkpoint, *seen))
    return max((time for time in times if time), default=None)
