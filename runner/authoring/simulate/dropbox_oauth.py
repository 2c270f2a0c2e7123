"""
Dropbox's OAuth 2.0.

Sources: `oauth.py` of the official SDK, the partner's post on offline access, `auth.stone` of the specification. The
refresh token comes only with `token_access_type=offline` and is never replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlsplit

from runner.authoring.simulate.consents import Terms
from runner.authoring.simulate.dropbox_data import ACCOUNT, TEAM, UID
from runner.authoring.simulate.dropbox_options import TEAM_SCOPES, DropboxOptions
from runner.authoring.simulate.grants import Grant, Grants, Rules
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row

LOCAL = ("localhost", "127.0.0.1")


class DropboxGrants(Grants):
    """Who was let in: an account, or with a team app the whole team."""

    bad_code: ClassVar[str] = "code doesn't exist or has expired"
    bad_refresh: ClassVar[str] = "refresh token is malformed, expired or revoked"

    def __init__(self, options: DropboxOptions, now: Callable[[], datetime], dice: Dice) -> None:
        self._team = options.team
        scopes = (*options.scopes, *TEAM_SCOPES) if options.team else options.scopes
        terms = Terms(
            title="Dropbox",
            account="Example Roofing" if options.team else "Alex Example",
            client_id=options.client_id,
            redirect_uris=options.redirect_uris,
            code_lifetime=options.code_lifetime,
            scopes=" ".join(scopes),
            flaw=lambda asked: _flaw(asked, scopes),
        )
        rules = Rules(
            options.client_id,
            options.client_secret,
            scopes,
            frozenset({"body", "basic", "proof"}),
            access_lifetime=options.token_lifetime,
        )
        super().__init__(terms, rules, now, dice)

    def offline(self, grant: Grant) -> bool:
        """A grant without a question is one of `issue`, made for those who test."""
        return not grant.asked or grant.asked.get("token_access_type") == "offline"

    def answer(self, grant: Grant, access: str, refresh: str | None) -> Row:
        body: Row = {"access_token": access, "token_type": "bearer", "expires_in": int(self.rules.access_lifetime)}
        if refresh is None and self.offline(grant):
            return body
        holder = {"team_id": TEAM} if self._team else {"account_id": ACCOUNT}
        token = {"refresh_token": refresh} if refresh is not None else {}
        return {**body, **token, "scope": " ".join(sorted(grant.scopes)), "uid": str(UID), **holder}


def _flaw(asked: Mapping[str, str], scopes: tuple[str, ...]) -> str | None:
    address = urlsplit(asked["redirect_uri"])
    if address.scheme != "https" and address.hostname not in LOCAL:
        return "The redirect URI must be https"
    if asked.get("token_access_type", "online") not in {"online", "offline"}:
        return "token_access_type must be online or offline"
    unknown = set(asked.get("scope", "").split()) - set(scopes)
    return f"invalid_scope: the app has not {', '.join(sorted(unknown))}" if unknown else None
