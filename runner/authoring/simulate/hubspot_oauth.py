"""
HubSpot's OAuth 2.0: token endpoints of several versions, introspection, revocation.

Sources: the official OpenAPI files (Auth/Oauth v1, v3, 2026-03, 2026-09), developers.hubspot.com oauth pages. The words
of the classic endpoint's errors beside BAD_REFRESH_TOKEN are unverified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import Refusal, reply
from runner.authoring.simulate.consents import Terms, form_of
from runner.authoring.simulate.grants import Grant, Grants, Rules
from runner.authoring.simulate.hubspot_data import BY_NAME, NOTES
from runner.authoring.simulate.hubspot_errors import Errors
from runner.authoring.simulate.hubspot_options import HubSpotOptions
from runner.authoring.simulate.partner import Answer
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row

CLASSIC: Mapping[str, tuple[str, str]] = {
    "invalid_client": ("BAD_CLIENT_ID", "missing or unknown client id"),
    "invalid_grant:authorization_code": ("BAD_AUTH_CODE", "missing or unknown auth code"),
    "invalid_grant:refresh_token": ("BAD_REFRESH_TOKEN", "missing or invalid refresh token"),
    "unsupported_grant_type": ("BAD_GRANT_TYPE", "missing or unknown grant type"),
}
VERSIONS = ("v1", "v3", "2026-03", "2026-09")
USER_ID = 111


class Installs(Grants):
    """Who installed the app: the refresh token stays the same until it is revoked."""

    def __init__(self, options: HubSpotOptions, now: Callable[[], datetime], dice: Dice, errors: Errors) -> None:
        terms = Terms(
            title="HubSpot",
            account=options.account_name,
            client_id=options.client_id,
            redirect_uris=options.redirect_uris,
            code_lifetime=options.code_lifetime,
            flaw=self._flaw,
        )
        rules = Rules(
            client_id=options.client_id,
            client_secret=options.client_secret,
            scopes=options.scopes,
            access_lifetime=options.access_lifetime,
        )
        super().__init__(terms, rules, now, dice)
        self._options = options
        self._errors = errors
        self._kept: dict[str, str] = {}

    def routes(self, route: Callable[[str, str, Answer], Route]) -> Iterable[Route]:
        for path in ("/oauth/authorize", "/oauth/{portal:int}/authorize"):
            yield route("GET", path, self.consents.ask)
            yield route("POST", path, self.consents.decide)
        for version in VERSIONS:
            yield route("POST", f"/oauth/{version}/token", self._classic if version == "v1" else self.token)
            if version != "v1":
                yield route("POST", f"/oauth/{version}/token/introspect", self._introspect)
                yield route("POST", f"/oauth/{version}/token/revoke", self._revoke)
        yield route("GET", "/oauth/v1/access-tokens/{token}", self._about)
        yield route("GET", "/oauth/v1/refresh-tokens/{token}", self._about)
        yield route("DELETE", "/oauth/v1/refresh-tokens/{token}", self._delete)

    def _flaw(self, asked: Mapping[str, str]) -> str | None:
        """The question must hold what the app requires, and nothing that it did not register."""
        scopes = asked.get("scope", "").split()
        known = {*self._options.scopes}
        if set(self._options.required) - set(scopes) or {*scopes, *asked.get("optional_scope", "").split()} - known:
            return "Authorization failed because there is a scope mismatch"
        return None

    def answer(self, grant: Grant, access: str, refresh: str | None) -> Row:
        """A renewal answers the same refresh token again."""
        kept = self._kept.setdefault(grant.id, refresh or "")
        return {
            "token_type": "bearer",
            "refresh_token": kept,
            "access_token": access,
            "expires_in": int(self.rules.access_lifetime),
            "hub_id": self._options.hub_id,
            "scopes": list(grant.scopes),
            "user_id": USER_ID,
            "token_use": "access_token",
        }

    async def _classic(self, request: Request) -> Response:
        """Version 1: four members, and errors in HubSpot's own words."""
        try:
            answer = await self.token(request)
        except Refusal as refusal:
            answer = refusal.response
        body: Row = orjson.loads(bytes(answer.body))
        if answer.status_code == 200:
            return reply({name: body[name] for name in ("token_type", "refresh_token", "access_token", "expires_in")})
        kind = (await form_of(request)).get("grant_type", "")
        known = CLASSIC.get(body["error"]) or CLASSIC.get(f"{body['error']}:{kind}") or ("BAD_REQUEST", body["error"])
        status, message = known
        return reply({"status": status, "message": message, "correlationId": self._dice.uuid()}, 400)

    async def _introspect(self, request: Request) -> Response:
        form = await form_of(request)
        self._authenticate(request, form)
        grant = self.grant_of(form.get("token", ""))
        if grant is None:
            return reply({"active": False})
        return reply({"active": True, **self._said(grant)})

    async def _revoke(self, request: Request) -> Response:
        """RFC 7009: also a token that is unknown is answered 200. The app stays installed."""
        form = await form_of(request)
        self._authenticate(request, form)
        grant = self.grant_of(form.get("token", ""))
        if grant is not None:
            self.end(grant)
        return Response(status_code=200)

    async def _about(self, request: Request) -> Response:
        token = request.path_params["token"]
        grant = self.grant_of(token)
        if grant is None:
            return self._errors.answer(404, "the token is invalid or expired")
        return reply({"token": token, "token_type": "access", "hub_domain": "sample.hubspot.com", **self._said(grant)})

    async def _delete(self, request: Request) -> Response:
        """Only the refresh token: what it gave lives on until it expires."""
        token = request.path_params["token"]
        if self._refresh.about(token) is None:
            return self._errors.answer(404, "the refresh token is invalid")
        self._refresh.drop(token)
        return Response(status_code=204)

    def _said(self, grant: Grant) -> Row:
        options = self._options
        said = {"hub_id": options.hub_id, "user_id": USER_ID, "client_id": options.client_id, "app_id": options.app_id}
        return {**said, "scopes": list(grant.scopes)}


def scopes_of(request: Request) -> set[str]:
    """The scopes that a call takes; that notes go by those of contacts is unverified."""
    path = request.url.path
    if path.startswith("/crm/v3/owners"):
        return {"crm.objects.owners.read"}
    if path.startswith("/crm/v3/pipelines"):
        return {"crm.schemas.deals.read"}
    kinds = [request.path_params[name] for name in ("type", "from", "to") if name in request.path_params]
    names = [
        "contacts" if kind is NOTES else kind.table
        for kind in BY_NAME.values()
        if {kind.table, kind.type_id, kind.name} & {*kinds}
    ]
    reads = request.method == "GET" or path.endswith(("/search", "/batch/read"))
    return {f"crm.objects.{name}.{'read' if reads else 'write'}" for name in names}
