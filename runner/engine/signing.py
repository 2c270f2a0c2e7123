"""The secrets that a delivery is checked with: several while they rotate, none when nothing is set."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from runner.components.verifiers.base import Verifier
from runner.connector.connector import Connector
from runner.connector.scope import previous
from runner.engine.house import House
from runner.engine.rotation import secrets_of
from runner.errors import BadSignature, NotFound
from runner.model.event import Delivery
from runner.model.secret import Secret
from runner.store import integrations, subscriptions

_DECOY = Secret(os.urandom(32).hex())
"""What is compared with where there is no secret."""


def prove(verify: Verifier, delivery: Delivery, secrets: list[Secret], now: datetime, app: Mapping[str, Any]) -> None:
    """Return when the delivery is the partner's; raises as `verify` does. Where a secret is needed and there is none,
    nothing passes, and finding that out is the work of a wrong signature: who asks learns nothing from the time."""
    lacks = verify.secret_name is not None and not any(secrets)
    verify.verify(delivery, [_DECOY] if lacks else secrets, now, app)
    if lacks:
        raise BadSignature(f"no secret to check {delivery.connector} with (set {verify.secret_name})")


def pretend(delivery: Delivery) -> None:
    """The work of a check, for a connector that there is not."""
    hmac.digest(_DECOY.reveal().encode(), delivery.body, "sha256")


def app_of(house: House, connector: Connector) -> dict[str, Any]:
    """The operator's values, as templates of `verify` read them."""
    given = house.app(connector.connector)
    return {name: given.get(name) or declared.default for name, declared in connector.app.items()}


async def signing_secrets(house: House, connector: Connector, name: str | None, delivery: Delivery) -> list[Secret]:
    """What the secret called `name` is now, and what it was just before; nothing is let in without any. One of the
    operator's may differ from environment to environment, which only the partner knows.

    StoreError when the store cannot say.
    """
    if name is None:
        return []
    place, _, key = name.partition(".")
    if place == "app":
        return _of_apps(house, connector, key)
    if delivery.integration_id is None:
        return []
    return await _of_integration(house, connector, place, key, delivery.integration_id)


def _of_apps(house: House, connector: Connector, key: str) -> list[Secret]:
    """Of every environment, each once; found once in the life of a house, whose apps stay the same."""
    known, at = house.signing_secrets, (connector.connector, key)
    if at not in known or known[at][0] is not connector:
        apps = [house.app(connector.connector, environment) for environment in (None, *connector.environments)]
        found = _filled(*(app.get(name) for app in apps for name in (key, previous(key))))
        known[at] = (connector, list(dict.fromkeys(found)))
    return known[at][1]


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
        return [*secrets_of(credential.values, key, house.clock.now()), *_filled(_shown(integration.settings, key))]

    try:
        return await house.store.database.read(work)
    except NotFound:
        return []


def _shown(settings: Mapping[str, Any], key: str) -> str | None:
    value = settings.get(key)
    return str(value) if value else None


def _filled(*values: str | Secret | None) -> list[Secret]:
    return [value if isinstance(value, Secret) else Secret(value) for value in values if value]
