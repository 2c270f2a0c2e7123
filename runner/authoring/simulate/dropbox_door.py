"""
Who may make which call of Dropbox's API.

Source: `auth.stone` and `common.stone` of the specification. Limits are kept for each authorization, and the same
listing twice at once is one too many.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.requests import Request

from runner.authoring.simulate.answers import Refusal
from runner.authoring.simulate.consents import basic_of, bearer_of
from runner.authoring.simulate.dropbox_calls import Caller, View, view_of
from runner.authoring.simulate.dropbox_errors import error, malformed, tagged, too_many, unauthorized
from runner.authoring.simulate.dropbox_oauth import DropboxGrants
from runner.authoring.simulate.dropbox_options import DropboxOptions
from runner.authoring.simulate.dropbox_routes import Call
from runner.authoring.simulate.dropbox_team import Team
from runner.authoring.simulate.grants import Grant
from runner.authoring.simulate.limits import Gate
from runner.authoring.simulate.table import Row

Key = tuple[str, str, bytes]


class Door:
    """`violated` hears of each call that was one too many."""

    def __init__(
        self,
        options: DropboxOptions,
        grants: DropboxGrants,
        team: Team,
        account: Row,
        gate: Gate,
        violated: Callable[[], None],
    ) -> None:
        self._options = options
        self._grants = grants
        self._team = team
        self._account = account
        self._gate = gate
        self._violated = violated
        self._under_way: Counter[Key] = Counter()
        self._locked: Counter[str] = Counter()

    def admit(self, request: Request, call: Call) -> Caller:
        """Raises Refusal."""
        header = request.headers.get("authorization")
        if call.auth == "noauth":
            if header is not None:
                raise malformed(call.route, "This API function takes no authorization.")
            return Caller(None, View())
        if header is None:
            message = 'Must provide HTTP Authorization header or URL parameter "authorization".'
            raise malformed(call.route, message)
        if call.auth == "app, user" and basic_of(request) == (self._options.client_id, self._options.client_secret):
            return Caller(None, View())
        grant = self._granted(request, call)
        self._demand_pace(grant)
        if call.auth != "team" and self._options.team and call.route != "auth/token/revoke":
            self._demand_member(request, call)
        return Caller(grant, view_of(request, call.route, self._account))

    def _granted(self, request: Request, call: Call) -> Grant:
        token = bearer_of(request)
        grant = self._grants.admitted(token)
        if grant is None:
            raise unauthorized("expired_access_token" if self._grants.has_expired(token) else "invalid_access_token")
        if call.auth == "team" and not self._options.team:
            raise malformed(call.route, "This API function operates on a team, but the token is for a single account.")
        if call.scope and call.scope not in grant.scopes:
            raise unauthorized("missing_scope", required_scope=call.scope)
        return grant

    def _demand_pace(self, grant: Grant) -> None:
        wait = self._gate.wait(grant.id)
        if wait:
            self._violated()
            raise Refusal(too_many(max(1, round(wait)), plain=self._options.plain_429))

    @asynccontextmanager
    async def passing(self, call: Call, key: Key) -> AsyncIterator[None]:
        """While a call is under way. Raises Refusal where the same one is already, and must be alone, and where
        another one holds the lock of the namespace."""
        if call.alone and self._under_way[key]:
            self._violated()
            raise Refusal(too_many(1, plain=self._options.plain_429))
        if call.locks and self._locked[key[0]]:
            self._violated()
            raise Refusal(error(409, tagged("too_many_write_operations")))
        self._under_way[key] += 1
        self._locked[key[0]] += call.locks
        try:
            if call.alone or call.locks:
                await asyncio.sleep(0)  # others may come meanwhile
            yield
        finally:
            self._under_way[key] -= 1
            self._locked[key[0]] -= call.locks

    def _demand_member(self, request: Request, call: Call) -> None:
        """A team's token acts for a member, and says for which."""
        who = ("user", "admin")
        chosen = {name: request.headers.get(f"dropbox-api-select-{name}") for name in who}
        member = chosen["user"] or chosen["admin"]
        if member is None:
            raise malformed(call.route, "The token is for a whole team: say for whom with Dropbox-API-Select-User.")
        suspended = self._team.suspended(member)
        if suspended is None:
            raise unauthorized("invalid_select_user" if chosen["user"] else "invalid_select_admin")
        if suspended:
            raise unauthorized("user_suspended")
