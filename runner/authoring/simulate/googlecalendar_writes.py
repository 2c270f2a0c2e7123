"""
Calls of Google Calendar that make, change, move and delete events.

Source: the discovery document of calendar v3. A change of one occurrence makes it an event of its own.
"""

from __future__ import annotations

from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.googlecalendar_bodies import WRITABLE, demand_match, event_of, judged, merged, own_id
from runner.authoring.simulate.googlecalendar_calendar import Calendar
from runner.authoring.simulate.googlecalendar_data import Etags
from runner.authoring.simulate.googlecalendar_errors import missing, not_found, refusal
from runner.authoring.simulate.googlecalendar_lists import Lists
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row

SHARED = ("summary", "start", "end", "location", "recurrence")


class Diaries(Protocol):
    """What writing needs of the partner."""

    dice: Dice
    etag: Etags
    lists: Lists

    def stamp(self) -> Any: ...

    def calendar(self, key: str) -> Calendar: ...

    def tell(self, calendar: Calendar) -> None: ...


class Writes:
    """The calls, each for one event of one calendar."""

    def __init__(self, partner: Diaries) -> None:
        self._partner = partner

    async def insert(self, request: Request) -> Response:
        calendar, body = self._calendar(request), await event_of(request)
        calendar.demand_writer()
        key = own_id(body) or self._partner.dice.mint("event")[:26]
        if calendar.events.get(key) is not None:
            raise refusal(409, "duplicate", "The requested identifier already exists.")
        return self._made(calendar, {**body, "id": key}, {"iCalUID": f"{key}@google.com"})

    async def imported(self, request: Request) -> Response:
        """`events.import`: a private copy of an event that has its iCalUID elsewhere."""
        calendar, body = self._calendar(request), await event_of(request)
        calendar.demand_writer()
        uid = (await request.json()).get("iCalUID")
        if not uid:
            raise missing("iCalUID")
        known = next((row for row in calendar.events if row.get("iCalUID") == uid), None)
        key = known["id"] if known else self._partner.dice.mint("event")[:26]
        return self._made(calendar, {**body, "id": key}, {"iCalUID": uid})

    async def quick_add(self, request: Request) -> Response:
        """`events.quickAdd`: the text becomes the title of an hour from now; Google reads times out of it."""
        calendar, text = self._calendar(request), request.query_params.get("text")
        calendar.demand_writer()
        if not text:
            raise missing("text")
        key, now = self._partner.dice.mint("event")[:26], self._partner.stamp()
        edge = {"dateTime": f"{now[:19]}Z", "timeZone": calendar.zone}
        body = {"id": key, "summary": text, "start": edge, "end": dict(edge)}
        return self._made(calendar, body, {"iCalUID": f"{key}@google.com"})

    async def update(self, request: Request) -> Response:
        """PUT: what is not sent is cleared. A guest may not change what belongs to the organizer."""
        calendar, row, body = await self._both(request)
        guest = "organizer" in row and not row["organizer"].get("self")
        if guest and any(body.get(name) != row.get(name) for name in SHARED):
            message = "Shared properties can only be changed by the organizer of the event."
            raise refusal(403, "forbiddenForNonOrganizer", message, domain="calendar")
        kept = {name: value for name, value in row.items() if name not in WRITABLE}
        return self._changed(calendar, {**kept, "status": "confirmed", "eventType": "default", **body})

    async def patch(self, request: Request) -> Response:
        calendar, row, body = await self._both(request)
        return self._changed(calendar, merged(row, body))

    async def delete(self, request: Request) -> Response:
        calendar, row = self._calendar(request), self._row(request)
        calendar.demand_writer()
        demand_match(request, row)
        if row["status"] == "cancelled":
            raise refusal(410, "deleted", "Resource has been deleted")
        calendar.bury(row)
        self._partner.tell(calendar)
        return Response(status_code=204)

    async def move(self, request: Request) -> Response:
        """The event leaves one calendar, cancelled there, and is in the other under its old id."""
        calendar, row = self._calendar(request), self._row(request)
        target = self._partner.calendar(request.query_params.get("destination", ""))
        for one in (calendar, target):
            one.demand_writer()
        if row["status"] == "cancelled":
            raise not_found()
        who = {"email": target.id, "self": True}
        moved = target.events.add({**row, "organizer": who, **self._times()})
        calendar.bury(row)
        for one in (calendar, target):
            self._partner.tell(one)
        return reply(moved)

    # What they share

    def _calendar(self, request: Request) -> Calendar:
        return self._partner.calendar(request.path_params["calendar"])

    def _row(self, request: Request) -> Row:
        row = self._calendar(request).find(request.path_params["event"], self._partner.lists.horizon())
        if row is None:
            raise not_found()
        return row

    async def _both(self, request: Request) -> tuple[Calendar, Row, Row]:
        calendar, row, body = self._calendar(request), self._row(request), await event_of(request)
        calendar.demand_writer()
        demand_match(request, row)
        return calendar, row, {name: value for name, value in body.items() if name != "id"}

    def _times(self) -> Row:
        return {"updated": self._partner.stamp(), "etag": self._partner.etag()}

    def _made(self, calendar: Calendar, body: Row, more: Row) -> Response:
        who = {"email": calendar.id, "self": True}
        head: Row = {"kind": "calendar#event", "id": body["id"], "status": "confirmed", "eventType": "default"}
        head |= {"htmlLink": f"https://www.google.com/calendar/event?eid={body['id']}", "creator": who}
        head |= {"organizer": who, "created": self._partner.stamp(), "sequence": 0, "reminders": {"useDefault": True}}
        given = {name: value for name, value in body.items() if value is not None}
        return self._kept(calendar, {**head, **more, **given})

    def _changed(self, calendar: Calendar, row: Row) -> Response:
        if row["status"] == "cancelled":
            calendar.bury(row)
            self._partner.tell(calendar)
            return reply(calendar.events.row(row["id"]))
        return self._kept(calendar, {**row, "sequence": row.get("sequence", 0) + 1})

    def _kept(self, calendar: Calendar, row: Row) -> Response:
        made = calendar.events.add({**judged(row, calendar.zone), **self._times()})
        self._partner.tell(calendar)
        return reply(made)
