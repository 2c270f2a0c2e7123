"""
Hover's OAuth 2.0: form or JSON, refresh tokens that serve once.

Source: developers.hover.to/docs/oauth-20-authentication. That a client may say who it is by HTTP Basic too is seen in
public clients; the words of errors are RFC 6749's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlsplit

from runner.authoring.simulate.consents import Terms
from runner.authoring.simulate.grants import Grant, Grants, Rules
from runner.authoring.simulate.hover_options import HoverOptions
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row

LOCAL = ("localhost", "127.0.0.1")


class HoverGrants(Grants):
    """Who was let in: an organisation, or one user."""

    takes_json: ClassVar[bool] = True

    def __init__(self, options: HoverOptions, now: Callable[[], datetime], dice: Dice) -> None:
        terms = Terms(
            title="Hover",
            account=options.org_name,
            client_id=options.client_id,
            redirect_uris=options.redirect_uris,
            code_lifetime=options.code_lifetime,
            scopes="all",
            flaw=_flaw,
        )
        rules = Rules(
            options.client_id,
            options.client_secret,
            ("all",),
            frozenset({"body", "basic"}),
            access_lifetime=options.token_lifetime,
            rotating=True,
        )
        super().__init__(terms, rules, now, dice)
        self._options = options
        self._now = now

    def answer(self, grant: Grant, access: str, refresh: str | None) -> Row:  # noqa: ARG002 - all have every scope
        is_org = self._options.owner_type == "orgs"
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(self.rules.access_lifetime),
            "refresh_token": refresh,
            "scope": "all",
            "created_at": int(self._now().timestamp()),
            "owner_id": self._options.org_id if is_org else self._options.user_id,
            "owner_type": self._options.owner_type,
        }


def _flaw(asked: Mapping[str, str]) -> str | None:
    address = urlsplit(asked["redirect_uri"])
    if address.scheme != "https" and address.hostname not in LOCAL:
        return "The redirect URI must be https"
    return None
