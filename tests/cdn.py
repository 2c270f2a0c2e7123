"""A host that serves made-up files of any size, by ranges, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha256

import httpx

HOST = "cdn.example"
URL = f"https://{HOST}/photos/roof.jpg"


def content(seed: int, start: int, end: int) -> bytes:
    """Bytes that differ from place to place; `seed` makes another file of them."""
    first, last = start // 32, -(-end // 32)
    made = b"".join(sha256(f"{seed}:{number}".encode()).digest() for number in range(first, last))
    return made[start - first * 32 : end - first * 32]


class _Body(httpx.AsyncByteStream):
    def __init__(self, cdn: Cdn, start: int, end: int) -> None:
        self.cdn, self.start, self.end = cdn, start, end

    async def __aiter__(self) -> AsyncIterator[bytes]:
        at = self.start
        while at < self.end:
            if self.cdn.breaks and at >= self.cdn.breaks[0]:
                self.cdn.breaks.pop(0)
                raise httpx.ReadError("gone")
            end = min(at + self.cdn.step, self.end)
            self.cdn.given += end - at
            yield content(self.cdn.seed, at, end)
            at = end


@dataclass
class Cdn(httpx.AsyncBaseTransport):
    """`breaks` are offsets at which the line is cut, each once; without `ranges` the whole is sent, without `tagged`
    nothing tells one version from another; `given` counts the bytes."""

    size: int
    seed: int = 1
    step: int = 65_536
    ranges: bool = True
    tagged: bool = True
    breaks: list[int] = field(default_factory=list)
    given: int = 0
    requests: list[httpx.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        head = {"Content-Type": "image/jpeg", **({"ETag": f'"{self.seed}"'} if self.tagged else {})}
        asked = request.headers.get("range")
        if asked is None or not self.ranges:
            return httpx.Response(
                200, headers={**head, "Content-Length": str(self.size)}, stream=_Body(self, 0, self.size)
            )
        first, _, last = asked.removeprefix("bytes=").partition("-")
        end = int(last) + 1 if last else self.size
        told = {**head, "Content-Range": f"bytes {first}-{end - 1}/{self.size}"}
        return httpx.Response(206, headers=told, stream=_Body(self, int(first), end))

    @property
    def whole(self) -> bytes:
        return content(self.seed, 0, self.size)
