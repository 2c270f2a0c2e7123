"""Part a company and a partner: here at once, and at the partner as soon as it can be reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from runner.client.oauth import LARGEST_ANSWER, TIMEOUT
from runner.client.sender import send
from runner.engine.house import House
from runner.engine.subscriptions import unsubscribe
from runner.engine.trouble import backoff, words
from runner.errors import NotFound, PartnerUnavailable, RateLimited, RunnerError
from runner.model.integration import Integration, Reason, State
from runner.model.lifecycle import is_parting
from runner.model.wakeup import WakeUp
from runner.store import integrations, subscriptions
from runner.store.vault import Stored

CRASH = timedelta(minutes=1)
"""When a parting that a process did not live to finish is taken up by another."""
PATIENCE = timedelta(days=1)
"""How long a credential is kept, sealed and unused, to be revoked at a partner that cannot be reached."""


async def disconnect(house: House, integration: Integration, reason: Reason, *, later: bool = False) -> bool:
    """Switch an integration off, revoke at the partner and forget the credential. Its records stay.

    It is `disabled` at once, whatever the partner does; with `later` a worker does the rest, for who cannot wait for a
    partner that hangs. False when the rest is not done: until then, and at most for a day, the credential is kept, and
    nothing else uses it.
    """

    def work(connection: Connection) -> None:
        now = house.clock.now()
        house.store.move(connection, integration.id, State.DISABLED, reason, now)
        house.store.queue.put(connection, WakeUp("part", integration.id, run_at=now if later else now + CRASH))

    await house.store.database.write(work)
    house.log.info("disconnected", integration=integration.id, code=reason.code)
    return not later and await finish(house, integration.id, 0) is None


async def finish(house: House, integration_id: str, attempts: int) -> datetime | None:
    """End at the partner what is ended here, then forget the credential; returns when to try again."""
    found = await house.store.database.read(lambda connection: _parting(connection, house, integration_id))
    if found is None:
        return None
    integration, stored = found
    now = house.clock.now()
    try:
        stored = await _fresh(house, integration, stored)
        await end(house, integration, stored)
    except (PartnerUnavailable, RateLimited) as error:
        if integration.since is None or now - integration.since < PATIENCE:
            house.log.warning("not-revoked-yet", integration=integration_id, message=words(error))
            return now + max(CRASH, backoff(attempts))
        house.log.error("never-revoked", integration=integration_id, message=words(error))
    await house.store.database.write(lambda connection: _forget(connection, house, integration_id, stored))
    return None


async def end(house: House, integration: Integration, stored: Stored) -> None:
    """Delete the webhooks that were asked for, and revoke at the partner, where the connector says how. A refusal is
    told in the log: it is dead there already.

    Raises PartnerUnavailable and RateLimited when a later try can help.
    """
    try:
        connector = house.connectors.get(integration.connector)
        await unsubscribe.end(house, integration)
        known = house.tokens.scope(connector, integration, stored.credential)
        request = connector.way_in(integration.way).revocation(known, stored.credential)
        if request is None:
            return
        answer = await send(house.http, replace(request, timeout=TIMEOUT), LARGEST_ANSWER)
    except (PartnerUnavailable, RateLimited):
        raise
    except RunnerError as error:  # the file is gone or wrong: nothing that a later try mends
        house.log.warning("not-revoked", integration=integration.id, code=error.code, message=words(error))
        return
    if answer.status == 429 or answer.status >= 500:
        raise PartnerUnavailable(f"revoking is answered {answer.status}", status=answer.status)
    told = house.log.info if answer.ok else house.log.warning
    told("revoked" if answer.ok else "not-revoked", integration=integration.id, status=answer.status)


async def _fresh(house: House, integration: Integration, stored: Stored) -> Stored:
    """The credential with an access token that lives, as some partners want it for revoking; the old one when there
    is none to be had."""
    try:
        connector = house.connectors.get(integration.connector)
        if not connector.way_in(integration.way).is_due(stored.credential, house.clock.now()):
            return stored
        await house.tokens.get(connector, integration)
    except (PartnerUnavailable, RateLimited):
        raise
    except RunnerError as error:
        house.log.warning("not-renewed", integration=integration.id, code=error.code, message=words(error))
    return await house.store.database.read(lambda connection: house.store.vault.read(connection, integration.id))


def part(connection: Connection, house: House, integration_id: str, reason: Reason) -> None:
    """Switch off what the partner has ended already, in the caller's transaction: there is nothing to revoke."""
    house.store.move(connection, integration_id, State.DISABLED, reason, house.clock.now())
    house.store.vault.remove(connection, integration_id)
    subscriptions.forget(connection, integration_id)


async def remove(house: House, integration: Integration) -> None:
    """Delete an integration with everything that is kept for it: credential, records, events, links, pushes. It is
    revoked at the partner when that can be reached now."""
    try:
        stored = await house.store.database.read(lambda connection: house.store.vault.read(connection, integration.id))
        await end(house, integration, stored)
    except RunnerError as error:
        house.log.warning("not-revoked", integration=integration.id, code=error.code, message=words(error))
    now = house.clock.now()
    await house.store.database.write(lambda connection: house.store.remove(connection, integration.id, now))
    house.log.info("removed", integration=integration.id, connector=integration.connector, company=integration.company)


def _parting(connection: Connection, house: House, integration_id: str) -> tuple[Integration, Stored] | None:
    """What is still to be ended at the partner; None when it was, or was connected anew in the meantime."""
    try:
        integration = integrations.get(connection, integration_id)
        if not is_parting(integration):
            return None
        return integration, house.store.vault.read(connection, integration_id)
    except NotFound:
        return None


def _forget(connection: Connection, house: House, integration_id: str, stored: Stored) -> None:
    found = _parting(connection, house, integration_id)
    if found is not None and found[1].version == stored.version:
        house.store.vault.remove(connection, integration_id)
        subscriptions.forget(connection, integration_id)
