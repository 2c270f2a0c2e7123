"""
The token endpoint of partners with opaque tokens and stable or rotating refresh tokens (RFC 6749, 4.1.3 and 6).

What a partner's answers hold, and where it leaves the standard, it says in a subclass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from starlette.requests import Request
from starlette.responses import Response

from runner.authoring.simulate.answers import Refusal, json_body, reply
from runner.authoring.simulate.consents import Consents, Passes, Terms, basic_of, form_of
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row

ClientAuth = Literal["body", "basic", "proof"]


@dataclass(frozen=True)
class Rules:
    """
    The app's registration and the partner's rules of letting in.

    Args:
        scopes: all that the app may ask for.
        ways: how the app says who it is: in the form, by HTTP Basic, or without its secret where a code began with a
            PKCE challenge.
        access_lifetime: seconds. refresh_lifetime: seconds, None: no end.
        rotating: does a refresh give a new refresh token, the old one dying?
    """

    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    ways: frozenset[ClientAuth] = frozenset({"body"})
    access_lifetime: float = 3600.0
    refresh_lifetime: float | None = None
    rotating: bool = False


@dataclass(frozen=True)
class Grant:
    """One consent: a number of its own, the scopes that it covers, and the question that asked for it."""

    id: str
    scopes: tuple[str, ...]
    asked: Mapping[str, str]


class Grants:
    """
    Who was let in. `bad_code` and `bad_refresh` are the partner's words; with `takes_json` a token request may be JSON.

    Args:
        terms: of the consent.
        granted: hears of each consent whose code became tokens.
    """

    bad_code: ClassVar[str] = "The code is unknown, used or expired, or of another redirect URI"
    bad_refresh: ClassVar[str] = "The refresh token is unknown, expired or revoked"
    takes_json: ClassVar[bool] = False

    def __init__(
        self,
        terms: Terms,
        rules: Rules,
        now: Callable[[], datetime],
        dice: Dice,
        granted: Callable[[Grant], None] = lambda _: None,
    ) -> None:
        self.rules = rules
        self.consents = Consents(terms, now, dice)
        self._dice = dice
        self._granted = granted
        self._access = Passes("access", now, dice)
        self._refresh = Passes("refresh", now, dice)

    # What a partner may say otherwise

    def offline(self, grant: Grant) -> bool:  # noqa: ARG002 - most partners always give one
        """Does this consent come with a refresh token?"""
        return True

    def answer(self, grant: Grant, access: str, refresh: str | None) -> Row:
        """The token endpoint's answer; `refresh` is None where none is given or the old one stays."""
        life = int(self.rules.access_lifetime)
        body = {"access_token": access, "token_type": "bearer", "expires_in": life, "scope": " ".join(grant.scopes)}
        return body if refresh is None else {**body, "refresh_token": refresh}

    def retire(self, old: str, grant: Grant) -> None:  # noqa: ARG002 - for those that leave the old one some time
        """What becomes of a refresh token that was used, where they rotate."""
        self._refresh.drop(old)

    def refuse(self, error: str, description: str, status: int = 400) -> Response:
        """How the token endpoint says no."""
        return reply({"error": error, "error_description": description}, status)

    # The token endpoint

    async def token(self, request: Request) -> Response:
        form = await self._asked(request)
        self._authenticate(request, form)
        if form.get("grant_type") == "authorization_code":
            return self._redeem(form)
        if form.get("grant_type") == "refresh_token":
            return self._renew(form)
        return self.refuse("unsupported_grant_type", f"grant type {form.get('grant_type')!r} is not supported")

    async def _asked(self, request: Request) -> dict[str, str]:
        """The fields of a token request. Raises Refusal."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if self.takes_json and kind == "application/json":
            body = await json_body(request)
            return {name: str(value) for name, value in body.items()} if isinstance(body, dict) else {}
        if kind != "application/x-www-form-urlencoded":
            raise Refusal(self.refuse("invalid_request", "The body must be application/x-www-form-urlencoded"))
        return await form_of(request)

    def _authenticate(self, request: Request, form: Mapping[str, str]) -> None:
        """Raises Refusal unless it is the app that asks, in a way that the partner takes."""
        own, header = (self.rules.client_id, self.rules.client_secret), basic_of(request)
        ways: dict[ClientAuth, bool] = {
            "basic": header == own,
            "body": header is None and (form.get("client_id"), form.get("client_secret")) == own,
            "proof": header is None and form.get("client_id") == own[0] and self._secretless(form),
        }
        if not any(ways[way] for way in self.rules.ways):
            raise Refusal(self.refuse("invalid_client", "Client authentication failed", 401))

    def _secretless(self, form: Mapping[str, str]) -> bool:
        """A verifier stands for the secret; later, a refresh token of a consent that began with a challenge does."""
        grant = self._refresh.about(form.get("refresh_token", ""))
        begun = grant is not None and bool(grant.asked.get("code_challenge"))
        return "client_secret" not in form and ("code_verifier" in form or begun)

    def _redeem(self, form: Mapping[str, str]) -> Response:
        code = self.consents.redeem(form)
        if code is None or ("client_secret" not in form and self._unproven(code.asked, form)):
            return self.refuse("invalid_grant", self.bad_code)
        scopes = tuple(code.asked["scope"].split()) if "scope" in code.asked else self.rules.scopes
        grant = Grant(self._dice.mint("grant"), scopes, code.asked)
        answer = self.issue(grant)
        self._granted(grant)
        return reply(answer)

    def _unproven(self, asked: Mapping[str, str], form: Mapping[str, str]) -> bool:
        """A verifier proves nothing where there was no challenge."""
        return "code_verifier" in form and not asked.get("code_challenge")

    def _renew(self, form: Mapping[str, str]) -> Response:
        old = form.get("refresh_token", "")
        grant: Grant | None = self._refresh.about(old)
        if grant is None:
            return self.refuse("invalid_grant", self.bad_refresh)
        if self.rules.rotating:
            self.retire(old, grant)
        return reply(self.issue(grant, again=True))

    def issue(self, grant: Grant | None = None, *, again: bool = False) -> Row:
        """New tokens as the token endpoint answers them; without a grant, those of a new one with every scope."""
        grant = grant or Grant(self._dice.mint("grant"), self.rules.scopes, {})
        access = self._access.mint(grant, self.rules.access_lifetime)
        fresh = self.offline(grant) and (self.rules.rotating or not again)
        refresh = self._refresh.mint(grant, self.rules.refresh_lifetime) if fresh else None
        return self.answer(grant, access, refresh)

    # Who has them

    def grant_of(self, token: str) -> Grant | None:
        """The consent behind an access or refresh token that is good."""
        grant: Grant | None = self._access.about(token) or self._refresh.about(token)
        return grant

    def admitted(self, access: str) -> Grant | None:
        """The consent behind an access token that is good."""
        grant: Grant | None = self._access.about(access)
        return grant

    def has_expired(self, access: str) -> bool:
        return self._access.has_expired(access)

    def end(self, grant: Grant) -> None:
        """The consent is withdrawn: all its tokens are unknown from now on."""
        self._access.drop_all(grant)
        self._refresh.drop_all(grant)

    def end_all(self) -> None:
        """Every consent is withdrawn, codes included."""
        self.consents.forget()
        for passes in (self._access, self._refresh):
            passes.clear()
