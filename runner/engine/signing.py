"""The secrets that a delivery is checked with: several while they rotate, none when nothing is set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from runner.connector.connector import Connector
from runner.connector.scope import previous
from runner.engine.house import House
from runner.errors import NotFound
from runner.model.event import Delivery
from runner.model.secret import Secret
from runner.store import integrations, subscriptions


def app_of(house: House, connector: Connector) -> dict[str, Any]:
    """The operator's values, as templates of `verify` read them."""
    given = house.app(connector.connector)
    return {name: given.get(name) or declared.default for name, declared in connector.app.items()}


async def signing_secrets(house: House, connector: Connector, name: str | None, delivery: Delivery) -> list[Secret]:
    """What the secret called `name` is now, and what it was just before; nothing is let in without any.

    StoreError when the store cannot say.
    """
    if name is None:
        return []
    place, _, key = name.partition(".")
    if place == "app":
        given = house.app(connector.connector)
        return _filled(given.get(key), given.get(previous(key)))
    if delivery.integration_id is None:
        return []
    return await _of_integration(house, connector, place, key, delivery.integration_id)


async def _of_integration(
    house: House, connector: Connector, place: str, key: str, integration_id: str
) -> list[Secret]:
    def work(connection: Connection) -> list[Secret]:
        integration = integrations.get(connection, integration_id)
        if integration.connector != connector.connector:
            return []
        vault = house.store.vault
        if place == "subscription":
            return subscriptions.secrets(connection, vault.keys, connector.connector, integration_id, key)
        credential = vault.get(connection, integration_id)
        return _filled(credential.values.get(key), _shown(integration.settings, key))

    try:
        return await house.store.database.read(work)
    except NotFound:
        return []


def _shown(settings: Mapping[str, Any], key: str) -> str | None:
    value = settings.get(key)
    return str(value) if value else None


def _filled(*values: str | Secret | None) -> list[Secret]:
    return [value if isinstance(value, Secret) else Secret(value) for value in values if value]
