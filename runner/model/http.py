"""A request and a response as plain values, so that protocols can yield the one and be sent the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import orjson


@dataclass(frozen=True)
class Request:
    """One HTTP request. At most one of `json`, `form` and `content` is given.

    `params` values may be lists (the name is repeated). `json` is any JSON value; `NO_JSON` means no JSON body,
    since `null` is a body some partners ask for.
    """

    method: str
    url: str
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    has_json: bool = False
    form: Mapping[str, str] | None = None
    content: bytes | None = None
    auth: tuple[str, str] | None = field(default=None, repr=False)
    timeout: float = 30.0

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    def __repr__(self) -> str:
        return f"Request({self.method} {urlsplit(self.url)._replace(query='').geturl()})"


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

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300
