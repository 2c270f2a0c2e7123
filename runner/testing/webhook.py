"""A webhook as the partner would send it: signed in the way that the connector says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from runner.connector.connector import Connector
from runner.engine.house import House
from runner.engine.subscriptions.signing import app_of, signing_secrets
from runner.errors import SettingsError
from runner.model.event import Delivery


async def signed(
    house: House, connector: Connector, body: bytes, headers: Mapping[str, str], integration_id: str | None
) -> Delivery:
    """The delivery, signed now with the secret that is set. SettingsError when there is none, or the connector has no
    webhooks."""
    if connector.webhooks is None:
        raise SettingsError(f"{connector.connector} declares no webhooks")
    verify, at = connector.webhooks.verify, house.clock.now()
    place = f"/webhooks/{connector.connector}" + (f"/{integration_id}" if integration_id else "")
    lower = {name.lower(): value for name, value in headers.items()}
    plain = Delivery(connector.connector, "POST", house.base_url + place, lower, body, at, integration_id)
    if verify.secret_name is None:
        return plain
    secrets = await signing_secrets(house, connector, verify.secret_name, plain)
    if not secrets:
        raise SettingsError(f"there is no {verify.secret_name} to sign with (name it in `app` or `settings`)")
    proof = {name.lower(): value for name, value in verify.sign(plain, secrets[0], app_of(house, connector)).items()}
    return replace(plain, headers={**lower, **proof})
