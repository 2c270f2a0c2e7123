"""
Housecall Pro's OAuth 2.0, for approved partners.

Source: the vendor's authentication page as described in public. A refresh repeats the redirect URI. The words of errors
are those of RFC 6749, 5.2 (unverified).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from starlette.responses import Response

from runner.authoring.simulate.consents import Terms
from runner.authoring.simulate.grants import Grant, Grants, Rules
from runner.authoring.simulate.housecallpro_options import HousecallProOptions
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row

SCOPE = "public"


class HousecallGrants(Grants):
    """Who let the app in."""

    takes_json = True

    def __init__(self, options: HousecallProOptions, now: Callable[[], datetime], dice: Dice) -> None:
        terms = Terms(
            title="Housecall Pro",
            account=options.company_name,
            client_id=options.client_id,
            redirect_uris=options.redirect_uris,
            code_lifetime=options.code_lifetime,
            scopes=SCOPE,
            flaw=_flaw,
        )
        rules = Rules(
            client_id=options.client_id,
            client_secret=options.client_secret,
            scopes=(SCOPE,),
            access_lifetime=options.access_lifetime,
            rotating=options.rotating,
        )
        super().__init__(terms, rules, now, dice)
        self._now = now
        self._renewed = options.renewed_lifetime
        self._kept: dict[str, str] = {}

    def answer(self, grant: Grant, access: str, refresh: str | None) -> Row:
        """Every answer has a refresh token."""
        if refresh is not None:
            self._kept[grant.id] = refresh
        kept = {"refresh_token": self._kept[grant.id], "created_at": int(self._now().timestamp())}
        return {**super().answer(grant, access, None), "token_type": "Bearer", **kept}

    def issue(self, grant: Grant | None = None, *, again: bool = False) -> Row:
        """Later tokens live a little longer."""
        body = super().issue(grant, again=again)
        if not again:
            return body
        self._access.expire(body["access_token"], self._renewed)
        return {**body, "expires_in": int(self._renewed)}

    def _renew(self, form: Mapping[str, str]) -> Response:
        grant: Grant | None = self._refresh.about(form.get("refresh_token", ""))
        if grant is not None and grant.asked.get("redirect_uri", "") != form.get("redirect_uri", ""):
            return self.refuse("invalid_grant", "The redirect URI is not that of the authorization")
        return super()._renew(form)


def _flaw(asked: Mapping[str, str]) -> str | None:
    return None if asked.get("scope", SCOPE) == SCOPE else "The requested scope is invalid"
