"""
Jobber's OAuth 2.0: consent page, codes, tokens.

Sources: developer.getjobber.com/docs/building_your_app/app_authorization, .../refresh_token_rotation and the
partner's sample GetJobber/Jobber-AppTemplate-RailsAPI, which reads `exp` out of the access token because the
answer has no `expires_in`. The form of the token endpoint's errors is RFC 6749's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response

from runner.authoring.simulate.answers import json_body, reply
from runner.authoring.simulate.consents import Consents, Terms, form_of
from runner.authoring.simulate.jobber_options import JobberOptions
from runner.authoring.simulate.seeded import Dice


class Grants:
    """
    Who was let in.

    Args:
        account_id: goes into the access token's claims.
        connected: called when a code was turned into tokens.
    """

    def __init__(
        self,
        options: JobberOptions,
        now: Callable[[], datetime],
        dice: Dice,
        account_id: str,
        connected: Callable[[], None],
    ) -> None:
        self._options = options
        self._now = now
        self._dice = dice
        self._account_id = account_id
        self._connected = connected
        terms = Terms(
            title="Jobber",
            account=options.account_name,
            client_id=options.client_id,
            redirect_uris=options.redirect_uris,
            code_lifetime=options.code_lifetime,
            scopes=options.scopes,
        )
        self.consents = Consents(terms, now, dice)
        self._access: dict[str, datetime] = {}
        self._refresh: set[str] = set()
        self._dropped: set[str] = set()

    def stands(self, token: str) -> bool:
        """Is this access token known and not expired?"""
        return token in self._access and self._access[token] > self._now()

    def dropped(self, token: str) -> bool:
        """Did this token end with a disconnect?"""
        return token in self._dropped

    def drop(self) -> None:
        """The app is disconnected: codes, access and refresh tokens are dead."""
        self._dropped |= set(self._access)
        self.consents.forget()
        self._access.clear()
        self._refresh.clear()

    def code(self, redirect_uri: str, challenge: str = "") -> str:
        """What the redirect carries once an administrator has approved."""
        return self.consents.code(redirect_uri, code_challenge=challenge)

    async def token(self, request: Request) -> Response:
        """`POST /api/oauth/token`, form or JSON, credentials in the body."""
        form = await _parameters(request)
        if (form.get("client_id"), form.get("client_secret")) != (
            self._options.client_id,
            self._options.client_secret,
        ):
            return reply({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)
        if form.get("grant_type") == "authorization_code":
            return self._redeem(form)
        if form.get("grant_type") == "refresh_token":
            return self._renew(form.get("refresh_token", ""))
        return reply({"error": "unsupported_grant_type"}, 400)

    def _redeem(self, form: Mapping[str, str]) -> Response:
        if self.consents.redeem(form) is None:
            return self._invalid_grant()
        answer = self.issue()
        self._connected()
        return reply(answer)

    def _renew(self, refresh: str) -> Response:
        if refresh not in self._refresh:
            return self._invalid_grant()
        if not self._options.rotating:
            return reply({**self.issue(refresh), "warning": "Refresh token rotation is off for this app."})
        self._refresh.discard(refresh)
        return reply(self.issue())

    def issue(self, refresh: str | None = None) -> dict[str, str]:
        """New tokens, as the token endpoint answers them: without `expires_in`."""
        expires = self._now() + timedelta(seconds=self._options.token_lifetime)
        access = self._sign(
            {
                "sub": self._dice.mint("grant"),
                "iss": "https://api.getjobber.com",
                "client_id": self._options.client_id,
                "scope": self._options.scopes,
                "account_id": self._account_id,
                "exp": int(expires.timestamp()),
            }
        )
        self._access[access] = expires
        refresh = refresh or self._dice.mint("refresh")
        self._refresh.add(refresh)
        return {"access_token": access, "refresh_token": refresh}

    def _sign(self, claims: Mapping[str, object]) -> str:
        """A JSON web token, signed with a key that is the partner's own affair."""
        parts = [_text(orjson.dumps(part)) for part in ({"alg": "HS256"}, claims)]
        key = f"simulated-{self._dice.seed}".encode()
        parts.append(_text(hmac.new(key, ".".join(parts).encode(), hashlib.sha256).digest()))
        return ".".join(parts)

    def _invalid_grant(self) -> Response:
        why = "The provided authorization grant is invalid, expired or revoked"
        return reply({"error": "invalid_grant", "error_description": why}, self._options.invalid_grant_status)


async def _parameters(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").startswith("application/json"):
        body = await json_body(request)
        return {name: str(value) for name, value in body.items()} if isinstance(body, dict) else {}
    return await form_of(request)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
