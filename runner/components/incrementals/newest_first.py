"""A list with the newest change first, read until what is known begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.incrementals.by_cursor import ByCursor
from runner.errors import UnexpectedResponse


class NewestFirst(ByCursor):
    """The partner cannot filter by change, but sorts by it, the newest first: the walk stops after the page that holds
    a cursor older than the checkpoint less `overlap`.

    Housecall Pro answers `GET /jobs?sort_by=updated_at&sort_direction=desc&page=1` with the jobs changed last:

        incremental: {type: newest_first, overlap: 5m}

    The checkpoint is saved when the walk is over, since the newest comes first. A page that is out of order is an
    error: behind it, changes would be missed. First and full runs read everything.
    """

    example: ClassVar[str] = "{type: newest_first, overlap: 5m}"
    type: Literal["newest_first"] = Field(description="The newest change first: the walk stops where it is known.")
    looks_at_cursors: ClassVar[bool] = True

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
