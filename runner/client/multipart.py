"""A body of form parts (RFC 7578), written as it is sent: files in it are never held as a whole."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from runner.errors import MappingError
from runner.model.file import File

_END = b"\r\n"


class Multipart:
    """The parts in their order: texts, and files with their name and type. `size` is that of the whole body."""

    def __init__(self, parts: Mapping[str, str | File], boundary: str | None = None) -> None:
        self._boundary = boundary or secrets.token_hex(16)
        self._parts = [(_head(self._boundary, name, part), part) for name, part in parts.items()]
        self._close = f"--{self._boundary}--".encode() + _END

    @property
    def type(self) -> str:
        """The Content-Type."""
        return f"multipart/form-data; boundary={self._boundary}"

    @property
    def size(self) -> int:
        sizes = (
            len(head) + (part.size if isinstance(part, File) else len(part.encode())) + len(_END)
            for head, part in self._parts
        )
        return sum(sizes) + len(self._close)

    async def read(self) -> AsyncGenerator[bytes, None]:
        """The body, in pieces. Raises what reading a file does."""
        for head, part in self._parts:
            yield head
            if isinstance(part, File):
                async with aclosing(part.read(0, part.size)) as pieces:
                    async for piece in pieces:
                        yield piece
            else:
                yield part.encode()
            yield _END
        yield self._close


def _head(boundary: str, name: str, part: str | File) -> bytes:
    lines = [f"--{boundary}", f'Content-Disposition: form-data; name="{_quoted(name)}"']
    if isinstance(part, File):
        lines[1] += f'; filename="{_quoted(part.name)}"'
        if not (part.type.isascii() and part.type.isprintable()):
            raise MappingError(f"the type of {part.name} has characters that a header cannot hold")
        lines.append(f"Content-Type: {part.type}")
    return "\r\n".join([*lines, "", ""]).encode()


def _quoted(text: str) -> str:
    """As browsers write names of parts and files (HTML, "multipart/form-data encoding algorithm"): UTF-8, three
    characters escaped."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
