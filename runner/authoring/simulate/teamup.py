"""
A simulated Teamup calendar (teamup.com, not goteamup.com).

Sources: apidocs.teamup.com, GitHub TeamupCom/webhook-utils-php, public descriptions and live tests of the API. Where
they are silent, this simulation decides and says so. Links that hide details, links to single sub-calendars and the
permission to change one's own events only are not simulated.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from runner.authoring.simulate.answers import Refusal
from runner.authoring.simulate.consents import Passes, bearer_of
from runner.authoring.simulate.limits import Gate
from runner.authoring.simulate.making import maker
from runner.authoring.simulate.outbox import Manners, WebhookTarget
from runner.authoring.simulate.partner import Change, Partner
from runner.authoring.simulate.table import Row
from runner.authoring.simulate.teamup_data import number, tables
from runner.authoring.simulate.teamup_diary import Diary
from runner.authoring.simulate.teamup_errors import by_status, error, refusal
from runner.authoring.simulate.teamup_hooks import Hooks, told
from runner.authoring.simulate.teamup_options import TeamUpOptions
from runner.authoring.simulate.teamup_reads import Reads
from runner.authoring.simulate.teamup_series import iso
from runner.authoring.simulate.teamup_settings import Settings
from runner.authoring.simulate.teamup_writes import Writes

NEEDS_JSON = ("POST", "PUT")


class TeamUp(Partner):
    """Tables: events, subcalendars, links; times are texts in the calendar's zone, deleted events stay."""

    name = "teamup"

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        seed: int,
        size: int,
        webhooks: WebhookTarget | None,
        stall: Callable[[], Awaitable[None]],
        options: TeamUpOptions,
    ) -> None:
        manners = Manners(options.retries, answer_within=options.answer_within)
        super().__init__(now=now, seed=seed, webhooks=webhooks, manners=manners, stall=stall)
        self.options = options
        self.tables = tables(now(), self.dice, size, options)
        self.tokens = Passes("user", now, self.dice)
        self.diary = Diary(self.tables["events"], options, now)
        self.hooks = Hooks(self.webhook_url, options, self.outbox, self.dice, now)
        self._gate = Gate(now, options.limits)

    def routes(self) -> Iterable[Route]:
        yield from Settings(self).routes()
        yield from Reads(self).routes()
        yield from Writes(self).routes()

    # Being let in

    async def admit(self, request: Request) -> None:
        """The application by its key, then the calendar by the link in the path."""
        given = request.headers.get("teamup-token") or request.query_params.get("_teamup_token")
        if given != self.options.app_key:
            raise refusal("invalid_api_key", "The API key is missing or invalid.")
        if not _takes_json(request.headers.get("accept", "*/*")):
            raise refusal("not_acceptable", "Only application/json is available.")
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if request.method in NEEDS_JSON and await request.body() and kind != "application/json":
            raise refusal("unsupported_media_type", "The body must be application/json.")
        if "key" in request.path_params:
            request.state.link = self._link(request)
            self._count()

    def _link(self, request: Request) -> Row:
        """Raises Refusal for what nobody shared, or without its password."""
        key = request.path_params["key"]
        if key == self.options.calendar:
            if self.tokens.about(bearer_of(request)) is None:
                raise refusal("auth_required", "A calendar's id needs a user's token.")
            return {"id": None, "name": self.options.title, "role": "admin"}
        link = next((row for row in self.table("links") if row["key"] == key and row["active"]), None)
        if link is None:
            raise refusal("calendar_not_found", "The calendar could not be found.")
        password = request.headers.get("teamup-password")
        if link["password"] and password != link["password"]:
            raise refusal("access_denied" if password else "auth_required", "The link is protected by a password.")
        return link

    def _count(self) -> None:
        if wait := self._gate.wait(self.options.calendar):
            self.violations += 1
            raise Refusal(self._limited(wait))

    def _limited(self, wait: float) -> Response:
        headers = {"Retry-After": str(int(wait) + 1)} if self.options.retry_after else None
        return error("too_many_requests", headers=headers)

    def allow(self, request: Request, roles: Iterable[str]) -> None:
        """Raises Refusal unless the link may do this."""
        if request.state.link["role"] not in roles:
            raise refusal("no_permission", "This link has no permission to do this.")

    def disconnect(self) -> None:
        """The shared link is deleted; nothing tells of it."""
        self.tables["links"].change(next(iter(self.table("links")))["id"], {"active": False}, None)

    # Saying no

    def refuse(self, status: int, message: str = "") -> Response:
        return by_status(status, message)

    def stray(self, request: Request) -> Response:
        known = any(route.matches(request.scope)[0] is Match.PARTIAL for route in self.app.routes)
        return error("method_not_allowed" if known else "not_found")

    # Changing

    def stamp(self) -> str:
        return iso(self.now(), self.options.zone)

    def new_row(self, what: str, row: Row) -> Row:
        if what == "links":
            raise ValueError("links cannot be added here, only events and subcalendars")
        fresh = {**row, "creation_dt": self.stamp(), "update_dt": None}
        if what == "subcalendars":
            return {**fresh, "id": self.table(what).next_number()}
        key = str(self.table(what).next_number(number))
        return {**fresh, "id": key, "version": self._version(), "update_dt": self.stamp()}

    def _version(self) -> str:
        return self.dice.mint("version")[:12]

    def change(self, what: str, id: str | int, **fields: Any) -> None:  # noqa: A002 - the partner's word
        """A comment alone moves no version, and no time either unless the options say so."""
        if what == "events" and fields.keys() == {"comments"}:
            before = self.table(what).row(id)["update_dt"]
            return super().change(
                what, id, **fields, update_dt=self.stamp() if self.options.comments_in_delta else before
            )
        own = {"version": self._version()} if what == "events" else {}
        return super().change(what, id, **{**own, **fields})

    def remove(self, what: str, id: str | int) -> None:  # noqa: A002 - the partner's word
        """A deleted event stays, and says when it was deleted."""
        if what != "events":
            return super().remove(what, id)
        return self.change(what, id, delete_dt=self.stamp())

    def part(self, row: Row) -> None:
        """One of a series gets a row of its own; nobody is told before it is changed."""
        if self.tables["events"].get(row["id"]) is None:
            self.tables["events"].add(dict(row))

    def notify(self, what: str, verb: Change, before: Row, after: Row) -> None:
        if what != "events":
            return
        self.hooks.tell([("event.created", after)] if verb == "add" else told(before, after))
        if after["delete_dt"] and not before.get("delete_dt"):
            self._bury_those_of(after)

    def _bury_those_of(self, series: Row) -> None:
        """With a series goes what was changed of it."""
        events = self.tables["events"]
        for row in [row for row in events if row["id"].startswith(f"{series['id']}-") and not row["delete_dt"]]:
            events.change(row["id"], {"delete_dt": series["delete_dt"]}, self.stamp())


def _takes_json(accept: str) -> bool:
    kinds = {part.partition(";")[0].strip() for part in accept.split(",")}
    return bool(kinds & {"*/*", "application/*", "application/json"})


teamup = maker(TeamUp, TeamUpOptions, size=240)
"""A Teamup calendar with `size` events. Options: see TeamUpOptions."""
