"""
Teamup's endpoints beside events: configuration, sub-calendars, shared links, access, tokens of users.

Sources: apidocs.teamup.com as described in public, GitHub Djones4822/pyTeamUp. The address of user tokens, inner fields
of the configuration and of links, and the bodies of writes of sub-calendars are this simulation's choice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.consents import Passes
from runner.authoring.simulate.partner import Answer
from runner.authoring.simulate.table import Row, Table
from runner.authoring.simulate.teamup_bodies import members
from runner.authoring.simulate.teamup_errors import refusal
from runner.authoring.simulate.teamup_options import TeamUpOptions

ADMINS = ("admin",)
DEFAULT_LINKS, MOST_LINKS = 50, 200
WRITABLE = {"name": str, "active": bool, "color": int, "overlap": bool}


class Calling(Protocol):
    """What these need of the partner."""

    options: TeamUpOptions
    tokens: Passes

    def table(self, what: str) -> Table: ...

    def add(self, what: str, **fields: Any) -> Any: ...

    def change(self, what: str, id: str | int, **fields: Any) -> None: ...  # noqa: A002 - the partner's word

    def remove(self, what: str, id: str | int) -> None: ...  # noqa: A002 - the partner's word

    def route(self, method: str, path: str, answer: Answer, *, api: bool = True) -> Route: ...

    def allow(self, request: Request, roles: Iterable[str]) -> None: ...


class Settings:
    """The calendar itself."""

    def __init__(self, partner: Calling) -> None:
        self._partner = partner
        self._options = partner.options

    def routes(self) -> Iterable[Route]:
        route, one = self._partner.route, "/{key}/subcalendars/{id}"
        yield route("GET", "/check-access", self._access)
        yield route("POST", "/auth/tokens", self._token)
        yield route("GET", "/{key}/configuration", self._configuration)
        yield route("GET", "/{key}/keys", self._links)
        yield route("GET", "/{key}/subcalendars", self._crews)
        yield route("POST", "/{key}/subcalendars", self._create)
        yield route("GET", one, self._crew)
        yield route("PUT", one, self._update)
        yield route("DELETE", one, self._delete)

    async def _access(self, _: Request) -> Response:
        """Looks at the application's key alone."""
        return reply({"access": "ok"})

    async def _token(self, request: Request) -> Response:
        body = await members(request)
        if (body.get("email"), body.get("password")) != (self._options.email, self._options.email_password):
            raise refusal("access_denied", "E-mail or password is wrong.")
        return reply({"auth_token": self._partner.tokens.mint(self._options.email)}, 201)

    async def _configuration(self, request: Request) -> Response:
        link = request.state.link
        fields = [
            {"id": "title", "active": True, "type": "builtin"},
            {"id": "status", "active": True, "type": "choices"},
        ]
        said = {
            "identifier": request.path_params["key"],
            "link": {"id": link["id"], "name": link["name"]},
            "fields": {"definitions": fields},
            "general": {"title": self._options.title, "timezone": self._options.zone},
        }
        return reply({"configuration": said})

    async def _links(self, request: Request) -> Response:
        self._partner.allow(request, ADMINS)
        limit, offset = (_number(request, name, default) for name, default in (("limit", DEFAULT_LINKS), ("offset", 0)))
        if not 1 <= limit <= MOST_LINKS:
            raise refusal("invalid_request", f"limit must be from 1 to {MOST_LINKS}.")
        rows = [
            {
                **{name: value for name, value in row.items() if name != "password"},
                "has_password": bool(row["password"]),
            }
            for row in self._partner.table("links")
        ]
        return reply({"keys": rows[offset : offset + limit]})

    # Sub-calendars

    async def _crews(self, _: Request) -> Response:
        return reply({"subcalendars": list(self._partner.table("subcalendars"))})

    async def _crew(self, request: Request) -> Response:
        return reply({"subcalendar": self._found(request)})

    async def _create(self, request: Request) -> Response:
        self._partner.allow(request, ADMINS)
        fields = _writable(await members(request))
        if not fields.get("name"):
            raise refusal("invalid_request", "name is missing.")
        key = self._partner.add("subcalendars", **fields)
        return reply({"subcalendar": self._partner.table("subcalendars").row(key)}, 201)

    async def _update(self, request: Request) -> Response:
        self._partner.allow(request, ADMINS)
        row = self._found(request)
        self._partner.change("subcalendars", row["id"], **_writable(await members(request)))
        return reply({"subcalendar": row})

    async def _delete(self, request: Request) -> Response:
        self._partner.allow(request, ADMINS)
        self._partner.remove("subcalendars", self._found(request)["id"])
        return reply({})

    def _found(self, request: Request) -> Row:
        row = self._partner.table("subcalendars").get(request.path_params["id"])
        if row is None:
            raise refusal("subcalendar_not_found", "There is no such sub-calendar.")
        return row


def _writable(body: Row) -> Row:
    wrong = [name for name, kind in WRITABLE.items() if name in body and not isinstance(body[name], kind)]
    if wrong:
        raise refusal("invalid_request", f"{wrong[0]} is invalid.")
    return {name: body[name] for name in WRITABLE if name in body}


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise refusal("invalid_request", f"{name} is not a number.")
    return int(text)
