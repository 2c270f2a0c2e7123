"""The secrets that a delivery is checked with: several while they rotate, none when nothing is set."""

from __future__ import annotations

import asyncio
import hmac
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from runner.components.verifiers.base import Check, Verifier
from runner.connector.connector import Connector
from runner.connector.scope import previous
from runner.engine.house import House
from runner.engine.subscriptions.rotation import secrets_of
from runner.engine.voucher import Environments, Voucher, Vouchers
from runner.errors import BadSignature, NotFound
from runner.model.event import Delivery
from runner.model.secret import Secret
from runner.store import integrations, subscriptions

_DECOY = Secret(os.urandom(32).hex())
"""What is compared with where there is no secret."""


def prover(verify: Verifier, secrets: Sequence[Secret], app: Mapping[str, Any]) -> Check:
    """Returns when the delivery is the partner's; raises as `verify` does. Where a secret is needed and there is none,
    nothing passes, and finding that out is the work of a wrong signature: who asks learns nothing from the time."""
    lacks = verify.secret_name is not None and not any(secrets)
    try:
        check = verify.ready([_DECOY] if lacks else secrets, app)
    except BadSignature as flaw:
        return _raising(str(flaw))
    return _after(check, verify.secret_name) if lacks else check


def _raising(words: str) -> Check:
    def check(_: Delivery, __: datetime) -> None:
        raise BadSignature(words)

    return check


def _after(pretended: Check, name: str | None) -> Check:
    def check(delivery: Delivery, now: datetime) -> None:
        pretended(delivery, now)
        raise BadSignature(f"no secret to check {delivery.connector} with (set {name})")

    return check


def pretend(delivery: Delivery) -> None:
    """The work of a check, for a connector that there is not."""
    hmac.digest(_DECOY.reveal().encode(), delivery.body, "sha256")


def app_of(house: House, connector: Connector, environment: str | None = None) -> dict[str, Any]:
    """The operator's values, as templates of `verify` read them."""
    given = house.app(connector.connector, environment)
    return {name: given.get(name) or declared.default for name, declared in connector.app.items()}


async def vouchers(house: House, connector: Connector, name: str | None, delivery: Delivery) -> Vouchers:
    """Who may prove a delivery with the secret called `name`: what it is now, and what it was just before. One of the
    operator's may differ from environment to environment: each app is a voucher of its own. There is always one, be it
    without a secret.

    StoreError when the store cannot say.
    """
    if name is None or name.startswith("app."):
        return _of_apps(house, connector, name)
    place, _, key = name.partition(".")
    owner = delivery.integration_id
    found = [] if owner is None else await _of_integration(house, connector, place, key, owner)
    return Vouchers((_made(connector, found, app_of(house, connector), None),), bound=True)


async def signing_secrets(house: House, connector: Connector, name: str | None, delivery: Delivery) -> list[Secret]:
    """What the secret called `name` is, of every environment; nothing is let in without any. Raises as `vouchers`."""
    return list(dict.fromkeys((await vouchers(house, connector, name, delivery)).secrets))


def _of_apps(house: House, connector: Connector, name: str | None) -> Vouchers:
    """The app of all environments and those that some have for themselves, without those that lack the secret; found
    once in the life of a house, whose apps stay the same."""
    at = (connector.connector, name)
    found = house.vouchers.get(at)
    if found is None or found[0] is not connector:
        made = tuple(_vouchers(house, connector, (name or "").removeprefix("app.")))
        found = house.vouchers[at] = (connector, Vouchers(tuple(one for one in made if one.secrets) or made[:1]))
    return found[1]


def _vouchers(house: House, connector: Connector, key: str) -> Iterator[Voucher]:
    every = (*connector.environments, *house.config.environments.get(connector.connector, {}))
    own = [name for name in dict.fromkeys(every) if house.has_own_app(connector.connector, name)]
    yield _voucher(house, connector, key, None, frozenset(every).difference(own) if own else None)
    for name in own:
        yield _voucher(house, connector, key, name, frozenset([name]))


def _voucher(
    house: House, connector: Connector, key: str, environment: str | None, speaks_for: Environments
) -> Voucher:
    app = house.app(connector.connector, environment)
    secrets = _filled(app.get(key), app.get(previous(key)))
    return _made(connector, secrets, app_of(house, connector, environment), speaks_for)


def _made(connector: Connector, secrets: list[Secret], app: Mapping[str, Any], speaks_for: Environments) -> Voucher:
    known = tuple(dict.fromkeys(secrets))
    assert connector.webhooks is not None  # else nobody asks who vouches for them
    return Voucher(speaks_for, known, prover(connector.webhooks.verify, known, app))


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

    assert connector.webhooks is not None  # else nobody asks for them
    try:
        async with asyncio.timeout(connector.webhooks.answer.patience):
            return await house.store.database.read(work)
    except NotFound:
        return []


def _shown(settings: Mapping[str, Any], key: str) -> str | None:
    value = settings.get(key)
    return str(value) if value else None


def _filled(*values: str | Secret | None) -> list[Secret]:
    return [value if isinstance(value, Secret) else Secret(value) for value in values if value]
