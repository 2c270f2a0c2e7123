"""Tokens: what a connector says of them, and how a token endpoint's answer is read (RFC 6749 section 5.1)."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field

from runner.components.auth.refused import asked, refused
from runner.components.block import Block, Duration, Text, read_duration
from runner.errors import MappingError, UnexpectedResponse
from runner.mapping.expression import Expression
from runner.model.credential import Credential
from runner.model.http import Response
from runner.model.secret import Secret

NEVER = ("jwt", "never")


def _read_lifetime(text: object) -> timedelta | str:
    return text if isinstance(text, str) and text in NEVER else read_duration(text)


Lifetime = Annotated[
    timedelta | Literal["jwt", "never"],
    Text(_read_lifetime, r"^(jwt|never|\d+(\.\d+)?(ms|s|m|h|d))$", ["60m", "jwt", "never"]),
]


class Token(Block):
    """Where the tokens are in an answer, how long they live and what a refresh gives.

        token: {lifetime: 60m, refresh: rotating, refresh_before: 5m}

    The places are those of RFC 6749 unless said otherwise; a partner that hides them says so:

        token: {of: authed_user, lifetime: never}            # {"ok": true, "authed_user": {"access_token": "x"}}
        token: {expires_at: expires_at}                      # {"access_token": "x", "expires_at": "2026-05-04T..."}
    """

    of: Expression | None = Field(
        None, description="The part of the answer that holds the tokens; all of it when nothing is said."
    )
    access_token: Expression = Field(
        "access_token", validate_default=True, description="Where the access token is.", examples=["session.id"]
    )
    refresh_token: Expression = Field("refresh_token", validate_default=True, description="Where the refresh token is.")
    expires_in: Expression = Field(
        "expires_in", validate_default=True, description="How many seconds the access token lives."
    )
    expires_at: Expression | None = Field(
        None, description="When the access token ends: ISO 8601, or seconds or milliseconds since 1970."
    )
    refresh_expires_in: Expression = Field(
        "refresh_token_expires_in || x_refresh_token_expires_in",
        validate_default=True,
        description="How many seconds the refresh token lives.",
    )
    error: Expression = Field(
        "error", validate_default=True, description="The word of a refusal, over the whole answer."
    )
    transient: list[str] = Field(
        [], description="Words of refusals that pass by themselves.", examples=[["internal_error"]]
    )
    lifetime: Lifetime = Field(
        "60m",
        validate_default=True,
        description="How long an access token lives when the answer does not say; `jwt`: read its `exp`; `never`: it "
        "does not end.",
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

    def is_due(self, credential: Credential, now: datetime) -> bool:
        """`refresh_before` the token's end, yet never in the first half of its life."""
        margin = self.refresh_before
        if credential.issued_at and credential.expires_at:
            margin = min(margin, (credential.expires_at - credential.issued_at) / 2)
        return credential.expires_within(margin, now)

    def read(self, response: Response, old: Credential, now: datetime) -> Credential:
        """The credential that a token endpoint's answer gives. Raises a PartnerError that never holds a token."""
        try:
            return self._read(response, old, now)
        except MappingError:  # its words may repeat what the partner sent
            raise UnexpectedResponse(
                f"{asked(response)} answers in a form that the expressions of auth.token cannot read (mend them)",
                status=response.status,
            ) from None

    def _read(self, response: Response, old: Credential, now: datetime) -> Credential:
        answer = response.json
        part = self.of.search(answer) if self.of else answer
        access = self.access_token.search(part) if response.ok and isinstance(part, dict) else None
        if not isinstance(access, str) or not access:
            raise refused(response, self.error.search(answer) if isinstance(answer, dict) else None, self.transient)
        refresh = self.refresh_token.search(part)
        new = Secret(refresh) if isinstance(refresh, str) and refresh else None
        return Credential(
            values=old.values,
            access_token=Secret(access),
            refresh_token=new or old.refresh_token,
            expires_at=self._end(part, access, now),
            refresh_expires_at=self._refresh_end(part, now) or (None if new else old.refresh_expires_at),
            issued_at=now,
        )

    def _end(self, part: Any, access: str, now: datetime) -> datetime | None:
        seconds = _seconds(self.expires_in.search(part))
        if seconds is not None:
            return now + timedelta(seconds=seconds)
        end = _moment(self.expires_at.search(part)) if self.expires_at else None
        if end is not None:
            return end
        if isinstance(self.lifetime, timedelta):
            return now + self.lifetime
        return _expiry(access) if self.lifetime == "jwt" else None

    def _refresh_end(self, part: Any, now: datetime) -> datetime | None:
        seconds = _seconds(self.refresh_expires_in.search(part))
        if seconds is not None:
            return now + timedelta(seconds=seconds)
        return now + self.refresh_lifetime if self.refresh_lifetime else None


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


def _moment(value: Any) -> datetime | None:
    """A time that is written as ISO 8601 (UTC where no offset is said) or as seconds or milliseconds since 1970."""
    seconds = _seconds(value)
    try:
        if seconds is None and str(value).isdecimal():
            seconds = int(value) / 1000
        moment = datetime.fromisoformat(value) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
