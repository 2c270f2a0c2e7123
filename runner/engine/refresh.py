"""Keep tokens alive: a refresh token that nobody uses dies with its partner's patience."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from runner.engine.house import House
from runner.engine.trouble import refuse
from runner.errors import AuthenticationError, NotFound
from runner.model.credential import Credential
from runner.model.integration import Integration, State
from runner.model.wakeup import WakeUp
from runner.store import integrations
from runner.store.queue import Queue

UNSAID = timedelta(days=14)
"""How long a refresh token may lie unused where the partner does not say how long it lives."""


async def refresh(house: House, integration_id: str) -> datetime | None:
    """Refresh when it is time; returns when to come back, None when there is nothing to keep alive."""
    found = await house.store.database.read(lambda connection: _read(connection, house, integration_id))
    if found is None:
        return None
    integration, credential = found
    now = house.clock.now()
    due = due_at(credential, now)
    if due is None or due > now:
        return due
    connector = house.connectors.get(integration.connector)
    try:
        return due_at(await house.tokens.renew(connector, integration, credential), now)
    except AuthenticationError as error:
        await refuse(house, integration, error)
        return None


def due_at(credential: Credential, now: datetime) -> datetime | None:
    """Half way through the life of the refresh token; None without one."""
    if credential.refresh_token is None:
        return None
    issued_at = credential.issued_at or now
    life = credential.refresh_expires_at - issued_at if credential.refresh_expires_at else UNSAID
    return issued_at + life / 2


def plan_refresh(
    connection: Connection, queue: Queue, integration_id: str, credential: Credential, now: datetime
) -> None:
    """Put the wake-up for the first refresh that nobody's call will make."""
    due = due_at(credential, now)
    if due is not None:
        queue.put(connection, WakeUp("refresh", integration_id, run_at=due))


def _read(connection: Connection, house: House, integration_id: str) -> tuple[Integration, Credential] | None:
    try:
        integration = integrations.get(connection, integration_id)
        credential = house.store.vault.get(connection, integration_id)
    except NotFound:
        return None
    return (integration, credential) if integration.state is State.ACTIVE else None
