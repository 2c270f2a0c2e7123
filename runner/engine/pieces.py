"""The pieces of a file, one after the other, read in one go as long as they follow each other."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import TracebackType

from runner.errors import FileChanged, PartnerUnavailable
from runner.model.clock import Clock
from runner.model.file import File

TRIES = 4
"""How often a file that breaks off is read on from there."""


class Pieces:
    """Reads a file; at most one piece, and what came with its end, is held. To be used with `async with`."""

    def __init__(self, file: File, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._source: AsyncGenerator[bytes, None] | None = None
        self._rest = b""
        self._at = 0

    async def __aenter__(self) -> Pieces:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def take(self, offset: int, length: int) -> bytearray:
        """The bytes from an offset on. Raises FileChanged when there are fewer, and what reading a file does."""
        made = bytearray()
        for number in range(1, TRIES + 1):
            try:
                await self._fill(made, offset, length)
            except PartnerUnavailable:
                await self._close()
                if number == TRIES:
                    raise
                await self._clock.sleep(2.0**number)
            else:
                return made
        raise AssertionError("the last try returns or raises")

    async def _fill(self, made: bytearray, offset: int, length: int) -> None:
        if self._source is None or self._at != offset + len(made):
            await self._close()
            self._source, self._at = self._file.read(offset + len(made)), offset + len(made)
        while len(made) < length:
            piece = self._rest or await anext(self._source, b"")
            if not piece:
                raise FileChanged(f"{self._file.name} has fewer bytes than it said")
            wanted = length - len(made)
            made += piece[:wanted]
            self._rest = piece[wanted:]
            self._at += min(wanted, len(piece))

    async def _close(self) -> None:
        if self._source is not None:
            await self._source.aclose()
        self._source, self._rest = None, b""
