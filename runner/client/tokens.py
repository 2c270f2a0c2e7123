"""Credentials that are valid now: read from the vault, refreshed before they die, by one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from enum import Enum
from typing import Any
from weakref import WeakValueDictionary

import httpx
from sqlalchemy import Connection

from runner.client import oauth
from runner.client.recent import Recent
from runner.components.auth.base import Flow, Granted
from runner.connector import scope
from runner.connector.connector import Connector
from runner.errors import AuthenticationError, NotFound, RateLimited, SettingsError, Superseded
from runner.model.clock import Clock
from runner.model.credential import Credential
from runner.model.integration import Integration, Reason, State
from runner.model.lifecycle import is_parting
from runner.model.secret import Secret
from runner.store import integrations, leases
from runner.store.store import Store
from runner.store.vault import Stored

Apps = Mapping[str, Mapping[str, str | Secret]]
Environments = Mapping[str, Mapping[str, Mapping[str, str]]]

IsDue = Callable[[Credential], bool]

LEASE = timedelta(seconds=60)  # longer than a flow may take
_LOOK_AGAIN = 0.25  # seconds
_PATIENCE = 15.0  # seconds to wait for the refresh of another process


class Claim(Enum):
    """How the right to refresh was got: nobody had it, or one who did not live to give it back."""

    FREE = "free"
    OF_THE_DEAD = "of the dead"


def own_app(connector: str, environment: str | None) -> str:
    """The name, among the operator's apps, of the one that an environment has for itself."""
    return f"{connector}/{environment}"


def chosen_app(apps: Apps, connector: str, environment: str | None) -> Mapping[str, str | Secret]:
    """The operator's values for a connector: those of the environment, where it has its own."""
    return apps.get(own_app(connector, environment), apps.get(connector, {}))


class Tokens:
    """Hands out credentials that are valid now.

    `apps` holds the operator's values by connector (and by `own_app`), `environments` those of runner.yaml. A token is
    refreshed by one task of one process at a time: a lock here, a lease in the store, and what was rotated is stored
    before it is used.
    """

    def __init__(
        self,
        store: Store,
        http: httpx.AsyncClient,
        clock: Clock,
        apps: Apps,
        environments: Environments | None = None,
    ) -> None:
        self._store = store
        self._http = http
        self._clock = clock
        self._apps = apps
        self._environments = environments or {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._recent = Recent(store.vault.tide)

    def scope(self, connector: Connector, integration: Integration, credential: Credential, **more: Any) -> scope.Scope:
        """What the templates of a connector may read for one integration."""
        app = chosen_app(self._apps, connector.connector, integration.environment)
        environment = self.environment(connector, integration.environment)
        return scope.build(connector, integration, app=app, credential=credential, environment=environment, **more)

    def environment(self, connector: Connector, name: str) -> Mapping[str, str]:
        """The addresses of one environment; SettingsError says which there are."""
        known = {**connector.environments, **self._environments.get(connector.connector, {})}
        if name not in known:
            raise SettingsError(
                f"{connector.connector} has no environment `{name}` (there are: {', '.join(known)}; "
                "runner.yaml can add more)"
            )
        return known[name]

    def secrets(self, connector: Connector, credential: Credential) -> list[Secret]:
        """Every secret that a call of this connector may carry: what must not be repeated in a message."""
        apps = [app for name, app in self._apps.items() if name.partition("/")[0] == connector.connector]
        app = [value for values in apps for value in values.values() if isinstance(value, Secret)]
        tokens = [token for token in (credential.access_token, credential.refresh_token) if token]
        return [*app, *credential.values.values(), *tokens]

    async def get(self, connector: Connector, integration: Integration) -> Credential:
        """The credential, with a token that is not about to die when the connector needs one.

        Raises AuthenticationError when a person must act (the integration is then in `error`), PartnerUnavailable and
        RateLimited when a later try can help.
        """
        way = connector.way_in(integration.way)
        tide, at = self._recent.tide, self._clock.now()
        seen = self._recent.get(integration.id, at)
        if seen is not None and not way.is_due(seen, at):
            return seen
        stored = await self._read(connector, integration)
        if not way.is_due(stored.credential, self._clock.now()):
            self._recent.keep(integration.id, stored.credential, tide, at)
            return stored.credential
        return await self._renewed(connector, integration, lambda known: way.is_due(known, self._clock.now()))

    async def renew(self, connector: Connector, integration: Integration, refused: Credential) -> Credential:
        """A credential in place of one that the partner answered 401 to; raises as `get`."""
        return await self._renewed(connector, integration, lambda credential: _same(credential, refused))

    async def refuse(self, integration: Integration, error: AuthenticationError, refused: Credential) -> None:
        """Put the integration into `error`: nobody tries again until a person has acted. One that is switched off
        stays so, and forgets tokens that are dead.

        Nothing happens when the refused credential is no longer the stored one: somebody has acted already.
        """
        mended = "Mend the client id and secret, and sync: it is active again when that works"
        remedy = mended if error.code == "client-refused" else "Connect the integration again"
        reason = Reason(error.code, str(error), remedy)

        def work(connection: Connection) -> None:
            now, known = self._clock.now(), integrations.get(connection, integration.id)
            if not _same(self._stored(connection, integration).credential, refused):
                return
            if known.state is State.ACTIVE:
                self._store.move(connection, integration.id, State.ERROR, reason, now)
            elif known.state is State.DISABLED:
                if not is_parting(known):
                    self._store.move(connection, integration.id, State.DISABLED, reason, now)
                self._store.vault.put(connection, integration.id, Credential(values=refused.values), now)

        await self._store.database.write(work)

    async def _renewed(self, connector: Connector, integration: Integration, is_due: IsDue) -> Credential:
        lock = self._locks.setdefault(integration.id, asyncio.Lock())
        async with lock:
            waited = 0.0
            while (claim := await self._claim(integration)) is None:
                stored = await self._read(connector, integration)
                if not is_due(stored.credential):
                    return stored.credential
                if waited >= _PATIENCE:
                    raise RateLimited(f"the token of integration {integration.id} is being renewed elsewhere", wait=5.0)
                await self._clock.sleep(_LOOK_AGAIN)
                waited += _LOOK_AGAIN
            return await self._renewed_alone(connector, integration, is_due, claim)

    async def _renewed_alone(
        self, connector: Connector, integration: Integration, is_due: IsDue, claim: Claim
    ) -> Credential:
        try:
            stored = await self._read(connector, integration)
            if not is_due(stored.credential):
                return stored.credential
            try:
                return await self._renew(connector, integration, stored)
            except AuthenticationError as error:
                told = _interrupted(error) if claim is Claim.OF_THE_DEAD else error
                await self.refuse(integration, told, stored.credential)
                raise told from None
        finally:
            await self._store.database.write(lambda connection: leases.release(connection, _key(integration)))

    async def _claim(self, integration: Integration) -> Claim | None:
        """None while another process refreshes."""
        now, key = self._clock.now(), _key(integration)

        def work(connection: Connection) -> Claim | None:
            dead = leases.is_left_behind(connection, key, now)
            if not leases.claim(connection, key, now + LEASE, now):
                return None
            return Claim.OF_THE_DEAD if dead else Claim.FREE

        return await self._store.database.write(work)

    async def _renew(self, connector: Connector, integration: Integration, stored: Stored) -> Credential:
        granted = await oauth.run(self._flow(connector, integration, stored.credential), self._http)
        credential = replace(granted.credential, values=stored.credential.values)

        def keep(connection: Connection) -> None:
            now = self._clock.now()
            self._store.vault.put(connection, integration.id, credential, now, expect_version=stored.version)
            _keep_captured(connection, integration, granted, self._clock)

        try:
            await self._store.database.write(keep)
        except Superseded:  # somebody connected anew in the meantime: theirs is the one to use
            return (await self._read(connector, integration)).credential
        return credential

    def _flow(self, connector: Connector, integration: Integration, credential: Credential) -> Flow:
        known = self.scope(connector, integration, credential)
        now = self._clock.now()
        way = connector.way_in(integration.way)
        return way.obtain(known, now) if way.flow == "token" else way.refresh(known, credential, now)

    async def _read(self, connector: Connector, integration: Integration) -> Stored:
        stored = await self._store.database.read(lambda connection: self._stored(connection, integration))
        if stored.version == 0 and connector.way_in(integration.way).flow == "code":
            raise AuthenticationError(f"{connector.title} is not connected yet (connect it first)")
        return stored

    def _stored(self, connection: Connection, integration: Integration) -> Stored:
        """What the vault holds; an empty credential of version 0 when it holds nothing."""
        try:
            return self._store.vault.read(connection, integration.id)
        except NotFound:
            return Stored(Credential(), 0)


def _interrupted(error: AuthenticationError) -> AuthenticationError:
    """The refusal after a refresh that somebody did not finish: the partner had answered with a token that was lost."""
    text = f"a refresh was cut off before its new token was stored, and the old one is dead: {error}"
    return AuthenticationError(text, status=error.status, code="refresh-interrupted")


def _same(one: Credential, other: Credential) -> bool:
    return (one.access_token, one.values) == (other.access_token, other.values)


def _key(integration: Integration) -> str:
    return f"refresh:{integration.id}"


def _keep_captured(connection: Connection, integration: Integration, granted: Granted, clock: Clock) -> None:
    if granted.captured:
        now = integrations.get(connection, integration.id)
        account = {**now.account, **granted.captured}
        integrations.set_account(connection, now.id, now.account_id, now.account_name, account, clock.now())
