"""A partner says, at the address of callbacks, that a company removed the app there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection

from runner.components.auth.base import written
from runner.components.auth.oauth2_authorization_code import OAuth2AuthorizationCode
from runner.connector.connector import Connector
from runner.engine.house import House
from runner.engine.integrations.disconnect import part
from runner.errors import AuthenticationError, BadSignature, MalformedDelivery, MappingError
from runner.model.integration import Integration, Reason, State
from runner.model.record import as_id
from runner.store import integrations

Told = tuple[Connector, OAuth2AuthorizationCode, str | None]
"""Who says so: a connector, its way in, and the environment whose app proved it (None: the app of all others)."""


async def uninstalled(house: House, method: str, authorization: str, body: bytes) -> int:
    """Disconnect the integrations of the account that the body names; returns how many.

    BadSignature unless the header proves a connector that expects such a request; MalformedDelivery when no account
    can be read.
    """
    told = next((one for one in _expected(house, method) if _is_proved(house, one, authorization)), None)
    if told is None:
        raise BadSignature("nobody who may say so")
    account = _account(told[1], body)
    connector, _, environment = told
    reason = Reason(
        "partner-disconnected", f"The app was removed at {connector.title}", f"Connect {connector.title} again"
    )

    def work(connection: Connection) -> int:
        found = integrations.by_account(connection, connector.connector, account)
        parted = [one for one in found if one.state is not State.DISABLED and _is_of(house, one, environment)]
        for one in parted:
            part(connection, house, one.id, reason)
        return len(parted)

    count = await house.store.database.write(work)
    house.log.info("uninstalled", connector=connector.connector, integrations=count)
    return count


def _expected(house: House, method: str) -> Iterator[Told]:
    for connector in house.connectors.all():
        for way in connector.ways.values():
            if isinstance(way, OAuth2AuthorizationCode) and way.uninstall and way.uninstall.method == method:
                environments = (*connector.environments, *house.config.environments.get(connector.connector, {}))
                own = [name for name in environments if house.has_own_app(connector.connector, name)]
                yield from ((connector, way, environment) for environment in (None, *own))


def _is_proved(house: House, told: Told, authorization: str) -> bool:
    connector, way, environment = told
    scope = {"app": _app(house, connector, environment)}
    try:
        client = (written(way.client_id, scope, "the client id"), written(way.client_secret, scope, "the secret"))
    except (AuthenticationError, MappingError):
        return False
    return way.uninstall is not None and way.uninstall.admits(authorization, client)


def _app(house: House, connector: Connector, environment: str | None) -> Mapping[str, Any]:
    given = house.app(connector.connector, environment)
    return {name: given.get(name) or declared.default for name, declared in connector.app.items()}


def _account(way: OAuth2AuthorizationCode, body: bytes) -> str:
    try:
        account = as_id(way.uninstall.account.search(orjson.loads(body))) if way.uninstall else None
    except (orjson.JSONDecodeError, MappingError):
        account = None
    if account is None:
        raise MalformedDelivery("no account can be read")
    return account


def _is_of(house: House, integration: Integration, environment: str | None) -> bool:
    """Whether the app that proved it is the one that the integration was connected with."""
    own = house.has_own_app(integration.connector, integration.environment)
    return (integration.environment if own else None) == environment
