"""
Google's OAuth 2.0 for web servers.

Source: developers.google.com/identity/protocols/oauth2/web-server. A refresh token comes only with
`access_type=offline`, and then with the first consent or one that `prompt=consent` asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.consents import Terms, form_of
from runner.authoring.simulate.googlecalendar_options import GoogleCalendarOptions
from runner.authoring.simulate.grants import Grant, Grants, Rules
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row


class GoogleGrants(Grants):
    """Who was let in, with which of the scopes that were asked for."""

    bad_code: ClassVar[str] = "Bad Request"
    bad_refresh: ClassVar[str] = "Token has been expired or revoked."

    def __init__(self, options: GoogleCalendarOptions, now: Callable[[], datetime], dice: Dice) -> None:
        known = frozenset(options.scopes)

        def flaw(asked: Mapping[str, str]) -> str | None:
            unknown = set(asked.get("scope", "").split()) - known
            return "Error 400: invalid_scope" if unknown or not asked.get("scope") else None

        terms = Terms(
            title="Google Calendar",
            account=options.account,
            client_id=options.client_id,
            redirect_uris=options.redirect_uris,
            code_lifetime=options.code_lifetime,
            flaw=flaw,
            choose=True,
        )
        rules = Rules(
            options.client_id,
            options.client_secret,
            options.scopes,
            access_lifetime=options.token_lifetime,
            refresh_lifetime=options.refresh_lifetime,
        )
        super().__init__(terms, rules, now, dice)
        self._most = options.most_refresh_tokens
        self._given: list[str] = []

    def offline(self, grant: Grant) -> bool:
        """A grant without a question is one of `issue`, made for those who test."""
        asked, first = grant.asked, not self._given
        return not asked or (asked.get("access_type") == "offline" and (first or asked.get("prompt") == "consent"))

    def answer(self, grant: Grant, access: str, refresh: str | None) -> Row:
        body: Row = {"access_token": access, "expires_in": int(self.rules.access_lifetime)}
        if refresh is not None:
            self._remember(refresh)
            body["refresh_token"] = refresh
            if self.rules.refresh_lifetime is not None:
                body["refresh_token_expires_in"] = int(self.rules.refresh_lifetime)
        return {**body, "scope": " ".join(grant.scopes), "token_type": "Bearer"}

    def _remember(self, refresh: str) -> None:
        self._given.append(refresh)
        for oldest in self._given[: -self._most]:
            self._refresh.drop(oldest)

    async def revoke(self, request: Request) -> Response:
        """`token` is an access or a refresh token, in the query or the form; with either the whole grant ends."""
        token = request.query_params.get("token") or (await form_of(request)).get("token", "")
        grant = self.grant_of(token)
        if grant is None:
            return self.refuse("invalid_token", "Token expired or revoked")
        self.end(grant)
        return reply({})
