"""
Pipedrive's lists: version 2 by cursor, version 1 by offset.

Sources: pipedrive.readme.io core-api-concepts-pagination and the official OpenAPI v1 and v2. Version 2 is strict: a
parameter that it does not know, or of another form, is refused. What a cursor holds is this module's affair; that it
belongs to the question that it came from is assumed (`cursor_bound`).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.pipedrive_errors import refusal
from runner.authoring.simulate.pipedrive_kinds import STATUSES, Kind, shown
from runner.authoring.simulate.pipedrive_options import PipedriveOptions
from runner.authoring.simulate.table import Row

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
PLAIN = {"cursor", "limit", "sort_by", "sort_direction"}
ASKED = {"filter_id", "ids", "updated_since", "updated_until", "include_fields", "custom_fields"}
SORTS = ("id", "update_time", "add_time")
MOST_IDS, MOST_FIELDS, PAGE, MOST_PAGE = 100, 15, 100, 500
DELETED_FOR = timedelta(days=30)


class Lists:
    """`now` says how long ago something was deleted."""

    def __init__(self, options: PipedriveOptions, now: Callable[[], datetime]) -> None:
        self._options = options
        self._now = now

    def plain(self, rows: Iterable[Row], request: Request) -> Response:
        """A list of version 2 that has no filters: pipelines, stages."""
        _strict(request, PLAIN | {"pipeline_id"})
        return self._page(list(rows), request)

    def answer(self, kind: Kind, rows: Iterable[Row], request: Request, *, archived: bool | None = None) -> Response:
        """
        One page of a list of version 2.

        Args:
            archived: of deals, whether those that are; None: of kinds that know no archive.

        Raises:
            Refusal: a parameter is wrong.
        """
        _strict(request, PLAIN | ASKED | {*kind.filters} | ({"status"} if kind.name == "deal" else set()))
        wanted = self._wanted(kind, request)
        found = [row for row in rows if wanted(row) and row.get("is_archived", False) == bool(archived)]
        keys = _keys(request)
        return self._page(found, request, lambda row: {**row, **_custom(row, keys)} if keys else row)

    def _wanted(self, kind: Kind, request: Request) -> Callable[[Row], bool]:
        query = request.query_params
        since, until = _moment(request, "updated_since"), _moment(request, "updated_until")
        ids = _ids(query.get("ids"))
        equal = {name: _number(query[name], name) for name in kind.filters if name in query}
        statuses = _statuses(query.get("status"))

        def wanted(row: Row) -> bool:
            changed = row["update_time"].replace(microsecond=0)  # seconds are all that is shown
            if (since and changed < since) or (until and changed >= until) or (ids and row["id"] not in ids):
                return False
            if any(row[name] != value for name, value in equal.items()):
                return False
            if row["is_deleted"]:
                return "deleted" in statuses and changed >= self._now() - DELETED_FOR
            return not statuses or row["status"] in statuses

        return wanted

    def _page(self, rows: list[Row], request: Request, dress: Callable[[Row], Row] = lambda row: row) -> Response:
        query = request.query_params
        sort, direction = query.get("sort_by", "id"), query.get("sort_direction", "asc")
        if sort not in SORTS or direction not in ("asc", "desc"):
            raise refusal(400, f"Parameter 'sort_by' must be one of {', '.join(SORTS)}; 'sort_direction' asc or desc")
        limit = _number(query.get("limit", str(PAGE)), "limit")
        if not 1 <= limit <= MOST_PAGE:
            raise refusal(400, f"Parameter 'limit' must be between 1 and {MOST_PAGE}")
        rows.sort(key=lambda row: (row[sort], row["id"]), reverse=direction == "desc")
        begun = self._after(rows, request, sort, direction == "desc")
        page = begun[:limit]
        more = len(begun) > limit
        cursor = _cursor(page[-1], sort, _question(request)) if more else None
        body = {"success": True, "data": [shown(dress(row)) for row in page]}
        return reply({**body, "additional_data": {"next_cursor": cursor}})

    def _after(self, rows: list[Row], request: Request, sort: str, falling: bool) -> list[Row]:
        """What comes after the cursor: things that changed in the meantime have moved."""
        cursor = request.query_params.get("cursor")
        if cursor is None:
            return rows
        try:
            known = orjson.loads(base64.urlsafe_b64decode(cursor))
            place = (datetime.fromisoformat(known["at"]) if known["at"] else known["id"], known["id"])
        except (ValueError, KeyError, TypeError):
            raise refusal(400, "Parameter 'cursor' is invalid") from None
        if self._options.cursor_bound and known["of"] != _question(request):
            raise refusal(400, "Parameter 'cursor' belongs to another request")
        return [row for row in rows if ((row[sort], row["id"]) < place if falling else (row[sort], row["id"]) > place)]

    def old(self, rows: Sequence[Row], request: Request) -> Response:
        """
        One page of a list of version 1: `next_start` only when there is more, null where there is nothing.

        Raises:
            Refusal: a parameter is wrong.
        """
        start = _number(request.query_params.get("start", "0"), "start")
        limit = min(_number(request.query_params.get("limit", str(PAGE)), "limit"), MOST_PAGE)
        page, more = list(rows[start : start + limit]), start + limit < len(rows)
        pagination = {"start": start, "limit": limit, "more_items_in_collection": more}
        if more:
            pagination["next_start"] = start + limit
        data = page or (None if self._options.null_when_empty else [])
        return reply({"success": True, "data": data, "additional_data": {"pagination": pagination}})


def lead_filter(request: Request) -> Callable[[Row], bool]:
    """The filters of leads (version 1). Raises Refusal."""
    since, query = _moment(request, "updated_since"), request.query_params
    names = [name for name in ("owner_id", "person_id", "organization_id") if name in query]
    equal = {name: _number(query[name], name) for name in names}
    return lambda row: (not since or row["update_time"] >= since) and all(row[name] == equal[name] for name in equal)


def _strict(request: Request, known: set[str]) -> None:
    for name in request.query_params:
        if name not in known and name != "api_token":
            raise refusal(400, f"Parameter '{name}' is not allowed")


def _number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise refusal(400, f"Parameter '{name}' must be an integer")
    return int(text)


def _moment(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        if not RFC3339.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise refusal(400, f"Parameter '{name}' must be in RFC3339 format") from None


def _ids(text: str | None) -> set[int]:
    ids = {_number(one, "ids") for one in text.split(",")} if text else set()
    if len(ids) > MOST_IDS:
        raise refusal(400, f"Parameter 'ids' must not hold more than {MOST_IDS}")
    return ids


def _statuses(text: str | None) -> set[str]:
    statuses = set(text.split(",")) if text else set()
    if statuses - {*STATUSES}:
        raise refusal(400, "Parameter 'status' must be one of open, won, lost, deleted")
    return statuses


def _keys(request: Request) -> list[str]:
    text = request.query_params.get("custom_fields")
    keys = text.split(",") if text else []
    if len(keys) > MOST_FIELDS:
        raise refusal(400, f"Parameter 'custom_fields' must not hold more than {MOST_FIELDS}")
    return keys


def _custom(row: Row, keys: Sequence[str]) -> Row:
    return {"custom_fields": {key: value for key, value in row.get("custom_fields", {}).items() if key in keys}}


def _question(request: Request) -> str:
    return "&".join(sorted(f"{name}={value}" for name, value in request.query_params.items() if name != "cursor"))


def _cursor(row: Row, sort: str, question: str) -> str:
    at = "" if sort == "id" else row[sort].isoformat()
    return base64.urlsafe_b64encode(orjson.dumps({"at": at, "id": row["id"], "of": question})).decode()
