"""A filter of our own, for partners that have none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Duration
from runner.components.incrementals.base import Incremental
from runner.components.incrementals.since import newest_of
from runner.mapping.functions import iso8601


class OnlyNewer(Incremental):
    """The partner can neither filter nor sort by change: each run reads all pages, and goes on only with what is newer
    than the checkpoint less `overlap`. The rest counts as unchanged.

        incremental: {type: only_newer, overlap: 5m}

    What has no cursor is always looked at. First and full runs look at everything.
    """

    example: ClassVar[str] = "{type: only_newer, overlap: 5m}"
    type: Literal["only_newer"] = Field(description="All pages are read; only what is newer is looked at.")
    overlap: Duration = Field(
        "5m", validate_default=True, description="How much before the checkpoint is looked at again.", examples=["5m"]
    )
    leaves_out: ClassVar[bool] = True

    def begin(self, checkpoint: str | None, now: datetime, full: bool) -> dict[str, Any]:
        if checkpoint is None or full:
            return {"checkpoint": None, "window": {}}
        known = min(datetime.fromisoformat(checkpoint), now) - self.overlap
        return {"checkpoint": iso8601(known.isoformat()), "window": {}}

    def advance(self, checkpoint: str | None, seen: Iterable[str | None]) -> str | None:
        return newest_of(checkpoint, seen)

    def is_known(self, begun: Mapping[str, Any], cursor: str) -> bool:
        known: str = begun["checkpoint"]
        return cursor < known
