"""A file on its way: what is known of it, and how its bytes are read, anew for every try."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

PIECE = 65_536
"""Bytes that are handed on at once."""
PLAIN = "application/octet-stream"
Read = Callable[[int], AsyncGenerator[bytes, None]]
"""The bytes from an offset on, in pieces. Whoever stops early closes it."""


@dataclass(frozen=True)
class File:
    """`size` in bytes, always known; `type` is a media type; `version` changes when the content does, as far as one can
    know. Templates read `name`, `size` and `type`; the file itself is a body, or a part of one."""

    name: str
    size: int
    read: Read = field(repr=False, compare=False)
    type: str = PLAIN
    version: str = ""

    def __getitem__(self, key: str) -> str | int:
        told: dict[str, str | int] = {"name": self.name, "size": self.size, "type": self.type}
        return told[key]

    def watched(self, see: Callable[[int, bytes], None]) -> File:
        """The same; `see` is handed each piece, and where it begins, as it is read."""

        async def read(offset: int) -> AsyncGenerator[bytes, None]:
            at = offset
            async with aclosing(self.read(offset)) as pieces:
                async for piece in pieces:
                    see(at, piece)
                    at += len(piece)
                    yield piece

        return replace(self, read=read)


def in_memory(content: bytes | bytearray, name: str = "piece") -> File:
    """A file of bytes that are there."""
    whole = memoryview(content)

    async def read(offset: int) -> AsyncGenerator[bytes, None]:
        for at in range(offset, len(whole), PIECE):
            yield bytes(whole[at : at + PIECE])

    return File(name, len(content), read)
