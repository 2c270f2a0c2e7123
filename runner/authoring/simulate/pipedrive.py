"""
A simulated Pipedrive: deals, persons, organizations, leads, activities, products, notes, users.

Sources: the official OpenAPI v1 and v2 and pipedrive.readme.io, as named in the modules beside this one. Mail,
projects, goals, files, filters, the deprecated lists of version 1 and its webhooks are not simulated. One app
stands for the authorization server and the company's own host.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import Refusal
from runner.authoring.simulate.consents import bearer_of
from runner.authoring.simulate.making import maker
from runner.authoring.simulate.outbox import Manners, WebhookAttempt, WebhookTarget
from runner.authoring.simulate.partner import Change, Partner
from runner.authoring.simulate.pipedrive_data import custom_fields, tables
from runner.authoring.simulate.pipedrive_errors import answer, refusal, unauthorized
from runner.authoring.simulate.pipedrive_files import Files
from runner.authoring.simulate.pipedrive_hooks import Hooks
from runner.authoring.simulate.pipedrive_kinds import KINDS, LEADS, NOTES, shown_user, told
from runner.authoring.simulate.pipedrive_lists import Lists
from runner.authoring.simulate.pipedrive_meter import Meter
from runner.authoring.simulate.pipedrive_notes import Notes, notes
from runner.authoring.simulate.pipedrive_oauth import Installs
from runner.authoring.simulate.pipedrive_objects import Objects
from runner.authoring.simulate.pipedrive_old import Old
from runner.authoring.simulate.pipedrive_options import PipedriveOptions
from runner.authoring.simulate.table import Row

NAMES = {**{kind.table: kind.name for kind in KINDS.values()}, "leads": "lead", "users": "user", "notes": "note"}
SCOPES = {
    "deals": "deals",
    "persons": "contacts",
    "organizations": "contacts",
    "leads": "leads",
    "activities": "activities",
    "products": "products",
    "notes": "deals",
    "files": "deals",
}
ALONE = {"webhooks": "admin", "itemSearch": "search:read"}


class Pipedrive(Partner):
    """Tables: deals, persons, organizations, leads, activities, products, notes, users, pipelines, stages, webhooks;
    times are moments, custom fields have the keys of `fields`."""

    name = "pipedrive"

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        seed: int,
        size: int,
        webhooks: WebhookTarget | None,
        stall: Callable[[], Awaitable[None]],
        options: PipedriveOptions,
    ) -> None:
        manners = Manners(options.retries, answer_within=options.answer_within)
        super().__init__(now=now, seed=seed, webhooks=webhooks, manners=manners, stall=stall, settle=self._settled)
        self.options = options
        self.fields = custom_fields(self.dice)
        self.tables = tables(now(), self.dice, size, self.fields)
        self.lists = Lists(options, now)
        self.grants = Installs(options, now, self.dice)
        self.hooks = Hooks(self, options)
        self.tables |= {"webhooks": self.hooks.table, "notes": notes()}
        self.files = Files(self)
        self.meter = Meter(options, now)
        self.is_paid = True
        self._api_token = options.api_token
        self._source = "app"

    def routes(self) -> Iterable[Route]:
        yield from self.grants.routes(lambda method, path, respond: self.route(method, path, respond, api=False))
        yield from self.hooks.routes()
        yield from Old(self, self.options).routes()
        yield from Notes(self).routes()
        yield from self.files.routes()
        yield from Objects(self).routes()

    # Being let in

    def route(
        self, method: str, path: str, answer: Callable[[Request], Awaitable[Response]], *, api: bool = True
    ) -> Route:
        """What a call changes is told as done by the API; every answer says how much is left."""

        async def metered(request: Request) -> Response:
            self._source = "api"
            try:
                response = await answer(request)
            except Refusal as refused:
                response = refused.response
            finally:
                self._source = "app"
            response.headers.update(self.meter.left(*_credential(request)))
            return response

        return super().route(method, path, metered if api else answer, api=api)

    async def admit(self, request: Request) -> None:
        token, by_api_token = _credential(request)
        scopes = self._scopes(request, token, by_api_token)
        if not self.is_paid:
            raise refusal(402)
        if missing := _needed(request) - {*scopes}:
            raise refusal(403, f"Scope and URL mismatch: {', '.join(sorted(missing))}")
        try:
            self.meter.admit(request, token, by_api_token)
        except Refusal:
            self.violations += 1
            raise

    def _scopes(self, request: Request, token: str, by_api_token: bool) -> tuple[str, ...]:
        """Those of the token, `x:full` standing for `x:read` too. Raises Refusal."""
        if by_api_token and token == self._api_token:
            scopes: tuple[str, ...] = PipedriveOptions().scopes
        else:
            grant = None if by_api_token else self.grants.admitted(token)
            if grant is None:
                raise unauthorized() if "/v1/" in request.url.path else refusal(401)
            scopes = grant.scopes
        return (*scopes, *(f"{scope.removesuffix(':full')}:read" for scope in scopes if scope.endswith(":full")))

    def disconnect(self) -> None:
        """The company's admin removes the app: its tokens and webhooks are gone, and the app is told."""
        self.grants.end_all()
        self._api_token = ""
        for hook in list(self.hooks.table):
            self.hooks.table.remove(hook["id"])
            self.outbox.withdraw(str(hook["id"]))
        self.grants.tell(self.outbox)

    # Saying no

    def refuse(self, status: int, message: str = "") -> Response:
        return answer(status, message)

    def stray(self, request: Request) -> Response:  # noqa: ARG002 - the same for every path
        return answer(404, "Unknown method .")

    # Changing

    def stamp(self) -> datetime:
        return self.now()

    def new_row(self, what: str, row: Row) -> Row:
        table = self.table(what)
        key: Any = _uuid(table.next_number(_number)) if what == "leads" else table.next_number()
        times = ("created", "modified") if what == "users" else ("add_time", "update_time")
        return {**row, "id": key, **dict.fromkeys(times, self.now())}

    def remove(self, what: str, id: str | int) -> None:  # noqa: A002 - the partner's word
        """Marked as deleted; leads go at once."""
        if what in KINDS:
            status = {"status": "deleted"} if what == "deals" else {}
            self.change(what, id, is_deleted=True, **status)
        else:
            super().remove(what, id)

    def merge(self, what: str, away: int, into: int) -> None:
        """Two things become one: the one goes, the other is changed, and both say so."""
        gone, kept = self.table(what).row(away), self.table(what).row(into)
        self.table(what).change(away, {"is_deleted": True}, self.now())
        self._tell("delete", what, None, self._told(what, gone), merged_to_id=str(into))
        self.table(what).change(into, {}, self.now())
        self._tell("change", what, self._told(what, kept), {}, merged_from_id=str(away))

    def notify(self, what: str, verb: Change, before: Row, after: Row) -> None:
        if what not in NAMES:
            return
        if verb == "add":
            self._tell("create", what, self._told(what, after), None)
        elif verb == "remove" or (after.get("is_deleted") and not before.get("is_deleted")):
            self._tell("delete", what, None, self._told(what, before))
        else:
            old, new = self._told(what, before), self._told(what, after)
            changed = {name: value for name, value in old.items() if value != new.get(name)}
            self._tell("change", what, new, changed)

    def _tell(self, action: str, what: str, data: Row | None, previous: Row | None, **meta: Any) -> None:
        self.hooks.tell(action, NAMES[what], data, previous, change_source=self._source, **meta)

    def _told(self, what: str, row: Row) -> Row:
        if what == "users":
            return shown_user(row)
        types = {field.key: field.type for field in self.fields}
        return told({"leads": LEADS, "notes": NOTES}.get(what) or KINDS[what], row, types)

    def _settled(self, attempt: WebhookAttempt) -> None:
        self.hooks.settled(attempt)


def _credential(request: Request) -> tuple[str, bool]:
    """The token of a call, and whether it is an API token."""
    token = request.headers.get("x-api-token") or request.query_params.get("api_token", "")
    return (token, True) if token else (bearer_of(request).removeprefix("v1u:"), False)


def _needed(request: Request) -> set[str]:
    """The scopes of which an app must have each."""
    what = request.url.path.removeprefix("/api").split("/")[2]
    if what in ALONE:
        return {ALONE[what]}
    if what in SCOPES:
        return {f"{SCOPES[what]}:{'read' if request.method == 'GET' else 'full'}"}
    return {"users:read"} if what == "users" and not request.url.path.endswith("/me") else {"base"}


def _number(key: Any) -> int:
    return int(str(key).replace("-", ""), 16)


def _uuid(number: int) -> str:
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


pipedrive = maker(Pipedrive, PipedriveOptions)
"""A Pipedrive with `size` deals. Options: see PipedriveOptions."""
