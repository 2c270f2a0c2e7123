"""
Intuit's OAuth 2.0: consent with `realmId`, tokens whose refresh tokens rotate with an overlap, revocation, user info.

Sources: GitHub intuit/oauth-jsclient (OAuthClient.js, HardExpiresTest.js), developer.intuit.com
authentication-and-authorization/faq. The overlap of an older refresh token is unverified.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response

from runner.authoring.simulate.answers import json_body, reply
from runner.authoring.simulate.consents import Terms, basic_of, bearer_of
from runner.authoring.simulate.grants import Grant, Grants, Rules
from runner.authoring.simulate.quickbooks_options import QuickBooksOptions
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row

ISSUER = "https://oauth.platform.intuit.com/op/v1"
ENDPOINTS = (
    ("authorization_endpoint", "https://appcenter.intuit.com", "/connect/oauth2"),
    ("token_endpoint", "https://oauth.platform.intuit.com", "/oauth2/v1/tokens/bearer"),
    ("revocation_endpoint", "https://developer.api.intuit.com", "/v2/oauth2/tokens/revoke"),
    ("userinfo_endpoint", "https://accounts.platform.intuit.com", "/v1/openid_connect/userinfo"),
)
HARD = "x-include-refresh-token-hard-expires-in"


class IntuitGrants(Grants):
    """Who was let into the company."""

    def __init__(self, options: QuickBooksOptions, now: Callable[[], datetime], dice: Dice) -> None:
        terms = Terms(
            title="QuickBooks",
            account=options.company_name,
            client_id=options.client_id,
            redirect_uris=options.redirect_uris,
            code_lifetime=options.code_lifetime,
            also={"realmId": options.realm_id},
            flaw=self._flaw,
        )
        rules = Rules(
            client_id=options.client_id,
            client_secret=options.client_secret,
            scopes=options.scopes,
            ways=frozenset({"basic"}),
            access_lifetime=options.access_lifetime,
            refresh_lifetime=options.refresh_lifetime,
            rotating=True,
        )
        super().__init__(terms, rules, now, dice)
        self._options = options
        self._now = now
        self._ends: dict[str, tuple[Grant, datetime]] = {}
        self._older: defaultdict[str, set[str]] = defaultdict(set)

    def _flaw(self, asked: Mapping[str, str]) -> str | None:
        scopes = asked.get("scope", "").split()
        if not scopes or set(scopes) - set(self.rules.scopes):
            return "The scope query parameter is missing or invalid"
        return None if asked.get("state") else "The state query parameter is missing"

    def answer(self, grant: Grant, access: str, refresh: str | None) -> Row:
        """`x_refresh_token_expires_in` is 101 days, though documents say 100; `scope` is not told."""
        end = self._now() + timedelta(seconds=self._options.chain_lifetime)
        self._ends.setdefault(grant.id, (grant, end))
        return {
            "token_type": "bearer",
            "access_token": access,
            "expires_in": int(self.rules.access_lifetime),
            "refresh_token": refresh,
            "x_refresh_token_expires_in": int(self._options.refresh_lifetime),
        }

    def retire(self, old: str, grant: Grant) -> None:
        """An older refresh token works until the newer one is used, or for a day."""
        for older in self._older.pop(grant.id, set()) - {old}:
            self._refresh.drop(older)
        self._refresh.expire(old, self._options.refresh_grace)
        self._older[grant.id].add(old)

    def refuse(self, error: str, description: str, status: int = 400) -> Response:
        if error == "invalid_client":
            return reply({"error": error}, 401)
        words = "Token has been expired or revoked." if error == "invalid_grant" else description
        return reply({"error": error, "error_description": words}, status)

    async def token(self, request: Request) -> Response:
        """The five years of a chain are told only where a header asks for them."""
        for grant, end in self._ends.values():
            if end <= self._now():
                self.end(grant)
        answer = await super().token(request)
        if answer.status_code != 200 or request.headers.get(HARD) != "true":
            return answer
        body: Row = orjson.loads(bytes(answer.body))
        _, end = self._ends[self._grant(body["access_token"]).id]
        return reply({**body, "x_refresh_token_hard_expires_in": int((end - self._now()).total_seconds())})

    def _grant(self, access: str) -> Grant:
        grant = self.admitted(access)
        assert grant is not None  # it was issued just now
        return grant

    async def discover(self, request: Request) -> Response:
        """The discovery document (OpenID Connect Discovery 1.0); away from Intuit's hosts it names this one."""
        base = str(request.base_url).rstrip("/")
        known = (request.url.hostname or "").endswith("intuit.com")
        return reply({"issuer": ISSUER, **{name: (host if known else base) + path for name, host, path in ENDPOINTS}})

    async def revoke(self, request: Request) -> Response:
        """`POST /v2/oauth2/tokens/revoke`: the whole connection ends, by either of its tokens."""
        if basic_of(request) != (self.rules.client_id, self.rules.client_secret):
            return reply({"error": "invalid_client"}, 401)
        body = await json_body(request)
        token = body.get("token") if isinstance(body, dict) else None
        grant = self.grant_of(token) if isinstance(token, str) else None
        if grant is None:
            return reply({"error": "invalid_request", "error_description": "The token is unknown"}, 400)
        self.end(grant)
        return Response(status_code=200)

    async def person(self, request: Request) -> Response:
        """`GET /v1/openid_connect/userinfo`: who consented, for those with the scope `openid`."""
        grant = self.admitted(bearer_of(request))
        if grant is None:
            return reply({"error": "invalid_token"}, 401)
        if "openid" not in grant.scopes:
            return reply({"error": "insufficient_scope"}, 403)
        return reply(
            {"sub": "a1b2c3d4-0000-4000-8000-000000000001", "email": "admin@example.com", "emailVerified": True}
        )
