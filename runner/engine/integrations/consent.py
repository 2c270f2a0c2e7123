"""Connecting by consent (OAuth 2.0, RFC 6749 section 4.1): out to the partner, and back with a code."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import itsdangerous
from sqlalchemy import Connection

from runner.client import oauth
from runner.components.auth.oauth2_authorization_code import OAuth2AuthorizationCode
from runner.connector.connector import Connector
from runner.engine.house import House
from runner.engine.integrations.connect import activate, fail
from runner.engine.integrations.redirects import check_redirect
from runner.engine.integrations.trial import prove
from runner.errors import (
    AuthenticationError,
    MappingError,
    NotFound,
    PartnerError,
    SettingsError,
    StateRefused,
)
from runner.model.credential import Credential
from runner.model.integration import Integration, State
from runner.store import integrations, states
from runner.store.states import OAuthState

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True)
class Connected:
    """An integration that became active, and where its person wanted to go then."""

    integration: Integration
    redirect_to: str | None


async def authorize_url(
    house: House, integration_id: str, redirect_to: str | None = None, session_id: str | None = None
) -> str:
    """The partner's page where a person consents; good for ten minutes and one answer.

    `redirect_to` is as `check_redirect` allows; `session_id` names the connect session whose browser is sent there.
    """
    check_redirect(house, redirect_to)
    integration = await house.store.database.read(lambda connection: integrations.get(connection, integration_id))
    connector, auth = _auth(house, integration)
    nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    sealed = house.store.vault.keys.seal(verifier.encode(), states.bound_to(integration_id))
    expires_at = house.clock.now() + LIFETIME
    known = house.tokens.scope(connector, integration, await _credential(house, integration_id))
    sent = _signer(house).dumps([nonce, integration_id])
    flow = auth.consent(known, state=sent, redirect_uri=house.callback_url, verifier=verifier)
    url = await oauth.run(flow, house.http)
    await house.store.database.write(
        lambda connection: states.begin(
            connection, integration_id, _hash(nonce), sealed, redirect_to, expires_at, session_id
        )
    )
    return url


async def finish(house: House, query: Mapping[str, str]) -> Connected:
    """What the partner sent the person back with becomes an active integration.

    Raises StateRefused when the state is not ours, old or used; AuthenticationError when consent was refused or is
    for another account; the rest of the PartnerError family when the partner does not play along. An integration
    that was active before stays as it was.
    """
    state, integration = await _state(house, query.get("state", ""))
    connector, auth = _auth(house, integration)
    try:
        code = _code(connector, query)
        verifier = house.store.vault.keys.open_(state.verifier or b"", states.bound_to(integration.id)).decode()
        return await _exchange(house, connector, auth, integration, state, code, verifier, query)
    except (PartnerError, MappingError, SettingsError) as error:
        await fail(house, connector, integration, error)
        raise


async def session_of(house: House, state: str) -> str | None:
    """The connect session whose browser was sent out with this state, used or not; None when nobody knows."""
    try:
        nonce, _ = _signer(house).loads(state)
        hashed = _hash(str(nonce))
    except (itsdangerous.BadData, TypeError, ValueError):
        return None
    return await house.store.database.read(lambda connection: states.session_of(connection, hashed))


@dataclass(frozen=True)
class Ended:
    """A consent that was brought back before: whether it connected the integration, as far as can be told now."""

    integration: Integration
    connected: bool


async def ended(house: House, state: str) -> Ended | None:
    """What became of a consent whose answer comes once more, by the back or reload button; None when it is the first
    time, or nobody knows."""
    try:
        nonce, _ = _signer(house).loads(state)
        hashed = _hash(str(nonce))
    except (itsdangerous.BadData, TypeError, ValueError):
        return None

    def work(connection: Connection) -> Ended | None:
        taken = states.used(connection, hashed)
        if taken is None:
            return None
        found = integrations.get(connection, taken.integration_id)
        since = found.updated_at is not None and found.updated_at >= taken.at
        return Ended(found, found.state is State.ACTIVE and since)

    try:
        return await house.store.database.read(work)
    except NotFound:
        return None


async def _exchange(
    house: House,
    connector: Connector,
    auth: OAuth2AuthorizationCode,
    integration: Integration,
    state: OAuthState,
    code: str,
    verifier: str,
    query: Mapping[str, str],
) -> Connected:
    stored = await _credential(house, integration.id)
    captured = auth.captured_of_callback(query)
    asking = replace(integration, account={**integration.account, **captured})
    known = house.tokens.scope(connector, asking, stored)
    auth.check_callback(known, query)
    flow = auth.exchange(known, code=code, redirect_uri=house.callback_url, verifier=verifier, now=house.clock.now())
    granted = await oauth.run(flow, house.http)
    asking = replace(asking, account={**asking.account, **granted.captured})
    credential = replace(granted.credential, values=stored.values)
    proof = await prove(house, connector, asking, credential, query)
    return Connected(await activate(house, connector, integration, proof), state.redirect_to)


async def _state(house: House, text: str) -> tuple[OAuthState, Integration]:
    """Take the state: signed by us, known, unused and fresh."""
    try:
        nonce, integration_id = _signer(house).loads(text)
        hashed = _hash(str(nonce))
    except (itsdangerous.BadData, TypeError, ValueError):
        raise StateRefused(
            "this answer does not belong to a consent that was begun here; click Connect again", code="state-unknown"
        ) from None

    def work(connection: Connection) -> tuple[OAuthState, Integration]:
        taken = states.use(connection, hashed, house.clock.now())
        if taken.integration_id != integration_id:
            raise StateRefused(
                "this consent was begun for another integration; click Connect again", code="state-unknown"
            )
        return taken, integrations.get(connection, taken.integration_id)

    return await house.store.database.write(work)


def _code(connector: Connector, query: Mapping[str, str]) -> str:
    error = query.get("error")
    if error == "access_denied":
        raise AuthenticationError(
            f"consent was refused at {connector.title} (click Connect again, and approve)", code="consent-refused"
        )
    if error:
        told = error if re.fullmatch(r"[a-z_]{1,40}", error) else "an error"
        raise AuthenticationError(
            f"{connector.title} answers {told} in place of consent (click Connect again; if it stays so, tell the "
            "operator)",
            code="consent-failed",
        )
    if not query.get("code"):
        raise AuthenticationError(
            f"{connector.title} sent nobody's consent back: there is no code (click Connect again)",
            code="consent-failed",
        )
    return query["code"]


def _auth(house: House, integration: Integration) -> tuple[Connector, OAuth2AuthorizationCode]:
    connector = house.connectors.get(integration.connector)
    way = connector.way_in(integration.way)
    if not isinstance(way, OAuth2AuthorizationCode):
        raise SettingsError(f"{connector.title} is not connected by consent: fill in its settings")
    return connector, way


async def _credential(house: House, integration_id: str) -> Credential:
    """What the company filled in; a credential that was forgotten is an empty one."""

    def work(connection: Connection) -> Credential:
        try:
            return house.store.vault.get(connection, integration_id)
        except NotFound:
            return Credential()

    return await house.store.database.read(work)


def _signer(house: House) -> itsdangerous.URLSafeSerializer:
    return itsdangerous.URLSafeSerializer(house.store.vault.keys.derive("oauth-state"), salt="runner.oauth-state")


def _hash(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()
