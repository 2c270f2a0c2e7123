"""What an upload is: a protocol that yields what to do next with a file, and is sent what came of it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from pydantic import Field

from runner.components.block import Block, Name
from runner.components.uploads.checksum import Checksum


@dataclass(frozen=True)
class Start:
    """Open a session."""


@dataclass(frozen=True)
class Append:
    """Send so many bytes from an offset on; `last` says that none come behind them."""

    offset: int
    length: int
    last: bool

    @property
    def end(self) -> int:
        return self.offset + self.length


@dataclass(frozen=True)
class Finish:
    """Make a file of all that was sent, `offset` bytes."""

    offset: int


Step = Start | Append | Finish


@dataclass(frozen=True)
class Turn:
    """Steps that may be made at the same time. `confirmed`: so many bytes from the beginning are with the partner for
    sure."""

    steps: tuple[Step, ...]
    confirmed: int


@dataclass(frozen=True)
class Heard:
    """What the answer to a step says: the session that was opened; where the partner wants us to go on."""

    session: str | None = None
    offset: int | None = None


Walk = Generator[Turn, tuple[Heard, ...], None]


class Upload(Block):
    """How a file that is too large for one call gets to the partner."""

    file: Name = Field(description="The input that is the file.")
    checksum: Checksum | None = Field(None, description="How the partner tells that it has the same bytes.")

    @property
    def actions(self) -> dict[str, str]:
        """The actions that make the steps, by the option that names each."""
        raise NotImplementedError

    def takes_whole(self, size: int) -> bool:
        """Whether a file of that size is sent by the action itself."""
        raise NotImplementedError

    def walk(self, size: int, session: str | None = None, confirmed: int = 0) -> Walk:
        """Yield each Turn and be sent what came of its steps, in their order; end when there is a file.

        `session` and `confirmed` are where an upload was that broke off. Raises ResyncNeeded where it can only begin
        anew, UnexpectedResponse when the partner runs in a circle.
        """
        raise NotImplementedError
