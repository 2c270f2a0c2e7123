"""Connect a company to a partner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from runner.connector.connector import Connector
from runner.engine.house import House
from runner.engine.integrations import filling
from runner.engine.integrations.filling import Filled
from runner.engine.integrations.refresh import plan_refresh
from runner.engine.integrations.trial import Proof, prove
from runner.engine.records.mark import backfill
from runner.engine.subscriptions import rotation, subscribe
from runner.engine.trouble import words
from runner.errors import (
    AuthenticationError,
    MappingError,
    NotFound,
    PartnerError,
    RunnerError,
    SettingsError,
)
from runner.model.credential import Credential
from runner.model.integration import Integration, Reason, State
from runner.model.wakeup import WakeUp
from runner.store import inbox, integrations, parking

FIRST = -1
"""The priority of first syncs: they read everything, and others are short."""


async def begin(
    house: House,
    company: str,
    connector_name: str,
    environment: str | None = None,
    settings: Mapping[str, str] | None = None,
    way: str | None = None,
    *,
    later: bool = False,
) -> Integration:
    """Make an integration of what a company filled in; or take up again one that is not active. One that was never
    connected may change its environment too. `way` is the way in that was picked, where there is a choice.

    Where a person must consent it is `pending` (go on with `consent.authorize_url`), and so it is, with `later`, while
    something is missing (go on with `fill`). Else it is tried at once, and comes back `active`, or in `error` with the
    reason and what mends it. Raises SettingsError with a sentence for every wrong field, AlreadyExists when the company
    has an active one.
    """
    connector = house.connectors.get(connector_name)
    given = Filled(environment or next(iter(connector.environments)), way, dict(settings or {}))
    filling.check(house, connector, given, later=later)
    integration, filled = await house.store.database.write(
        lambda connection: filling.make(connection, house, connector, company, given)
    )
    if connector.way_in(integration.way).flow == "code" or (later and filling.flaws(connector, filled)):
        return integration
    return await _tried(house, connector, integration, filled.credential(connector))


async def fill(house: House, integration: Integration, filled: Filled) -> Integration:
    """Take up an integration with what its company filled in, the secrets that are to stay included.

    As `begin`, but one that is active and needs no consent is not touched before the partner took what was filled in:
    what it answers else is raised. One that was connected by consent keeps what it has.
    """
    connector = house.connectors.get(integration.connector)
    consents = connector.way_in(filled.way).flow == "code"
    if integration.state is State.ACTIVE and (consents or filled.environment != integration.environment):
        return integration
    filling.check(house, connector, filled)
    if integration.state is State.ACTIVE:
        tried = replace(integration, settings=filled.shown(connector), way=filled.way)
        proof = await prove(house, connector, tried, filled.credential(connector))
        return await activate(house, connector, tried, proof)
    kept = await house.store.database.write(
        lambda connection: filling.keep(connection, house, connector, integration, filled)
    )
    return kept if consents else await _tried(house, connector, kept, filled.credential(connector))


async def retry(house: House, integration_id: str) -> Integration:
    """Try again what the company filled in: after the partner was away, or the matter was mended there."""
    integration = await house.store.database.read(lambda connection: integrations.get(connection, integration_id))
    connector = house.connectors.get(integration.connector)
    if connector.way_in(integration.way).flow == "code":
        raise SettingsError(f"{connector.title} is connected by consent: click Connect")
    vault = house.store.vault
    credential = await house.store.database.read(lambda connection: vault.get(connection, integration_id))
    return await _tried(house, connector, integration, Credential(values=credential.values))


async def activate(house: House, connector: Connector, integration: Integration, proof: Proof) -> Integration:
    """Keep a proved credential, with the settings that it was proved with, and wake all that waited for it, in one
    transaction."""
    check_account(connector, integration, proof)

    def work(connection: Connection) -> Integration:
        at = house.clock.now()
        was = integrations.get(connection, integration.id).state
        rotation.put(connection, house.store.vault, connector, integration.id, proof.credential, at)
        integrations.set_settings(connection, integration.id, integration.settings, at)
        integrations.set_way(connection, integration.id, integration.way, at)
        integrations.set_account(connection, integration.id, proof.account_id, proof.account_name, proof.account, at)
        house.store.move(connection, integration.id, State.ACTIVE, None, at)
        active = integrations.get(connection, integration.id)
        _wake(connection, house, connector, active, anew=was is not State.ACTIVE)
        plan_refresh(connection, house.store.queue, active.id, proof.credential, at)
        return active

    active = await house.store.database.write(work)
    house.log.info("connected", integration=active.id, connector=active.connector, company=active.company)
    return active


def check_account(connector: Connector, integration: Integration, proof: Proof) -> None:
    """Refuse another account than the one that the integration's records belong to."""
    if integration.account_id is None or proof.account_id == integration.account_id:
        return
    alike = integration.account_name == proof.account_name
    known = _called(integration.account_name, integration.account_id, alike)
    raise AuthenticationError(
        f"this integration belongs to the {connector.title} account {known}, and what opens it now is for "
        f"{_called(proof.account_name, proof.account_id, alike)} (sign in to {known}, or remove the integration and "
        "connect anew)",
        code="wrong-account",
    )


def _called(name: str | None, account_id: str | None, alike: bool) -> str:
    """An account as a person knows it; with its id where the name tells nothing apart."""
    return f"{name} ({account_id})" if name and alike else name or account_id or "unknown"


async def recover(house: House, connector: Connector, integration: Integration) -> bool:
    """Make one in `error` active again, since the partner took its credential, and wake all that waited for it.

    False when it is not in `error` (any more): then nothing changes.
    """

    def work(connection: Connection) -> bool:
        known = integrations.get(connection, integration.id)
        if known.state is not State.ERROR:
            return False
        house.store.move(connection, known.id, State.ACTIVE, None, house.clock.now())
        _wake(connection, house, connector, replace(known, state=State.ACTIVE, reason=None))
        return True

    recovered = await house.store.database.write(work)
    if recovered:
        house.log.info("recovered", integration=integration.id, connector=connector.connector)
    return recovered


async def fail(house: House, connector: Connector, integration: Integration, error: RunnerError) -> Integration:
    """Note on an integration why connecting it did not work. One that is active stays as it was."""
    consents = connector.way_in(integration.way).flow == "code"
    reason = Reason(error.code, words(error), _remedy(connector, error))

    def work(connection: Connection) -> Integration:
        known = integrations.get(connection, integration.id)
        if known.state is not State.ACTIVE:
            state = known.state if consents else State.ERROR
            house.store.move(connection, integration.id, state, reason, house.clock.now())
        return integrations.get(connection, integration.id)

    return await house.store.database.write(work)


async def _tried(house: House, connector: Connector, integration: Integration, credential: Credential) -> Integration:
    try:
        return await activate(house, connector, integration, await prove(house, connector, integration, credential))
    except (PartnerError, MappingError, SettingsError) as error:
        return await fail(house, connector, integration, error)


def _wake(
    connection: Connection, house: House, connector: Connector, active: Integration, *, anew: bool = False
) -> None:
    """All syncs, the events that came before anybody knew the account, and the records that wait for a destination."""
    queue, at = house.store.queue, house.clock.now()
    for name in connector.syncs_of(active.way):
        queue.put(connection, WakeUp("sync", active.id, name, priority=FIRST))
    inbox.route(connection, active)
    parking.unpark(connection, active.id)
    queue.put(connection, WakeUp("events", active.id))
    subscribe.wake(connection, house, connector, active.id, anew=anew)
    backfill(connection, house.config, queue, active, at)


def _remedy(connector: Connector, error: RunnerError) -> str:
    if isinstance(error, AuthenticationError | NotFound | SettingsError):
        return f"Check what was filled in, and connect {connector.title} again"
    return f"Try again; if it stays so, see whether {connector.title} works"
