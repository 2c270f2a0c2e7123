"""What a destination is: where delivery rules bring records to, and how fast."""

from __future__ import annotations

from pydantic import Field

from runner.components.block import Block, Rate


class Destination(Block):
    """Where delivery rules bring records to. The block only says so; what goes out and is written is the engine's."""

    at_once: int = Field(4, ge=1, le=64, description="How many pushes are under way at once.")
    rate: Rate | None = Field(None, description="The most pushes in a time; no limit when left out.", examples=["60/m"])

    @property
    def most(self) -> int:
        """How many records it takes at once."""
        return 1
