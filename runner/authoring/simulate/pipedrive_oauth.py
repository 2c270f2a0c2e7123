"""
Pipedrive's OAuth 2.0: no scopes in the question, a refresh token that stays, the company's own host in the answer.

Source: pipedrive.readme.io marketplace-oauth-authorization, app-uninstallation and
marketplace-oauth-and-api-proxy-status-codes.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import ClassVar

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.consents import Terms, basic_of, form_of
from runner.authoring.simulate.grants import Grant, Grants, Rules
from runner.authoring.simulate.outbox import Outbox
from runner.authoring.simulate.partner import Answer
from runner.authoring.simulate.pipedrive_options import PipedriveOptions
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row

ADMIN = 17


class Installs(Grants):
    """Who installed the app. `callback` is where the last one came back to."""

    bad_code: ClassVar[str] = "Invalid grant: authorization code is invalid"
    bad_refresh: ClassVar[str] = "Invalid grant: refresh_token is invalid"

    def __init__(self, options: PipedriveOptions, now: Callable[[], datetime], dice: Dice) -> None:
        terms = Terms(
            title="Pipedrive",
            account=options.company_name,
            client_id=options.client_id,
            redirect_uris=options.redirect_uris,
            code_lifetime=options.code_lifetime,
            scopes=" ".join(options.scopes),
            denied="user_denied",
            typed=False,
        )
        rules = Rules(
            options.client_id,
            options.client_secret,
            options.scopes,
            frozenset({"basic", "body"}),
            access_lifetime=options.token_lifetime,
            refresh_lifetime=options.refresh_idle,
        )
        super().__init__(terms, rules, now, dice, self._installed)
        self._options = options
        self._now = now
        self._kept: dict[str, str] = {}
        self.callback = ""

    def routes(self, route: Callable[[str, str, Answer], Route]) -> Iterable[Route]:
        yield route("GET", "/oauth/authorize", self.consents.ask)
        yield route("POST", "/oauth/authorize", self.consents.decide)
        yield route("POST", "/oauth/token", self.token)
        yield route("POST", "/oauth/revoke", self._revoke)

    def _installed(self, grant: Grant) -> None:
        self.callback = grant.asked["redirect_uri"]

    def answer(self, grant: Grant, access: str, refresh: str | None) -> Row:
        """A renewal answers the same refresh token, and its sixty days begin again."""
        kept = self._kept.setdefault(grant.id, refresh or "")
        self._refresh.expire(kept, self._options.refresh_idle)
        return {
            "access_token": f"v1u:{access}",
            "token_type": "Bearer",
            "refresh_token": kept,
            "scope": ",".join(grant.scopes),
            "expires_in": int(self.rules.access_lifetime),
            "api_domain": self._options.api_domain,
        }

    def refuse(self, error: str, description: str, status: int = 400) -> Response:
        return reply({"success": False, "message": description, "error": error}, status)

    async def _revoke(self, request: Request) -> Response:
        """200 for every token (RFC 7009); a refresh token takes the install with it."""
        form = await form_of(request)
        if basic_of(request) != (self.rules.client_id, self.rules.client_secret):
            return self.refuse("invalid_client", "Client authentication failed", 401)
        token = form.get("token", "").removeprefix("v1u:")
        grant = self.grant_of(token)
        if grant is not None and self.admitted(token):
            self._access.drop(token)
        elif grant is not None:
            self.end(grant)
        return reply({"success": True})

    def tell(self, outbox: Outbox) -> None:
        """The app was removed at Pipedrive: a DELETE to the callback address, proved by the app's own secret."""
        client = f"{self.rules.client_id}:{self.rules.client_secret}"
        headers = {
            "content-type": "application/json",
            "authorization": f"Basic {base64.b64encode(client.encode()).decode()}",
        }
        body = orjson.dumps(
            {
                "client_id": self.rules.client_id,
                "company_id": self._options.company_id,
                "user_id": ADMIN,
                "timestamp": self._now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        )
        outbox.put("uninstall", self.callback, lambda _: (body, headers), method="DELETE")
