"""What opens a partner's door for one integration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from runner.model.secret import Secret

UNSAID = timedelta(days=14)
"""How long a refresh token may lie unused where the partner does not say how long it lives."""
LONGEST_REST = timedelta(days=90)
"""A refresh token is never left unused for longer, whatever its partner says."""


@dataclass(frozen=True)
class Credential:
    """Tokens of one integration, or its secret settings.

    `values` holds the secret settings that the company filled in (an API key, a client secret). `access_token` and
    `refresh_token` are set for OAuth flows. Times are aware, UTC; None means: not known, or never.
    """

    values: Mapping[str, Secret] = field(default_factory=dict)
    access_token: Secret | None = None
    refresh_token: Secret | None = None
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    issued_at: datetime | None = None

    def expires_within(self, margin: timedelta, now: datetime) -> bool:
        """Whether the access token is missing or dies within `margin` from `now`."""
        if self.access_token is None:
            return True
        return self.expires_at is not None and self.expires_at - margin <= now

    def refresh_due_at(self, now: datetime) -> datetime | None:
        """When to use the refresh token although nobody calls: half way through its life. None without one."""
        if self.refresh_token is None:
            return None
        issued_at = self.issued_at or now
        life = self.refresh_expires_at - issued_at if self.refresh_expires_at else UNSAID
        return issued_at + min(life / 2, LONGEST_REST)
