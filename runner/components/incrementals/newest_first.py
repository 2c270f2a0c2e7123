"""A list with the newest change first, read until what is known begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Duration
from runner.components.incrementals.base import Incremental
from runner.components.incrementals.since import newest_of
from runner.errors import UnexpectedResponse
from runner.mapping.functions import iso8601


class NewestFirst(Incremental):
    """The partner cannot filter by change, but sorts by it, the newest first: the walk stops after the page that holds
    a cursor older than the checkpoint less `overlap`.

    Housecall Pro answers `GET /jobs?sort_by=updated_at&sort_direction=desc&page=1` with the jobs changed last:

        incremental: {type: newest_first, overlap: 5m}

    The checkpoint is saved when the walk is over, since the newest comes first. A page that is out of order is an
    error: behind it, changes would be missed. First and full runs read everything.
    """

    example: ClassVar[str] = "{type: newest_first, overlap: 5m}"
    type: Literal["newest_first"] = Field(description="The newest change first: the walk stops where it is known.")
    overlap: Duration = Field(
        "5m", validate_default=True, description="How much before the checkpoint is read again.", examples=["5m"]
    )
    looks_at_cursors: ClassVar[bool] = True

    def begin(self, checkpoint: str | None, now: datetime, full: bool) -> dict[str, Any]:
        if checkpoint is None or full:
            return {"checkpoint": None, "window": {}}
        known = min(datetime.fromisoformat(checkpoint), now) - self.overlap
        return {"checkpoint": iso8601(known.isoformat()), "window": {}}

    def advance(self, checkpoint: str | None, seen: Iterable[str | None]) -> str | None:
        return newest_of(checkpoint, seen)

    def is_over(self, begun: Mapping[str, Any], cursors: Iterable[str]) -> bool:
        last = None
        for cursor in cursors:
            if last is not None and cursor > last:
                raise UnexpectedResponse(
                    f"the page is not sorted with the newest first: {last} comes before {cursor} (check the parameters "
                    "that sort)"
                )
            last = cursor
        return last is not None and last < begun["checkpoint"]
