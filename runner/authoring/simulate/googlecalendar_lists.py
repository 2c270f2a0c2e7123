"""
Google Calendar's lists: calendars, events, the occurrences of a series.

Source: the discovery document of calendar v3. Whether a page is cut before or after what the question leaves out is
not documented beyond "pages can be empty": here it is cut before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.googlecalendar_calendar import Calendar
from runner.authoring.simulate.googlecalendar_errors import invalid, refusal
from runner.authoring.simulate.googlecalendar_query import (
    NO_SYNC_AFTER,
    NOT_WITH_SYNC,
    Question,
    flag,
    number,
    question,
    since,
    sorted_by,
)
from runner.authoring.simulate.googlecalendar_walks import Point, Walk, Walks
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row, Table

EVENTS, MOST_EVENTS = 250, 2500
ENTRIES, MOST_ENTRIES = 100, 250
LISTED = "calendarList"
Flags = tuple[bool, bool, int]
RANKS = ("none", "freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner")


class Lists:
    """
    Args:
        reach: how far back `updatedMin` goes. horizon: how far ahead a series without an end is expanded.
        lifetime: seconds that a sync token lives.
    """

    def __init__(
        self, now: Callable[[], datetime], dice: Dice, *, reach: timedelta, horizon: timedelta, lifetime: float
    ) -> None:
        self._now = now
        self._reach = reach
        self._horizon = horizon
        self._walks: Walks[Question] = Walks(now, dice, lifetime, _alike)
        self._entries: Walks[Flags] = Walks(now, dice, lifetime, lambda one, other: one == other)

    def horizon(self) -> datetime:
        return self._now() + self._horizon

    # Events

    def events(self, calendar: Calendar, request: Request) -> Response:
        """`events.list`: a page and either `nextPageToken` or `nextSyncToken`."""
        query = request.query_params
        asked, most = question(query), number(query, "maxResults", EVENTS, MOST_EVENTS)
        calendar.clear_old()
        sync, page = query.get("syncToken", ""), query.get("pageToken")
        if page is not None:
            walk = self._walks.proceed(page, calendar.id, asked, sync)
        else:
            walk = self._begin(calendar, asked, sync)
        rows, token = self._walks.take(walk, most)
        items = [asked.dress(calendar.shown(row)) for row in rows if walk.question.wants(row, calendar)]
        return reply({**self._head(calendar, asked), **token, "items": items})

    def _begin(self, calendar: Calendar, asked: Question, sync: str) -> Walk[Question]:
        if asked.updated is not None and asked.updated < self._now() - self._reach:
            message = "The requested minimum modification time lies too far in the past."
            raise refusal(410, "updatedMinTooLongAgo", message, domain="calendar", location="updatedMin")
        place = 0
        if sync:
            point = self._walks.resume(sync, calendar.id, asked, calendar.generation)
            place, asked = point.place, replace(point.question, deleted=True)
        rows: Iterable[Row] = [row for _, row in calendar.events.feed(place)]
        if asked.single:
            rows = calendar.flat(rows, asked.before or self.horizon())
        found = sorted_by(since(rows, calendar, asked.updated), asked.order, calendar)
        made = Point(calendar.id, asked, calendar.events.last_place(), calendar.generation, self._now())
        ends = not any(name in NO_SYNC_AFTER for name, _ in asked.given)
        return Walk(calendar.id, asked, found, sync, made if ends else None)

    def _head(self, calendar: Calendar, asked: Question) -> Row:
        latest = max((calendar.changed_at(row) for row in calendar.events), default=self._now())
        return {
            "kind": "calendar#events",
            "etag": calendar.entry["etag"],
            "summary": calendar.entry["summary"],
            "description": calendar.entry.get("description", ""),
            "updated": latest.strftime("%Y-%m-%dT%H:%M:%S.") + f"{latest.microsecond // 1000:03d}Z",
            "timeZone": asked.zone or calendar.zone,
            "accessRole": calendar.entry["accessRole"],
            "defaultReminders": calendar.entry["defaultReminders"],
        }

    def instances(self, calendar: Calendar, series: Row, request: Request) -> Response:
        """`events.instances`: the occurrences of one series, exceptions in their place; no sync token."""
        query = request.query_params
        asked = replace(question(query), single=True)
        own = [row for row in calendar.events if row.get("recurringEventId") == series["id"]]
        rows = calendar.flat([series, *own], asked.before or self.horizon())
        wanted = [row for row in rows if asked.wants(row, calendar)]
        found = sorted_by(wanted, "startTime", calendar)
        most, page = number(query, "maxResults", EVENTS, MOST_EVENTS), query.get("pageToken")
        name = f"{calendar.id} {series['id']}"
        walk = Walk(name, asked, found, "", None) if page is None else self._walks.proceed(page, name, asked, "")
        part, token = self._walks.take(walk, most)
        return reply({**self._head(calendar, asked), **token, "items": [asked.dress(row) for row in part]})

    # Calendars

    def entries(self, table: Table, request: Request) -> Response:
        """`calendarList.list`; deleted ones come only when asked for, or with a sync token."""
        query = request.query_params
        most, sync, page = number(query, "maxResults", ENTRIES, MOST_ENTRIES), query.get("syncToken", ""), None
        flags = (flag(query, "showDeleted"), flag(query, "showHidden"), _rank(query.get("minAccessRole", "none")))
        if sync and query.get("showDeleted") == "false":
            raise refusal(400, "badRequest", "Sync tokens show deletions.", location="showDeleted")
        if "pageToken" in query:
            walk = self._entries.proceed(query["pageToken"], LISTED, flags, sync)
        else:
            place = self._entries.resume(sync, LISTED, flags, 0).place if sync else 0
            rows = [row for _, row in table.feed(place) if sync or _listed(row, flags)]
            point = Point(LISTED, flags, table.last_place(), 0, self._now())
            walk = Walk(LISTED, flags, rows, sync, point)
        page, token = self._entries.take(walk, most)
        return reply({"kind": "calendar#calendarList", "etag": '"list"', **token, "items": page})


def _listed(row: Row, flags: Flags) -> bool:
    deleted, hidden, least = flags
    allowed = RANKS.index(row["accessRole"]) >= least
    return allowed and (deleted or not row.get("deleted")) and (hidden or not row.get("hidden"))


def _rank(role: str) -> int:
    if role not in RANKS:
        raise invalid("minAccessRole")
    return RANKS.index(role)


def _alike(one: Question, other: Question) -> bool:
    """The parameters that must stay the same; those that may not be sent with a sync token are remembered by it."""
    free = {*NOT_WITH_SYNC, "showDeleted"}
    kept = [{pair for pair in asked.given if pair[0] not in free} for asked in (one, other)]
    return kept[0] == kept[1]
