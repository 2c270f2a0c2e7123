"""What an incremental is: how a sync asks only for what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Block
from runner.mapping.reads import Path

Format = Literal["iso8601", "unix", "unix_ms", "date"]


class Incremental(Block):
    """How a sync asks only for what changed."""

    format: Format = Field(
        "iso8601",
        description="How the partner wants times: `iso8601` (2026-05-04T15:20:10Z), `unix` (seconds), `unix_ms`, "
        "or `date` (2026-05-04).",
    )
    is_told: ClassVar[bool] = False
    """Whether the checkpoint is what the partner says, and not the newest cursor of its payloads."""
    looks_at_cursors: ClassVar[bool] = False
    """Whether `is_over` wants to see the cursors of each page of a walk that begins with a checkpoint."""
    leaves_out: ClassVar[bool] = False
    """Whether `is_known` says which payloads nobody needs to look at."""

    @property
    def reads(self) -> frozenset[Path] | None:
        """The paths of names in a body that `told` looks at; None: all."""
        return frozenset()

    @property
    def is_saved_at_once(self) -> bool:
        """Whether what a page told is the checkpoint as soon as the page is stored; else at the end of the walk."""
        return False

    def begin(self, checkpoint: str | None, now: datetime, full: bool) -> dict[str, Any]:
        """What the templates of the endpoint read: `{"checkpoint": text or None, "window": {"start", "end"} or {}}`.

        `checkpoint` is the stored one (UTC ISO 8601 text) or None for a first run; `full` asks for everything.
        """
        raise NotImplementedError

    def advance(self, checkpoint: str | None, seen: Iterable[str | None]) -> str | None:
        """The checkpoint after a page whose records had these cursors; never older than before."""
        raise NotImplementedError

    def is_spent(self, checkpoint: str, saved_at: datetime | None, now: datetime) -> bool:
        """Whether the partner reaches no longer as far back as the checkpoint: the run must then be a full one.

        `saved_at` is when the last complete walk began, None where that is not known.
        """
        return False

    def told(self, body: Any, is_last: bool) -> str | None:
        """The checkpoint that a page's body names; UnexpectedResponse when it is not where it should be."""
        return None

    def is_over(self, begun: Mapping[str, Any], cursors: Iterable[str]) -> bool:
        """Whether no page after one with these cursors (UTC ISO 8601 text, in their order) can bring anything new.

        `begun` is what `begin` gave, with a checkpoint. UnexpectedResponse when the page is not as it must be.
        """
        return False

    def is_known(self, begun: Mapping[str, Any], cursor: str) -> bool:
        """Whether a payload with this cursor was there before the checkpoint that the walk began with."""
        return False

    def written(self, moment: datetime) -> str:
        """A time in the partner's format."""
        moment = moment.astimezone(UTC)
        if self.format == "iso8601":
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.format == "date":
            return moment.strftime("%Y-%m-%d")
        return str(int(moment.timestamp() * (1000 if self.format == "unix_ms" else 1)))
