"""
A simulated CompanyCam (API v2), the host application.

Sources: the partner's OpenAPI file (GitHub CompanyCam/openapi-spec), docs.companycam.com (getting-started,
webhooks-1, rate-limits, defining-the-current-user) and public measurements of the live API: the 401 body, the
redirect of a mistyped path. Only access tokens are simulated, not the OAuth app.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from runner.authoring.simulate.answers import Refusal, reply
from runner.authoring.simulate.companycam_data import APP, photo, tables
from runner.authoring.simulate.companycam_hooks import Hooks
from runner.authoring.simulate.companycam_options import CompanyCamOptions
from runner.authoring.simulate.companycam_photos import Photos
from runner.authoring.simulate.companycam_projects import Projects
from runner.authoring.simulate.companycam_requests import bare, found
from runner.authoring.simulate.companycam_talk import Talk
from runner.authoring.simulate.limits import Gate
from runner.authoring.simulate.making import maker
from runner.authoring.simulate.outbox import Manners, WebhookAttempt, WebhookTarget
from runner.authoring.simulate.partner import Change, Partner
from runner.authoring.simulate.table import Row

MESSAGES = {401: "Unauthorized", 403: "Forbidden", 404: "Record not found", 429: "Too Many Requests"}


class CompanyCam(Partner):
    """Tables: users, projects, photos, webhooks; ids are strings, times unix seconds."""

    name = "companycam"

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        seed: int,
        size: int,
        webhooks: WebhookTarget | None,
        stall: Callable[[], Awaitable[None]],
        options: CompanyCamOptions,
    ) -> None:
        delays = tuple(options.backoff * 2**attempt for attempt in range(options.attempts - 1))
        manners = Manners(delays, accepts=lambda status: status == 200, answer_within=options.answer_within)
        super().__init__(now=now, seed=seed, webhooks=webhooks, manners=manners, stall=stall, settle=self._settled)
        self.options = options
        self.tables = tables(now(), self.dice, size, options.company_id)
        self.hooks = Hooks(self, options)
        self._projects = Projects(self, self.hooks.announce, self._author)
        self._photos = Photos(self, self.hooks.announce, self._author, options.processing)
        self.talk = Talk(self, self.hooks.announce, self._author)
        self._gates = {method: Gate(now, (window,)) for method, window in options.limits.items()}
        self._connected = True
        if self.webhook_url:
            self.hooks.subscribe(self.webhook_url, ["*"], options.webhook_token)

    def routes(self) -> Iterable[Route]:
        yield self.route("GET", "/v2/company", self._company)
        yield self.route("GET", "/v2/users/current", self._current)
        yield self.route("GET", "/v2/users", self._users)
        yield self.route("GET", "/v2/users/{id}", self._user)
        yield self.route("GET", "/users/sign_in", self._sign_in, api=False)
        yield from self._projects.routes()
        yield from self._photos.routes()
        yield from self.talk.routes()
        yield from self.hooks.routes()

    # Being let in

    async def admit(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token != self.options.access_token or not self._connected:
            raise Refusal(self.refuse(401))
        gate = self._gates.get("PUT" if request.method == "PATCH" else request.method)
        if gate is not None and gate.wait():
            self.violations += 1
            raise Refusal(self.refuse(429))

    def disconnect(self) -> None:
        """The access token is deleted; no webhook tells of it."""
        self._connected = False

    def _author(self, request: Request) -> Row:
        """The user credited for a write: by e-mail in a header, else the token's; a wrong one fails silently."""
        wanted = request.headers.get("x-companycam-user") or request.headers.get("x_companycam_user")
        users = list(self.table("users"))
        return next((user for user in users if user["email_address"] == wanted), users[0])

    # Company and users

    async def _company(self, _: Request) -> Response:
        return reply({"id": self.options.company_id, "name": self.options.company_name, "status": "active"})

    async def _current(self, _: Request) -> Response:
        return reply(next(iter(self.table("users"))))

    async def _users(self, request: Request) -> Response:
        return bare(sorted(self.table("users"), key=lambda user: (user["first_name"], user["last_name"])), request)

    async def _user(self, request: Request) -> Response:
        return reply(found(self.table("users"), request.path_params["id"]))

    # Saying no

    def refuse(self, status: int, message: str = "") -> Response:
        return reply({"errors": [message or MESSAGES.get(status, "Something went wrong")]}, status)

    def stray(self, request: Request) -> Response:  # noqa: ARG002 - the same for every path
        """A mistyped path does not 404: it leads to a sign-in page that answers 200 in HTML."""
        return RedirectResponse("/users/sign_in", 302)

    async def _sign_in(self, _: Request) -> Response:
        return HTMLResponse("<!doctype html><title>Sign in</title><h1>Sign in to CompanyCam</h1>")

    # Changing

    def stamp(self) -> int:
        return int(self.now().timestamp())

    def new_row(self, what: str, row: Row) -> Row:
        key = str(self.table(what).next_number())
        times = {"created_at": self.stamp(), "updated_at": self.stamp()}
        if what == "projects":
            slug = self.dice.mint("slug")[:22]
            urls = {
                "project_url": f"{APP}/projects/{key}",
                "embedded_project_url": f"{APP}/embed/projects/{slug}",
            }
            return {**row, "id": key, "slug": slug, **urls, **times}
        if what == "photos":
            new = photo(key, self.options.company_id, row["project_id"], self.stamp())
            return {**row, **new, "creator_id": row["creator_id"], "creator_name": row["creator_name"], **times}
        return {**row, "id": key, **times}

    def notify(self, what: str, verb: Change, before: Row, after: Row) -> None:
        if what == "projects":
            for event in _project_events(verb, before, after):
                self.hooks.announce(event, "project", after)
        elif what == "photos":
            self._notify_photo(verb, before, after)

    def _notify_photo(self, verb: Change, before: Row, after: Row) -> None:
        """`photo.created` comes after processing; there is no `photo.deleted`."""
        if verb == "add":
            processed = {**after, "processing_status": "processed"}
            self.hooks.announce("photo.created", "photo", processed, self.options.processing)
        elif verb == "change" and after["status"] == "active":
            described = before["description"] != after["description"]
            event = "photo.description_updated" if described else "photo.updated"
            self.hooks.announce(event, "photo", self._photos.shown(after))

    def _settled(self, attempt: WebhookAttempt) -> None:
        self.hooks.settled(attempt)


def _project_events(verb: Change, before: Row, after: Row) -> Iterable[str]:
    if verb == "add":
        yield "project.created"
    elif verb == "remove" or before["status"] != after["status"] == "deleted":
        yield "project.deleted"
    elif after["archived"] and not before["archived"]:
        yield "project.archived"
    else:
        yield "project.updated"
        if before["primary_contact"] != after["primary_contact"] and after["primary_contact"]:
            yield "project.contact_updated" if before["primary_contact"] else "project.contact_created"


companycam = maker(CompanyCam, CompanyCamOptions)
"""A CompanyCam with `size` projects. Options: see CompanyCamOptions."""
