"""
Teamup's endpoints that read events.

Sources: apidocs.teamup.com (get-events, get-changed-events) as described in public, GitHub Gr33ndev/
n8n-nodes-teamupcalendar. Nothing is paged but searches.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.partner import Answer
from runner.authoring.simulate.table import Row
from runner.authoring.simulate.teamup_diary import Diary
from runner.authoring.simulate.teamup_errors import refusal
from runner.authoring.simulate.teamup_options import TeamUpOptions
from runner.authoring.simulate.teamup_shapes import alone, listed

MOST_FOUND = 100


class Calling(Protocol):
    """What reads need of the partner."""

    diary: Diary
    options: TeamUpOptions

    def now(self) -> datetime: ...

    def route(self, method: str, path: str, answer: Answer, *, api: bool = True) -> Route: ...


class Reads:
    """The listings and the single event."""

    def __init__(self, partner: Calling) -> None:
        self._partner = partner
        self._diary = partner.diary
        self._options = partner.options

    def routes(self) -> Iterable[Route]:
        yield self._partner.route("GET", "/{key}/events", self._list)
        yield self._partner.route("GET", "/{key}/events/{id}", self._one)
        yield self._partner.route("GET", "/{key}/events/{id}/aux", self._aux)

    async def _list(self, request: Request) -> Response:
        query = request.query_params
        zone = self._zone(request)
        if "modifiedSince" in query:
            rows = self._changed(request)
        elif "query" in query:
            rows = self._search(request, zone)
        else:
            rows = self._window(request, zone)
        wanted = {int(text) for text in query.getlist("subcalendarId[]") if text.isdigit()}
        chosen = [row for row in rows if not wanted or wanted & {*row["subcalendar_ids"]}]
        shown = [listed(row, self._options.zone, zone) for row in chosen]
        return reply({"events": shown, "timestamp": int(self._partner.now().timestamp())})

    def _window(self, request: Request, zone: str) -> list[Row]:
        query = request.query_params
        today = self._partner.now().astimezone(ZoneInfo(zone)).date()
        first = _day(query.get("startDate", str(today)), "startDate")
        last = _day(query.get("endDate", str(first)), "endDate")
        if last < first:
            raise refusal("invalid_request", "endDate is before startDate.")
        return self._diary.window(first, last, zone)

    def _changed(self, request: Request) -> list[Row]:
        query = request.query_params
        if "startDate" in query or "endDate" in query:
            raise refusal("invalid_request", "modifiedSince cannot be combined with a date window.")
        if not query["modifiedSince"].isdigit():
            raise refusal("invalid_request", "modifiedSince is not a unix time.")
        since = datetime.fromtimestamp(int(query["modifiedSince"]), UTC)
        if self._partner.now() - since > timedelta(seconds=self._options.reach):
            raise refusal("invalid_request", "modifiedSince is more than 30 days ago.")
        return self._diary.changed(since, monitor=query.get("mode") == "monitor")

    def _search(self, request: Request, zone: str) -> list[Row]:
        query = request.query_params
        dated = "startDate" in query or "endDate" in query
        rows = self._window(request, zone) if dated else self._diary.everything()
        found = self._diary.holding(query["query"], rows)
        limit, offset = (_number(request, name, default) for name, default in (("limit", MOST_FOUND), ("offset", 0)))
        return found[offset : offset + min(limit, MOST_FOUND)]

    async def _one(self, request: Request) -> Response:
        row = self._diary.find(request.path_params["id"])
        formats = request.query_params.getlist("format[]")
        return reply({"event": alone(row, self._options.zone, self._zone(request), formats)})

    async def _aux(self, request: Request) -> Response:
        """Deprecated: all of it is in the single event now."""
        row = self._diary.find(request.path_params["id"])
        said = row["comments"] if row["comments_enabled"] else []
        return reply({"comments": said, "signups": row["signups"], "history": []})

    def _zone(self, request: Request) -> str:
        zone = request.query_params.get("tz", self._options.zone)
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise refusal("invalid_request", f"tz {zone!r} is not a time zone.") from None
        return zone


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise refusal("invalid_request", f"{name} is not a date of the form YYYY-MM-DD.") from None


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise refusal("invalid_request", f"{name} is not a number.")
    return int(text)
