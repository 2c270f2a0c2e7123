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
import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from runner.authoring.simulate.answers import Refusal, json_body, reply
from runner.authoring.simulate.jobber_options import JobberOptions
from runner.authoring.simulate.seeded import Dice

PAGE = """<!doctype html><html lang="en"><title>Connect {account} - simulated Jobber</title>
<h1>{account}</h1><p>The app <b>{client_id}</b> asks for access: {scopes}.</p>
<form method="post" action="/api/oauth/authorize">{fields}
<button name="decision" value="approve">Approve</button></form>
<form method="post" action="/api/oauth/authorize">{fields}
<button name="decision" value="deny">Deny</button></form></html>"""
PASSED_ON = ("client_id", "redirect_uri", "response_type", "state", "code_challenge", "code_challenge_method")


@dataclass(frozen=True)
class Code:
    """A single-use authorization code."""

    redirect_uri: str
    challenge: str
    expires: datetime


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
        self._codes: dict[str, Code] = {}
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
        self._codes.clear()
        self._access.clear()
        self._refresh.clear()

    async def ask(self, request: Request) -> Response:
        """`GET /api/oauth/authorize`: the page on which an administrator decides; nobody logs in here."""
        asked = dict(request.query_params)
        self._check(asked)
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(asked[name])}">'
            for name in PASSED_ON
            if name in asked
        )
        account, client = html.escape(self._options.account_name), html.escape(asked["client_id"])
        return HTMLResponse(PAGE.format(account=account, client_id=client, scopes=self._options.scopes, fields=fields))

    async def decide(self, request: Request) -> Response:
        """`POST /api/oauth/authorize`: back to the app with a code, or with `access_denied`."""
        asked = {name: str(value) for name, value in (await request.form()).items()}
        self._check(asked)
        if asked.get("decision") == "approve":
            result = {"code": self.code(asked["redirect_uri"], asked.get("code_challenge", ""))}
        else:
            result = {"error": "access_denied"}
        state = {"state": asked["state"]} if "state" in asked else {}
        joint = "&" if "?" in asked["redirect_uri"] else "?"
        return RedirectResponse(f"{asked['redirect_uri']}{joint}{urlencode({**result, **state})}", 302)

    def code(self, redirect_uri: str, challenge: str = "") -> str:
        """What the redirect carries once an administrator has approved."""
        code = self._dice.mint("code")
        self._codes[code] = Code(redirect_uri, challenge, self._now() + timedelta(seconds=self._options.code_lifetime))
        return code

    def _check(self, asked: Mapping[str, str]) -> None:
        known = self._options.redirect_uris
        if asked.get("client_id") != self._options.client_id:
            raise Refusal(HTMLResponse("<h1>Unknown app</h1>", 400))
        if not asked.get("redirect_uri") or (known and asked["redirect_uri"] not in known):
            raise Refusal(HTMLResponse("<h1>The redirect URI is not one that the app registered</h1>", 400))
        if asked.get("response_type") != "code":
            raise Refusal(HTMLResponse("<h1>The response type must be code</h1>", 400))

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
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.expires <= self._now() or code.redirect_uri != form.get("redirect_uri"):
            return self._invalid_grant()
        if code.challenge and code.challenge != _challenge(form.get("code_verifier", "")):
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
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


def _challenge(verifier: str) -> str:
    return _text(hashlib.sha256(verifier.encode()).digest())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
