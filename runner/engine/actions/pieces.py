"""The pieces of a file that can only be read from its beginning: one after the other, in one go, and held."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import TracebackType

from runner.errors import FileAway, FileChanged
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
        self._rest = memoryview(b"")
        self._at = 0

    async def __aenter__(self) -> Pieces:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def take(self, offset: int, length: int) -> bytearray:
        """The bytes from an offset on. Raises FileChanged when there are fewer, and what reading a file does."""
        made, filled = bytearray(length), 0
        for number in range(1, TRIES + 1):
            try:
                async for piece in self._from(offset + filled, length - filled):
                    made[filled : filled + len(piece)] = piece
                    filled += len(piece)
            except FileAway:
                await self._close()
                if number == TRIES:
                    raise
                await self._clock.sleep(2.0**number)
            else:
                return made
        raise AssertionError("the last try returns or raises")

    async def _from(self, offset: int, length: int) -> AsyncGenerator[memoryview, None]:
        """So many bytes from there on, as they come; what came beyond them is kept."""
        if self._source is None or self._at != offset:
            await self._close()
            self._source, self._at = self._file.read(offset, self._file.size), offset
        left = length
        while left:
            piece = self._rest or memoryview(await anext(self._source, b""))
            if not piece:
                raise FileChanged(f"{self._file.name} has fewer bytes than it said")
            taken, self._rest = piece[:left], piece[left:]
            left, self._at = left - len(taken), self._at + len(taken)
            yield taken

    async def _close(self) -> None:
        if self._source is not None:
            await self._source.aclose()
        self._source, self._rest = None, memoryview(b"")
