"""Tokens: what a connector says of them, and how a token endpoint's answer is read (RFC 6749 sections 5.1 and 5.2)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field

from runner.components.block import Block, Duration, Text, read_duration
from runner.errors import AuthenticationError, PartnerError, PartnerUnavailable, RateLimited, UnexpectedResponse
from runner.model.credential import Credential
from runner.model.http import Response
from runner.model.secret import Secret


def _read_lifetime(text: object) -> timedelta | str:
    return "jwt" if text == "jwt" else read_duration(text)


Lifetime = Annotated[
    timedelta | Literal["jwt"], Text(_read_lifetime, r"^(jwt|\d+(\.\d+)?(ms|s|m|h|d))$", ["60m", "jwt"])
]


class Token(Block):
    """How long tokens live and what a refresh gives.

    token: {lifetime: 60m, refresh: rotating, refresh_before: 5m}
    """

    lifetime: Lifetime = Field(
        "60m",
        validate_default=True,
        description="How long an access token lives when the answer has no `expires_in`; `jwt`: read its `exp`.",
    )
    refresh: Literal["rotating", "stable"] = Field(
        "rotating", description="Whether each refresh replaces the refresh token, or the first one stays."
    )
    refresh_before: Duration = Field(
        "5m", validate_default=True, description="How long before its end a token is refreshed.", examples=["5m"]
    )
    refresh_lifetime: Duration | None = Field(
        None, description="How long a refresh token lives, where the partner says so.", examples=["100d"]
    )

    def read(self, response: Response, old: Credential, now: datetime) -> Credential:
        """The credential that a token endpoint's answer gives. Raises a PartnerError that never holds a token."""
        answer = _answer(response)
        access, refresh = answer["access_token"], answer.get("refresh_token")
        new = Secret(refresh) if isinstance(refresh, str) and refresh else None
        return Credential(
            values=old.values,
            access_token=Secret(access),
            refresh_token=new or old.refresh_token,
            expires_at=self._end(answer, access, now),
            refresh_expires_at=self._refresh_end(answer, now) or (None if new else old.refresh_expires_at),
            issued_at=now,
        )

    def _end(self, answer: Mapping[str, Any], access: str, now: datetime) -> datetime | None:
        seconds = _seconds(answer.get("expires_in"))
        if seconds is not None:
            return now + timedelta(seconds=seconds)
        if isinstance(self.lifetime, timedelta):
            return now + self.lifetime
        return _expiry(access)

    def _refresh_end(self, answer: Mapping[str, Any], now: datetime) -> datetime | None:
        for name in ("refresh_token_expires_in", "x_refresh_token_expires_in"):
            seconds = _seconds(answer.get(name))
            if seconds is not None:
                return now + timedelta(seconds=seconds)
        return now + self.refresh_lifetime if self.refresh_lifetime else None


def _answer(response: Response) -> Mapping[str, Any]:
    answer = response.json
    if isinstance(answer, dict) and response.ok and isinstance(answer.get("access_token"), str):
        return answer
    raise _refusal(response, answer if isinstance(answer, dict) else {})


def _refusal(response: Response, answer: Mapping[str, Any]) -> PartnerError:
    status = response.status
    if status == 429:
        return RateLimited("the token endpoint answers 429 (it is asked too often)", wait=60.0, status=status)
    if status >= 500 or status == 408:
        return PartnerUnavailable(f"the token endpoint answers {status}", status=status)
    word = _word(answer.get("error"))
    if word or status in (400, 401):
        return AuthenticationError(f"the token endpoint refuses: {word or status} ({_remedy(word)})", status=status)
    what = "JSON without an access_token" if response.is_json else "no JSON"
    return UnexpectedResponse(
        f"the token endpoint answers {status} with {what} (check token_url and the environment)", status=status
    )


def _word(error: Any) -> str:
    return error if isinstance(error, str) and re.fullmatch(r"[a-zA-Z_]{1,60}", error) else ""


def _remedy(word: str) -> str:
    if word in ("invalid_client", "unauthorized_client"):
        return "check the client id and secret, and that the app is still admitted at the partner"
    if word == "invalid_scope":
        return "check that the app may ask for the scopes of the connector"
    return "the consent has ended or was withdrawn: connect again"


def _seconds(value: Any) -> float | None:
    if isinstance(value, str) and re.fullmatch(r"\d{1,10}(\.\d+)?", value):
        value = float(value)
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e10
    return float(value) if fits else None


def _expiry(token: str) -> datetime | None:
    """The `exp` of a JWT. The signature is not checked: the token is for the partner, we only plan its refresh."""
    try:
        middle = token.split(".")[1]
        claims = orjson.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
