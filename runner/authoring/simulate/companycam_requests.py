"""What CompanyCam makes of a request: bodies, page numbers, cursors; and how it says no."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from runner.authoring.simulate.answers import Refusal, json_body, reply
from runner.authoring.simulate.table import Row, Table

PER_PAGE, MOST_PER_PAGE = 50, 100


def refusal(status: int, message: str) -> Refusal:
    """`{"errors": [...]}`, the partner's error body for every status."""
    return Refusal(reply({"errors": [message]}, status))


async def members(request: Request, inside: str = "") -> Row:
    """The JSON object of the body, or the one nested below `inside`. Raises Refusal."""
    body = await json_body(request)
    nested = body.get(inside) if inside and isinstance(body, dict) else body
    if not isinstance(nested, dict):
        raise refusal(400, f"param is missing or the value is empty: {inside or 'body'}")
    return nested


def needed(row: Row, name: str, kind: type | tuple[type, ...]) -> Any:
    """A member that must be there. Raises Refusal."""
    if not isinstance(row.get(name), kind) or row[name] in ("", []):
        raise refusal(400, f"{name} is missing or invalid")
    return row[name]


def found(table: Table, key: str) -> Row:
    row = table.get(key)
    if row is None:
        raise refusal(404, "Record not found")
    return row


def number(request: Request, name: str, default: int, most: int | None = None) -> int:
    """A whole number from 1; more than `most` gives `most` (documented for photos, assumed for the rest)."""
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise refusal(400, f"{name} is invalid")
    return min(int(text), most) if most else int(text)


def bare(rows: Sequence[Row], request: Request) -> Response:
    """One page as a bare array: no envelope, no total."""
    page, size = number(request, "page", 1), number(request, "per_page", PER_PAGE, MOST_PER_PAGE)
    return reply(list(rows[(page - 1) * size : page * size]))


def walked(rows: Sequence[Row], request: Request, show: Callable[[Row], Row]) -> Response:
    """One page by number or by cursor; the cursors stand in the headers. Raises Refusal."""
    query = request.query_params
    size = number(request, "per_page", PER_PAGE, MOST_PER_PAGE)
    if "page" in query and ("after" in query or "before" in query):
        raise refusal(400, "page cannot be combined with after or before")
    if "before" in query:
        stop = _place(rows, query["before"])
        start = max(0, stop - size)
    else:
        start = _place(rows, query["after"]) + 1 if "after" in query else (number(request, "page", 1) - 1) * size
        stop = start + size
    shown = rows[start:stop]
    headers = {"X-Has-Next": str(stop < len(rows)).lower(), "X-Has-Prev": str(bool(shown) and start > 0).lower()}
    if shown and stop < len(rows):
        headers["X-Next-Cursor"] = _cursor(shown[-1])
    if shown and start > 0:
        headers["X-Prev-Cursor"] = _cursor(shown[0])
    return reply([show(row) for row in shown], headers=headers)


def _cursor(row: Row) -> str:
    return base64.urlsafe_b64encode(str(row["id"]).encode()).decode()


def _place(rows: Sequence[Row], cursor: str) -> int:
    try:
        key = base64.urlsafe_b64decode(cursor).decode()
    except (binascii.Error, ValueError):
        raise refusal(400, "cursor is invalid") from None
    for place, row in enumerate(rows):
        if row["id"] == key:
            return place
    raise refusal(400, "cursor is invalid")
