"""
A simulated Google Calendar (API v3) of one account.

Sources: the discovery document of calendar v3, the guides at developers.google.com/workspace/calendar/api (push, sync,
errors, quota, version-resources, extended-properties) and developers.google.com/identity/protocols/oauth2/web-server.
Where they are silent, this simulation decides and says so. One app stands for all hosts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import Refusal
from runner.authoring.simulate.consents import bearer_of
from runner.authoring.simulate.googlecalendar_calendar import Calendar
from runner.authoring.simulate.googlecalendar_channels import REPEATED, SUCCESS, Channels
from runner.authoring.simulate.googlecalendar_data import Etags, calendars, stamp
from runner.authoring.simulate.googlecalendar_errors import error, insufficient, limited, not_found, unauthorized
from runner.authoring.simulate.googlecalendar_lists import LISTED, Lists
from runner.authoring.simulate.googlecalendar_oauth import GoogleGrants
from runner.authoring.simulate.googlecalendar_options import (
    AUTH,
    BUSY,
    LIST,
    READ,
    SETTINGS,
    WRITE,
    GoogleCalendarOptions,
)
from runner.authoring.simulate.googlecalendar_reads import Reads
from runner.authoring.simulate.googlecalendar_writes import Writes
from runner.authoring.simulate.limits import Gate
from runner.authoring.simulate.making import maker
from runner.authoring.simulate.outbox import Manners, WebhookTarget
from runner.authoring.simulate.partner import Answer, Change, Partner
from runner.authoring.simulate.table import Row, Table

BASE = "/calendar/v3"
EVENTS = BASE + "/calendars/{calendar}/events"
EVENT = EVENTS + "/{event}"
URI = "https://www.googleapis.com/calendar/v3"
PATCH_COST = 3
MESSAGES = {429: "Rate Limit Exceeded", 500: "Backend Error", 503: "Backend Error"}


class GoogleCalendar(Partner):
    """Tables: `calendars`, `events` of the account's own calendar, and `events of <id>` of each other one."""

    name = "googlecalendar"

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        seed: int,
        size: int,
        webhooks: WebhookTarget | None,
        stall: Callable[[], Awaitable[None]],
        options: GoogleCalendarOptions,
    ) -> None:
        manners = Manners(
            options.retries, SUCCESS.__contains__, REPEATED.__contains__, answer_within=options.answer_within
        )
        super().__init__(now=now, seed=seed, webhooks=webhooks, manners=manners, stall=stall)
        self.options = options
        self.etag = Etags(now)
        made = calendars(now, self.dice, size, options, self.etag)
        self.calendars = {calendar.id: calendar for calendar in made}
        entries = Table("calendars", [calendar.entry for calendar in made], modified=None)
        self.tables = {"calendars": entries, **{calendar.events.name: calendar.events for calendar in made}}
        self.grants = GoogleGrants(options, now, self.dice)
        self.channels = Channels(self, options)
        self.lists = Lists(
            now,
            self.dice,
            reach=timedelta(seconds=options.reach),
            horizon=timedelta(days=options.horizon),
            lifetime=options.sync_lifetime,
        )
        self._reads, self._writes = Reads(self), Writes(self)
        self._project, self._users = Gate(now, options.project_limits), Gate(now, options.user_limits)

    def routes(self) -> Iterable[Route]:
        yield self.route("GET", "/o/oauth2/v2/auth", self.grants.consents.ask, api=False)
        yield self.route("POST", "/o/oauth2/v2/auth", self.grants.consents.decide, api=False)
        yield self.route("POST", "/token", self.grants.token, api=False)
        yield self.route("POST", "/revoke", self.grants.revoke, api=False)
        listed = f"{BASE}/users/me/calendarList"
        yield self.route("GET", listed, self._for(LIST, self._reads.entries))
        yield self.route("POST", f"{listed}/watch", self._for(LIST, self._watch_list))
        yield self.route("GET", f"{listed}/{{calendar}}", self._for(LIST, self._reads.entry))
        yield self.route("GET", f"{BASE}/users/me/settings", self._for(SETTINGS, self._reads.settings))
        yield self.route("POST", f"{BASE}/freeBusy", self._for(BUSY, self._reads.free_busy))
        yield self.route("POST", f"{BASE}/channels/stop", self._for(READ, self.channels.stop))
        yield self.route("GET", EVENTS, self._for(READ, self._reads.events))
        yield self.route("POST", EVENTS, self._for(WRITE, self._writes.insert))
        yield self.route("POST", f"{EVENTS}/watch", self._for(READ, self._watch))
        yield self.route("POST", f"{EVENTS}/import", self._for(WRITE, self._writes.imported))
        yield self.route("POST", f"{EVENTS}/quickAdd", self._for(WRITE, self._writes.quick_add))
        yield self.route("GET", EVENT, self._for(READ, self._reads.event))
        yield self.route("PUT", EVENT, self._for(WRITE, self._writes.update))
        yield self.route("PATCH", EVENT, self._for(WRITE, self._writes.patch))
        yield self.route("DELETE", EVENT, self._for(WRITE, self._writes.delete))
        yield self.route("GET", f"{EVENT}/instances", self._for(READ, self._reads.instances))
        yield self.route("POST", f"{EVENT}/move", self._for(WRITE, self._writes.move))

    # Being let in

    async def admit(self, request: Request) -> None:
        if self.grants.admitted(bearer_of(request)) is None:
            raise unauthorized()
        cost = PATCH_COST if request.method == "PATCH" else 1
        for gate, reason in ((self._project, "rateLimitExceeded"), (self._users, "userRateLimitExceeded")):
            if gate.wait(cost=cost):
                self.violations += 1
                raise Refusal(limited(self.options.limited_status, reason))

    def _for(self, scopes: tuple[str, ...], answer: Answer) -> Answer:
        """The call, for those whose consent covers one of the scopes."""
        wanted = {AUTH + scope for scope in scopes}

        async def guarded(request: Request) -> Response:
            grant = self.grants.admitted(bearer_of(request))
            if grant is None or not wanted & set(grant.scopes):
                raise insufficient()
            return await answer(request)

        return guarded

    def disconnect(self) -> None:
        """The account takes its consent back; nothing tells of it but the next call."""
        self.grants.end_all()

    # Calendars

    def calendar(self, key: str) -> Calendar:
        """By id, or `primary`. Raises Refusal."""
        calendar = self.calendars.get(self.options.account if key == "primary" else key)
        if calendar is None or calendar.entry.get("deleted"):
            raise not_found()
        return calendar

    # Channels

    async def _watch(self, request: Request) -> Response:
        calendar = self.calendar(request.path_params["calendar"])
        uri = f"{URI}/calendars/{quote(calendar.id, safe='')}/events?alt=json"
        return await self.channels.watch(request, self._resource(calendar.id), uri)

    async def _watch_list(self, request: Request) -> Response:
        uri = f"{URI}/users/me/calendarList?alt=json"
        return await self.channels.watch(request, self._resource(LISTED), uri)

    def _resource(self, of: str) -> str:
        """Opaque, and the same for every channel of one list."""
        return f"{self.dice.below(2**31, 'resource', of):x}{len(of):x}"

    def tell(self, calendar: Calendar) -> None:
        self.channels.tell(self._resource(calendar.id))

    # Saying no

    def refuse(self, status: int, message: str = "") -> Response:
        if status == 429:
            return limited(429, "rateLimitExceeded")
        reason = {401: "authError", 403: "forbidden", 404: "notFound"}.get(status, "backendError")
        return error(status, reason, message or MESSAGES.get(status, "Error"))

    def stray(self, request: Request) -> Response:
        return error(404, "notFound", f"Not Found: {request.url.path}")

    # Changing

    def stamp(self) -> str:
        return stamp(self.now())

    def new_row(self, what: str, row: Row) -> Row:
        if what == "calendars":
            raise ValueError("calendars cannot be added here, only events")
        key = self.dice.mint("event")[:26]
        times = {"created": self.stamp(), "updated": self.stamp(), "etag": self.etag()}
        return {**row, "id": key, "iCalUID": f"{key}@google.com", **times}

    def change(self, what: str, id: str | int, **fields: Any) -> None:  # noqa: A002 - the partner's word
        super().change(what, id, **{"etag": self.etag(), **fields})

    def remove(self, what: str, id: str | int) -> None:  # noqa: A002 - the partner's word
        """What is deleted stays as cancelled for a while."""
        table = self.table(what)
        if what == "calendars":
            entry = table.row(id)
            entry["deleted"] = True
            table.add(entry)
            return self.channels.tell(self._resource(LISTED))
        calendar = self._calendar_of(what)
        calendar.bury(table.row(id))
        return self.tell(calendar)

    def _calendar_of(self, what: str) -> Calendar:
        return next(calendar for calendar in self.calendars.values() if calendar.events.name == what)

    def notify(self, what: str, verb: Change, before: Row, after: Row) -> None:  # noqa: ARG002 - all look the same
        if what != "calendars":
            return self.tell(self._calendar_of(what))
        if before.get("accessRole") != after["accessRole"]:
            self.calendars[after["id"]].generation += 1
        return self.channels.tell(self._resource(LISTED))


googlecalendar = maker(GoogleCalendar, GoogleCalendarOptions, size=200)
"""A Google account whose own calendar has `size` events. Options: see GoogleCalendarOptions."""
