"""A file as a destination."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from runner.components.block import Size
from runner.components.destinations.base import Destination

LINES = 500


class JsonlDestination(Destination):
    """A file of JSON lines: one line a change, deletions too, in the order in which they arrive.

    destinations:
      archive: {type: jsonl, path: out/records.jsonl, size: 100MB, daily: true}

    A line is on the disk before its record counts as pushed. After a crash, half a line at the end is cut off, and what
    was written already is not written again: no `key` stands in the file twice. The file is moved aside as
    `records-20260504T152010Z.jsonl` before it would grow beyond `size`, and (`daily`) on the first line of a new day,
    UTC. Only processes of one machine may share it.
    """

    example: ClassVar[str] = "{type: jsonl, path: out/records.jsonl, size: 100MB}"
    type: Literal["jsonl"] = Field(description="A file, one JSON object a line.")
    path: str = Field(min_length=1, description="The file; relative to where the runner was started.")
    size: Size | None = Field(None, description="How large it may grow before it is moved aside.", examples=["100MB"])
    daily: bool = Field(False, description="Whether each day (UTC) has a file of its own.")

    @property
    def most(self) -> int:
        return LINES
