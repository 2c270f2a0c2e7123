"""A file on its way: what is known of it, and how its bytes are read, anew for every try."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

PIECE = 65_536
"""Bytes that are handed on at once."""
PLAIN = "application/octet-stream"
Read = Callable[[int, int], AsyncGenerator[bytes, None]]
"""The bytes from one offset up to another, as they come: all of them, or an error. Whoever stops early closes it."""


@dataclass(frozen=True)
class File:
    """`size` in bytes, always known; `type` is a media type; `version` changes when the content does, and is empty
    where nothing tells; `is_random` says that a part in its midst costs no more than the same at its beginning.
    Templates read `name`, `size` and `type`; the file itself is a body, or a part of one."""

    name: str
    size: int
    read: Read = field(repr=False, compare=False)
    type: str = PLAIN
    version: str = ""
    is_random: bool = True

    def __getitem__(self, key: str) -> str | int:
        told: dict[str, str | int] = {"name": self.name, "size": self.size, "type": self.type}
        return told[key]

    def watched(self, see: Callable[[int, bytes], None]) -> File:
        """The same; `see` is handed each piece, and where it begins, as it is read."""

        async def read(begin: int, end: int) -> AsyncGenerator[bytes, None]:
            at = begin
            async with aclosing(self.read(begin, end)) as pieces:
                async for piece in pieces:
                    see(at, piece)
                    at += len(piece)
                    yield piece

        return replace(self, read=read)

    def part(self, begin: int, end: int) -> File:
        """What lies between two offsets, as a file of its own."""
        return replace(self, size=end - begin, read=lambda first, last: self.read(begin + first, begin + last))


def in_memory(content: bytes | bytearray, name: str = "piece") -> File:
    """A file of bytes that are there."""
    whole = memoryview(content)

    async def read(begin: int, end: int) -> AsyncGenerator[bytes, None]:
        for at in range(begin, end, PIECE):
            yield bytes(whole[at : min(at + PIECE, end)])

    return File(name, len(content), read)
