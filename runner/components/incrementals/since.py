"""A timestamp filter with an overlap."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from runner.components.block import Duration, Period
from runner.components.incrementals.by_cursor import ByCursor


class Since(ByCursor):
    """A filter for what changed since a time.

    The partner takes `GET /jobs?modifiedOnOrAfter=2026-05-04T15:18:10Z`; the newest `modifiedOn` of the last run was
    15:20:10, and two minutes are read again, since clocks differ and late writes happen:

        incremental: {type: since, overlap: 2m}

    and in the endpoint `params: {modifiedOnOrAfter: "{{ checkpoint }}"}`. Which field says how new a payload is, is
    declared once, on the processor (`cursor: modifiedOn`). On a first or full run the checkpoint is null and the
    parameter is left out. A cursor from the future counts as now, so that one wrong clock does not hide records.

    With `reach: 30d` nothing older than that is asked for. A company where nothing has changed for longer is no
    trouble; but when no run was complete for that long, the next one is a full one.
    """

    example: ClassVar[str] = "{type: since, overlap: 2m}"
    type: Literal["since"] = Field(description="A filter for what changed since a time.")
    overlap: Duration = Field(
        "2m", validate_default=True, description="How much before the checkpoint is read again.", examples=["2m"]
    )
    reach: Period | None = Field(None, description="How far back the partner's filter reaches.", examples=["29d"])

    def asked(self, known: datetime, now: datetime) -> str | None:
        return self.written(known if self.reach is None else max(known, now - self.reach))

    def is_spent(self, checkpoint: str, saved_at: datetime | None, now: datetime) -> bool:
        known = datetime.fromisoformat(checkpoint) if saved_at is None else saved_at
        return self.reach is not None and now - known > self.reach - self.overlap
