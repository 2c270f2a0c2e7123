"""
Housecall Pro's lists: pages, order, filters.

Sources: the vendor's OpenAPI as described in public, GitHub amp-labs/connectors (read.go, incremental.go). There is no
filter by change. Unknown parameters are ignored; more than 200 a page gives 200 (unverified); the default order is
this simulation's choice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from runner.authoring.simulate.answers import json_body, reply
from runner.authoring.simulate.housecallpro_errors import invalid, lacking
from runner.authoring.simulate.table import Row

PAGE, MOST = 10, 200
SORTED = ("created_at", "updated_at", "id", "first_name", "last_name", "invoice_number", "work_status")
FILTERED: Mapping[str, tuple[str, ...]] = {
    "unscheduled": ("needs scheduling",),
    "scheduled": ("scheduled",),
    "in_progress": ("in progress",),
    "completed": ("complete rated", "complete unrated"),
    "canceled": ("user canceled", "pro canceled"),
}
"""Word of the filter to those of answers; the latter find nothing."""


def paged(rows: Sequence[Row], request: Request, name: str, show: Callable[[Row], Row]) -> Response:
    """One page under the plural name of the resource."""
    page, size = number(request, "page", 1), min(number(request, "page_size", PAGE), MOST)
    shown = [show(row) for row in rows[(page - 1) * size : page * size]]
    total = {"total_pages": math.ceil(len(rows) / size), "total_items": len(rows)}
    return reply({"page": page, "page_size": size, **total, name: shown})


def priced(rows: Sequence[Row], request: Request) -> Response:
    """One page as the price book has it."""
    page, size = number(request, "page", 1), min(number(request, "page_size", PAGE), MOST)
    total = {"total_pages_count": math.ceil(len(rows) / size), "total_count": len(rows)}
    shown = list(rows[(page - 1) * size : page * size])
    return reply({"object": "list", "page": page, "page_size": size, **total, "data": shown, "url": request.url.path})


def ordered(rows: Iterable[Row], request: Request) -> list[Row]:
    """By `sort_by` and `sort_direction`; the newest first where nothing is said. Raises Refusal."""
    query = request.query_params
    column, direction = query.get("sort_by", "created_at"), query.get("sort_direction", "desc")
    if column not in SORTED or direction not in {"asc", "desc"}:
        raise lacking("Invalid attributes", ["sort_by" if column not in SORTED else "sort_direction"])
    return sorted(rows, key=lambda row: (str(row.get(column) or ""), row["id"]), reverse=direction == "desc")


def work(rows: Iterable[Row], request: Request) -> list[Row]:
    """Jobs or estimates that the filters let through. Raises Refusal."""
    query = request.query_params
    states = {word for name in query.getlist("work_status[]") for word in FILTERED.get(name, ())}
    crew = set(query.getlist("employee_ids[]"))
    tests: list[Callable[[Row], bool]] = []
    if query.getlist("work_status[]"):
        tests.append(lambda row: row["work_status"] in states)
    if crew:
        tests.append(lambda row: bool(crew & {*row["employee_ids"]}))
    if "customer_id" in query:
        tests.append(lambda row: row["customer_id"] == query["customer_id"])
    tests.extend(_bound(request, column, edge) for column in ("scheduled_start", "scheduled_end") for edge in EDGES)
    return [row for row in rows if all(test(row) for test in tests)]


EDGES: Mapping[str, Callable[[datetime, datetime], bool]] = {
    "min": lambda at, edge: at >= edge,
    "max": lambda at, edge: at <= edge,
}


def _bound(request: Request, column: str, edge: str) -> Callable[[Row], bool]:
    text = request.query_params.get(f"{column}_{edge}")
    if text is None:
        return lambda _: True
    moment = time_of(text, f"{column}_{edge}")
    return lambda row: bool(row[column]) and EDGES[edge](datetime.fromisoformat(row[column]), moment)


def time_of(text: object, name: str) -> datetime:
    """A time with its offset. Raises Refusal."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise lacking(f"{name} is not a time", [name]) from None
    if at.tzinfo is None:
        raise lacking(f"{name} has no offset", [name])
    return at


def number(request: Request, name: str, default: int) -> int:
    """A whole number from 1. Raises Refusal."""
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise lacking(f"{name} is invalid", [name])
    return int(text)


def expanded(request: Request) -> set[str]:
    return set(request.query_params.getlist("expand[]"))


async def members(request: Request) -> Row:
    """The JSON object of the body. Raises Refusal."""
    body = await json_body(request)
    if not isinstance(body, dict):
        raise lacking("The body is not a JSON object", [])
    return body


def text_of(body: Mapping[str, Any], name: str) -> str:
    """A text that must be there. Raises Refusal."""
    value = body.get(name)
    if value in (None, ""):
        raise lacking(f"{name} is missing", [name])
    if not isinstance(value, str):
        raise invalid(name)
    return value
