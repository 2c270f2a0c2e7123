"""The link that a company's admin clicks: it names the integration, lives for some days, and cannot be made up."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

import orjson

from runner.engine.consent import check_redirect
from runner.engine.house import House
from runner.errors import CredentialUnreadable, StateRefused
from runner.model.integration import Integration

LIFETIME = timedelta(days=7)
_PURPOSE = "connect-link"


@dataclass(frozen=True)
class Ticket:
    """What a link allows: to connect this integration, and then to go back to `redirect_to`."""

    integration_id: str
    redirect_to: str | None


def link(house: House, integration: Integration, redirect_to: str | None = None) -> str:
    """The address at which an admin begins the consent for an integration; SettingsError as `check_redirect`."""
    check_redirect(house, redirect_to)
    until = (house.clock.now() + LIFETIME).timestamp()
    plain = orjson.dumps([integration.id, redirect_to, until])
    sealed = base64.urlsafe_b64encode(house.store.vault.keys.seal(plain, _PURPOSE)).decode().rstrip("=")
    return f"{house.base_url}/oauth/{integration.connector}/authorize?{urlencode({'ticket': sealed})}"


def opened(house: House, text: str, now: datetime) -> Ticket:
    """The ticket of a link; StateRefused with code link-unknown or link-expired."""
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        integration_id, redirect_to, until = orjson.loads(house.store.vault.keys.open_(sealed, _PURPOSE))
    except (binascii.Error, ValueError, TypeError, CredentialUnreadable):
        raise StateRefused("this link is not complete, or was not made here", code="link-unknown") from None
    if now.timestamp() > until:
        raise StateRefused("this link is more than seven days old", code="link-expired")
    return Ticket(integration_id, redirect_to)
