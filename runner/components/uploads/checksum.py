"""The hash by which both sides know that they have the same bytes."""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import Field

from runner.components.block import Block, Name


class Checksum(Block):
    """The hash of what was sent, to be compared with the one that the partner tells.

    Dropbox answers an upload with `content_hash`, the SHA-256 of the SHA-256 of every 4 MiB, one after the other:

        result: {id: id, checksum: content_hash}
        checksum: {digest: sha256, block: 4194304, result: checksum}
    """

    digest: Literal["sha256", "sha1", "md5"] = Field("sha256", description="The algorithm.")
    block: int = Field(
        ge=1, description="How many bytes are hashed at a time; the digests of all blocks are hashed once more."
    )
    result: Name = Field(description="The `result` of the action that the partner's hash is in, in hexadecimal.")

    def blocks(self) -> Blocks:
        """For the bytes from the beginning of a block on."""
        return Blocks(self.digest, self.block)

    def whole(self, digests: bytes) -> str:
        """The hash of a file, from the digests of all its blocks."""
        return hashlib.new(self.digest, digests).hexdigest()


class Blocks:
    """The digests of blocks, while their bytes go by."""

    def __init__(self, digest: str, block: int) -> None:
        self._digest, self._block = digest, block
        self._ended = bytearray()
        self._open, self._size = hashlib.new(digest), 0

    def update(self, piece: bytes | memoryview) -> None:
        """The next bytes."""
        left = memoryview(piece)
        while len(left):
            part = left[: self._block - self._size]
            self._open.update(part)
            self._size, left = self._size + len(part), left[len(part) :]
            if self._size == self._block:
                self._ended += self._open.digest()
                self._open, self._size = hashlib.new(self._digest), 0

    @property
    def digests(self) -> bytes:
        """Those of the blocks so far, the last one as far as it goes."""
        return bytes(self._ended) + (self._open.digest() if self._size else b"")
