"""A request and a response as plain values, so that protocols can yield the one and be sent the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import msgspec
import orjson

from runner.model.file import File
from runner.model.pieces import Path, Pieces

LARGE = 32_768  # bytes; less is parsed at once, since cutting it up costs as much


@dataclass(frozen=True)
class Request:
    """One HTTP request. At most one of `json`, `form`, `parts` and `content` is given.

    `params` values may be lists (the name is repeated). `json` is any JSON value; `NO_JSON` means no JSON body,
    since `null` is a body some partners ask for. `parts` are those of a multipart body; files, there or as `content`,
    are read while they are sent.
    """

    method: str
    url: str
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    has_json: bool = False
    form: Mapping[str, str] | None = None
    parts: Mapping[str, str | File] | None = None
    content: bytes | File | None = None
    auth: tuple[str, str] | None = field(default=None, repr=False)
    timeout: float = 30.0

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    def __repr__(self) -> str:
        """Without path and query: some partners take their keys there."""
        parts = urlsplit(self.url)
        return f"Request({self.method} {parts.scheme}://{parts.hostname}/...)"


@dataclass(frozen=True)
class Response:
    """What came back. `headers` has lower-case names; `body` is the raw bytes, decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = field(default="", repr=False)

    @cached_property
    def json(self) -> Any:
        """The parsed body; None when it is empty or not JSON (`is_json` tells the two apart)."""
        try:
            return orjson.loads(self.body) if self.body else None
        except orjson.JSONDecodeError:
            return None

    @cached_property
    def is_json(self) -> bool:
        """Whether the body parses as JSON. An HTML page that answers 200 does not."""
        if not self.body:
            return False
        return self.json is not None or self.body.strip() == b"null"

    def only(self, paths: Iterable[Path] | None) -> Any:
        """The parsed body, or as much of it as holds what stands at `paths` (None: all): for expressions that read
        nothing else. Of a large body nothing else is decoded."""
        if paths is None or len(self.body) < LARGE or "json" in self.__dict__:
            return self.json
        return self._pieces.only(paths)

    def items(self, path: Path) -> list[msgspec.Raw] | None:
        """The list at `path` of a large body, each item still raw; None when the body is small or has no such list."""
        return self._pieces.items(path) if len(self.body) >= LARGE else None

    @cached_property
    def _pieces(self) -> Pieces:
        return Pieces(self.body)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300
