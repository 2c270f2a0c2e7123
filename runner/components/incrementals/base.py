"""What an incremental is: how a sync asks only for what changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from runner.components.block import Block

Format = Literal["iso8601", "unix", "unix_ms", "date"]


class Incremental(Block):
    """How a sync asks only for what changed."""

    format: Format = Field(
        "iso8601",
        description="How the partner wants times: `iso8601` (2026-05-04T15:20:10Z), `unix` (seconds), `unix_ms`, "
        "or `date` (2026-05-04).",
    )

    def begin(self, checkpoint: str | None, now: datetime, full: bool) -> dict[str, Any]:
        """What the templates of the endpoint read: `{"checkpoint": text or None, "window": {"start", "end"} or {}}`.

        `checkpoint` is the stored one (UTC ISO 8601 text) or None for a first run; `full` asks for everything.
        """
        raise NotImplementedError

    def advance(self, checkpoint: str | None, seen: Iterable[str | None]) -> str | None:
        """The checkpoint after a page whose records had these cursors; never older than before."""
        raise NotImplementedError

    def written(self, moment: datetime) -> str:
        """A time in the partner's format."""
        moment = moment.astimezone(UTC)
        if self.format == "iso8601":
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.format == "date":
            return moment.strftime("%Y-%m-%d")
        return str(int(moment.timestamp() * (1000 if self.format == "unix_ms" else 1)))
