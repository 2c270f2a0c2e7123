"""Keep tokens alive: a refresh token that nobody uses dies with its partner's patience."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from runner.engine.house import House
from runner.engine.trouble import refuse
from runner.errors import AuthenticationError, NotFound
from runner.model.credential import Credential
from runner.model.integration import Integration, State
from runner.model.lifecycle import Matter, is_parting, matter_of
from runner.model.wakeup import WakeUp
from runner.store import integrations
from runner.store.queue import Queue


async def refresh(house: House, integration_id: str) -> datetime | None:
    """Refresh when it is time; returns when to come back, None when there is nothing to keep alive.

    Tokens are kept alive for whoever may go on without a new consent: active, switched off for a while, or in error
    for what is not the credential's fault.
    """
    found = await house.store.database.read(lambda connection: _read(connection, house, integration_id))
    if found is None:
        return None
    integration, credential = found
    now = house.clock.now()
    due = credential.refresh_due_at(now)
    if due is None or due > now or not is_kept_alive(integration):
        due = due if is_kept_alive(integration) else None
        await house.store.database.write(lambda c: house.store.vault.postpone(c, integration_id, due))
        return due
    connector = house.connectors.get(integration.connector)
    try:
        renewed = await house.tokens.renew(connector, integration, credential)
        return renewed.refresh_due_at(now)
    except AuthenticationError as error:
        await refuse(house, integration, error)
        await house.store.database.write(lambda c: house.store.vault.postpone(c, integration_id, None))
        return None


def is_kept_alive(integration: Integration) -> bool:
    """Whether the integration's tokens may be wanted again as they are."""
    if integration.state is State.ERROR:
        return integration.reason is None or matter_of(integration.reason.code) is not Matter.AUTH
    return integration.state is not State.PENDING and not is_parting(integration)


def plan_refresh(
    connection: Connection, queue: Queue, integration_id: str, credential: Credential, now: datetime
) -> None:
    """Put the wake-up for the first refresh that nobody's call will make."""
    due = credential.refresh_due_at(now)
    if due is not None:
        queue.put(connection, WakeUp("refresh", integration_id, run_at=due))


def _read(connection: Connection, house: House, integration_id: str) -> tuple[Integration, Credential] | None:
    try:
        return integrations.get(connection, integration_id), house.store.vault.get(connection, integration_id)
    except NotFound:
        return None
