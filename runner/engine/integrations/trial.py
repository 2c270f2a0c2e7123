"""Prove a credential before it is kept: fetch a token where that is the way, and ask whose account it opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from runner.client import oauth
from runner.client.tokens import Tokens
from runner.components.auth.base import Auth, Identify
from runner.components.auth.oauth2 import Capture, OAuth2
from runner.connector.connector import Connector
from runner.connector.endpoint import Endpoint
from runner.connector.wanted import names_in
from runner.engine.house import House
from runner.errors import AuthenticationError, MappingError, UnexpectedResponse
from runner.model.credential import Credential
from runner.model.http import Response
from runner.model.integration import Integration
from runner.model.record import as_id


@dataclass(frozen=True)
class Proof:
    """What a trial found: a credential that works, and whose account it opens (None: the connector does not ask)."""

    credential: Credential = field(repr=False)
    account_id: str | None
    account_name: str | None
    account: Mapping[str, Any]


class Trial(Tokens):
    """Hands out one credential that is stored nowhere yet; a refusal changes no integration."""

    def __init__(self, house: House, credential: Credential) -> None:
        super().__init__(house.store, house.http, house.clock, house.apps, house.config.environments)
        self._tried = credential

    async def get(self, connector: Connector, integration: Integration) -> Credential:  # noqa: ARG002  # as Tokens
        return self._tried

    async def renew(
        self,
        connector: Connector,
        integration: Integration,  # noqa: ARG002  # as Tokens
        refused: Credential,  # noqa: ARG002  # as Tokens
    ) -> Credential:
        raise AuthenticationError(f"{connector.title} refuses what was given (check it and connect again)", status=401)

    async def refuse(self, *refused: object) -> None:
        """Whoever tries hears of it by the error."""


async def prove(
    house: House,
    connector: Connector,
    integration: Integration,
    credential: Credential,
    callback: Mapping[str, str] | None = None,
) -> Proof:
    """Try a credential at the partner. Raises the PartnerError family; nothing is stored."""
    account = dict(integration.account)
    way = connector.way_in(integration.way)
    if way.flow == "token":
        known = house.tokens.scope(connector, integration, credential)
        granted = await oauth.run(way.obtain(known, house.clock.now()), house.http)
        credential = replace(granted.credential, values=credential.values)
        account |= granted.captured
    if way.identify is None:
        return Proof(credential, integration.account_id, integration.account_name, account)
    caller = house.caller.with_tokens(Trial(house, credential))
    probe = replace(integration, account=account)
    endpoint = connector.endpoints[way.identify.endpoint]
    try:
        response = await caller.call(connector, endpoint, probe)
    except MappingError as error:
        raise _untold(connector, way, endpoint, account) or error from None
    _check(connector, way.identify, endpoint, response)
    told = {
        "body": response.json,
        "settings": dict(integration.settings),
        "account": account,
        "callback": dict(callback or {}),
    }
    account_id, account_name = _identity(connector, way.identify, told)
    account |= _captured(connector, way.identify, told)
    return Proof(credential, account_id, account_name, account)


def _untold(
    connector: Connector, way: Auth, endpoint: Endpoint, account: Mapping[str, Any]
) -> UnexpectedResponse | None:
    """Why the call could not be written, when it is for what the partner did not tell while connecting, or told in a
    form that the connector does not take; None when it is for something else."""
    capture = way.capture if isinstance(way, OAuth2) else Capture()
    read = {name[1] for name in (*names_in(endpoint), *names_in(connector.http)) if name[0] == "account"}
    lacking = [name for name in (*capture.callback, *capture.token) if name in read and account.get(name) is None]
    if not lacking:
        return None
    told = " and ".join(f"`{name}`" for name in lacking)
    return UnexpectedResponse(
        f"{connector.title} let us in, but sent no {told} that can be used, and without it no call can be made "
        "(connect again; if it stays so, tell the operator)"
    )


def _check(connector: Connector, identify: Identify, endpoint: Endpoint, response: Response) -> None:
    """UnexpectedResponse unless the answer holds what the endpoint promises: a page of HTML opens no account."""
    try:
        found = endpoint.records.search(response.json)
    except MappingError as error:
        raise UnexpectedResponse(f"{connector.title} `{identify.endpoint}`: {error}") from None
    if found is None:
        what = f"there is nothing at `records: {endpoint.records}`" if response.is_json else "it is no JSON"
        raise UnexpectedResponse(f"{connector.title} `{identify.endpoint}` answers what it should not: {what}")


def _captured(connector: Connector, identify: Identify, told: dict[str, Any]) -> dict[str, Any]:
    try:
        found = {name: path.search(told) for name, path in identify.capture.items()}
    except MappingError as error:
        raise UnexpectedResponse(f"{connector.title} `{identify.endpoint}`: {error}") from None
    return {name: value for name, value in found.items() if value is not None}


def _identity(connector: Connector, identify: Identify, told: dict[str, Any]) -> tuple[str, str | None]:
    try:
        account_id = as_id(identify.account_id.search(told))
        name = identify.account_name.search(told) if identify.account_name else None
    except MappingError as error:
        raise UnexpectedResponse(f"{connector.title} `{identify.endpoint}`: {error}") from None
    if account_id is None:
        raise UnexpectedResponse(
            f"{connector.title} `{identify.endpoint}` answers, but `{identify.account_id}` gives no account id "
            "(mend auth.identify in the connector)"
        )
    return account_id, name if isinstance(name, str) and name else None
