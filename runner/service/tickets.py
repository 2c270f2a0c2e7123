"""The connect link that a company's admin opens: it names the integration, lives for minutes, and cannot be made up."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

import orjson

from runner.engine.house import House
from runner.engine.integrations.redirects import check_redirect
from runner.errors import CredentialUnreadable, StateRefused
from runner.model.integration import Integration
from runner.store.sessions import ConnectSession

LONGEST = 4000
"""Characters of a ticket; ours have some hundreds."""
_PURPOSE = "connect-link"


@dataclass(frozen=True)
class Ticket:
    """What a link allows: one browser to connect this integration, and then to go back to `redirect_to`."""

    id: str
    integration_id: str
    redirect_to: str | None
    expires_at: datetime


@dataclass(frozen=True)
class ConnectLink:
    """A link as it is handed out. It must be taken up before `expires_at`; it prints without its ticket."""

    id: str
    url: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"ConnectLink({self.url.partition('?')[0]}, {self.expires_at})"


def link(house: House, integration: Integration, redirect_to: str | None = None) -> ConnectLink:
    """A new link for an integration. Nothing is stored: the first browser that goes on with it takes it up.

    SettingsError as `check_redirect`.
    """
    check_redirect(house, redirect_to)
    expires_at = house.clock.now() + house.config.connect.link_lifetime
    ticket = Ticket(secrets.token_hex(16), integration.id, redirect_to, expires_at)
    return ConnectLink(ticket.id, address(house, integration.connector, ticket), expires_at)


def again(house: House, connector: str, session: ConnectSession) -> str:
    """The address of a link that a browser took up, to go on with in that browser."""
    return address(
        house, connector, Ticket(session.id, session.integration_id, session.redirect_to, session.expires_at)
    )


def opened(house: House, text: str) -> Ticket:
    """The ticket of a link, old ones too; StateRefused with code link-unknown."""
    try:
        if len(text) > LONGEST:
            raise ValueError("no ticket of ours is so long")
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        name, integration_id, redirect_to, until = orjson.loads(house.store.vault.keys.open_(sealed, _PURPOSE))
        return Ticket(name, integration_id, redirect_to, datetime.fromtimestamp(until, UTC))
    except (binascii.Error, ValueError, TypeError, CredentialUnreadable):
        raise StateRefused("this link is not complete, or was not made here", code="link-unknown") from None


def address(house: House, connector: str, ticket: Ticket) -> str:
    """Where a ticket is taken up."""
    plain = orjson.dumps([ticket.id, ticket.integration_id, ticket.redirect_to, ticket.expires_at.timestamp()])
    sealed = base64.urlsafe_b64encode(house.store.vault.keys.seal(plain, _PURPOSE)).decode().rstrip("=")
    return f"{house.base_url}/oauth/{connector}/authorize?{urlencode({'ticket': sealed})}"
