"""A filter of our own, for partners that have none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.incrementals.by_cursor import ByCursor


class OnlyNewer(ByCursor):
    """The partner can neither filter nor sort by change: each run reads all pages, and goes on only with what is newer
    than the checkpoint less `overlap`. The rest counts as unchanged.

        incremental: {type: only_newer, overlap: 5m}

    What has no cursor is always looked at. First and full runs look at everything.
    """

    example: ClassVar[str] = "{type: only_newer, overlap: 5m}"
    type: Literal["only_newer"] = Field(description="All pages are read; only what is newer is looked at.")
    leaves_out: ClassVar[bool] = True

    def is_known(self, begun: Mapping[str, Any], cursor: str) -> bool:
        known: str = begun["checkpoint"]
        return cursor < known
