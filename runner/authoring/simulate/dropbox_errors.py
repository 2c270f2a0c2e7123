"""
How Dropbox says no: tags in JSON for what a route knows of, plain text for what is no request at all.

Sources: the API's specification (GitHub dropbox/dropbox-api-spec) and the guide to error handling. A summary ends in
some number of dots, never the same: clients are to read the tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import PlainTextResponse, Response

from runner.authoring.simulate.answers import Refusal, reply
from runner.authoring.simulate.table import Row


class Unwritable(Exception):
    """A WriteError; each route wraps it in tags of its own."""

    def __init__(self, *tags: str) -> None:
        super().__init__("/".join(tags))
        self.error = tagged(*tags)

    def inside(self, tag: str) -> Refusal:
        return Refusal(error(409, {".tag": tag, tag: self.error}))


def tagged(*tags: str, **fields: Any) -> Row:
    """A union inside a union: `tagged("path", "not_found")`; fields belong to the innermost."""
    first, *rest = tags
    return {".tag": first, first: tagged(*rest, **fields)} if rest else {".tag": first, **fields}


def summary(error: Mapping[str, Any]) -> str:
    """The tags from the outside in."""
    tags, inner = [], error
    while isinstance(inner, Mapping) and ".tag" in inner:
        tags.append(inner[".tag"])
        inner = inner.get(inner[".tag"]) or inner.get("reason") or {}
    return "/".join(tags)


def error(status: int, body: Row, said: str = "") -> Response:
    tags = said or summary(body)
    return reply({"error_summary": f"{tags}/{'.' * (1 + len(tags) % 4)}", "error": body}, status)


def conflict(*tags: str, **fields: Any) -> Refusal:
    """409 is every failure that the route itself knows of, a missing file too."""
    return Refusal(error(409, tagged(*tags, **fields)))


def unauthorized(tag: str, **fields: Any) -> Refusal:
    return Refusal(error(401, tagged(tag, **fields)))


def malformed(route: str, why: str) -> Refusal:
    """400 is plain text."""
    return Refusal(PlainTextResponse(f'Error in call to API function "{route}": {why}', 400))


def too_many(seconds: int, *, plain: bool, reason: str = "too_many_requests") -> Response:
    """429 comes in two forms, told apart by their content type."""
    if plain:
        return PlainTextResponse("too_many_requests", 429, {"Retry-After": str(seconds)})
    return error(429, {"reason": {".tag": reason}, "retry_after": seconds}, reason)
