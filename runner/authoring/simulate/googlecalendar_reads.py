"""Calls of Google Calendar that read: lists, single events, when somebody is busy, what the account has set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from runner.authoring.simulate.answers import json_body, reply
from runner.authoring.simulate.googlecalendar_calendar import Calendar
from runner.authoring.simulate.googlecalendar_errors import invalid, not_found
from runner.authoring.simulate.googlecalendar_lists import Lists
from runner.authoring.simulate.googlecalendar_options import GoogleCalendarOptions
from runner.authoring.simulate.googlecalendar_recur import moment, rfc3339
from runner.authoring.simulate.table import Row, Table


class Account(Protocol):
    """What reading needs of the partner."""

    lists: Lists
    options: GoogleCalendarOptions
    calendars: dict[str, Calendar]

    def calendar(self, key: str) -> Calendar: ...

    def table(self, what: str) -> Table: ...


class Reads:
    """The calls; each calendar is named in the path."""

    def __init__(self, partner: Account) -> None:
        self._partner = partner

    async def events(self, request: Request) -> Response:
        return self._partner.lists.events(self._calendar(request), request)

    async def event(self, request: Request) -> Response:
        calendar = self._calendar(request)
        row = calendar.find(request.path_params["event"], self._partner.lists.horizon())
        if row is None:
            raise not_found()
        return reply(calendar.shown(row))

    async def instances(self, request: Request) -> Response:
        calendar = self._calendar(request)
        row = calendar.events.get(request.path_params["event"])
        if row is None or "recurrence" not in row:
            raise not_found()
        return self._partner.lists.instances(calendar, row, request)

    async def entries(self, request: Request) -> Response:
        return self._partner.lists.entries(self._partner.table("calendars"), request)

    async def entry(self, request: Request) -> Response:
        return reply(self._calendar(request).entry)

    async def settings(self, _: Request) -> Response:
        return reply(settings(self._partner.options.zone))

    async def free_busy(self, request: Request) -> Response:
        known = self._partner.calendars
        return reply(free_busy(await json_body(request), {"primary": self._partner.calendar("primary"), **known}))

    def _calendar(self, request: Request) -> Calendar:
        return self._partner.calendar(request.path_params["calendar"])


def free_busy(body: Any, calendars: Mapping[str, Calendar]) -> Row:
    """`freeBusy.query`; a calendar that is not there has errors of its own. Raises Refusal."""
    try:
        start, end = (datetime.fromisoformat(body[name]) for name in ("timeMin", "timeMax"))
        asked = [str(item["id"]) for item in body["items"]]
    except (KeyError, TypeError, ValueError):
        raise invalid("timeMin") from None
    found = {key: _busy(calendars.get(key), start, end) for key in asked}
    times = {name: body[name] for name in ("timeMin", "timeMax")}
    return {"kind": "calendar#freeBusy", **times, "calendars": found}


def _busy(calendar: Calendar | None, start: datetime, end: datetime) -> Row:
    if calendar is None:
        return {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
    times = sorted(
        (moment(row["start"], calendar.zone), moment(row["end"], calendar.zone))
        for row in calendar.flat(calendar.events, end)
        if row["status"] != "cancelled" and row.get("transparency") != "transparent"
    )
    return {"busy": [{"start": rfc3339(one), "end": rfc3339(other)} for one, other in times if other > start]}


def settings(zone: str) -> Row:
    own = {"format24HourTime": "true", "locale": "en_GB", "timezone": zone, "weekStart": "1"}
    items = [{"kind": "calendar#setting", "etag": '"1"', "id": key, "value": value} for key, value in own.items()]
    return {"kind": "calendar#settings", "etag": '"1"', "nextSyncToken": "settings-1", "items": items}
