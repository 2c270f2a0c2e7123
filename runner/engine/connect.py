"""Connect a company to a partner, and part them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from runner.connector import scope
from runner.connector.connector import Connector
from runner.connector.wanted import wanted
from runner.engine.house import House
from runner.engine.mark import backfill
from runner.engine.refresh import plan_refresh
from runner.engine.trial import Proof, prove
from runner.engine.trouble import words
from runner.errors import (
    AlreadyExists,
    AuthenticationError,
    MappingError,
    NotFound,
    PartnerError,
    RunnerError,
    SettingsError,
)
from runner.model.credential import Credential
from runner.model.integration import Integration, Reason, State
from runner.model.secret import Secret
from runner.model.wakeup import WakeUp
from runner.model.words import suggest
from runner.store import feed, inbox, integrations, parking, runs


async def begin(
    house: House,
    company: str,
    connector_name: str,
    environment: str | None = None,
    settings: Mapping[str, str] | None = None,
    way: str | None = None,
) -> Integration:
    """Make an integration of what a company filled in; or take up again one that is not active. One that was never
    connected may change its environment too. `way` is the way in that was picked, where there is a choice.

    Where a person must consent it is `pending` (go on with `consent.authorize_url`). Else it is tried at once, and
    comes back `active`, or in `error` with the reason and what mends it. Raises SettingsError with a sentence for
    every wrong field, AlreadyExists when the company has an active one.
    """
    connector = house.connectors.get(connector_name)
    given = dict(settings or {})
    _check(house, connector, given, way)
    chosen = environment or next(iter(connector.environments))
    house.environment(connector, chosen)
    integration, credential = await _make(house, connector, company, chosen, given, way)
    if connector.way_in(integration.way).flow == "code":
        return integration
    return await _tried(house, connector, integration, credential)


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
    """Keep a proved credential and wake all that waited for it, in one transaction."""
    check_account(connector, integration, proof)

    def work(connection: Connection) -> Integration:
        at = house.clock.now()
        house.store.vault.put(connection, integration.id, proof.credential, at)
        integrations.set_account(connection, integration.id, proof.account_id, proof.account_name, proof.account, at)
        integrations.set_state(connection, integration.id, State.ACTIVE, None, at)
        active = integrations.get(connection, integration.id)
        _wake(connection, house, connector, active)
        plan_refresh(connection, house.store.queue, active.id, proof.credential, at)
        return active

    active = await house.store.database.write(work)
    house.log.info("connected", integration=active.id, connector=active.connector, company=active.company)
    return active


def check_account(connector: Connector, integration: Integration, proof: Proof) -> None:
    """Refuse another account than the one that the integration's records belong to."""
    if integration.account_id is None or proof.account_id == integration.account_id:
        return
    known = integration.account_name or integration.account_id
    raise AuthenticationError(
        f"this integration belongs to the {connector.title} account {known}, and the consent is for "
        f"{proof.account_name or proof.account_id} (sign in to {known}, or remove the integration and connect anew)",
        code="wrong-account",
    )


async def disconnect(house: House, integration: Integration, reason: Reason) -> None:
    """Switch an integration off and forget its credential. Its records stay; wake-ups that still come do nothing."""

    await house.store.database.write(lambda connection: part(connection, house, integration.id, reason))
    house.log.info("disconnected", integration=integration.id, code=reason.code)


def part(connection: Connection, house: House, integration_id: str, reason: Reason) -> None:
    """`disconnect`, in the caller's transaction."""
    integrations.set_state(connection, integration_id, State.DISABLED, reason, house.clock.now())
    house.store.vault.remove(connection, integration_id)


async def remove(house: House, integration: Integration) -> None:
    """Delete an integration with everything that is kept for it: credential, records, events, links, pushes."""
    await house.store.database.write(lambda connection: integrations.remove(connection, integration.id))
    house.log.info("removed", integration=integration.id, connector=integration.connector, company=integration.company)


async def recover(house: House, connector: Connector, integration: Integration) -> bool:
    """Make one in `error` active again, since the partner took its credential, and wake all that waited for it.

    False when it is not in `error` (any more): then nothing changes.
    """

    def work(connection: Connection) -> bool:
        known = integrations.get(connection, integration.id)
        if known.state is not State.ERROR:
            return False
        integrations.set_state(connection, known.id, State.ACTIVE, None, house.clock.now())
        _wake(connection, house, connector, replace(known, state=State.ACTIVE, reason=None))
        return True

    recovered = await house.store.database.write(work)
    if recovered:
        house.log.info("recovered", integration=integration.id, connector=connector.connector)
    return recovered


async def fail(house: House, connector: Connector, integration: Integration, error: RunnerError) -> Integration:
    """Note on an integration why connecting it did not work. One that is active stays as it was."""
    consents = connector.way_in(integration.way).flow == "code"
    state = State.ERROR if not consents or integration.state is State.ERROR else integration.state
    reason = Reason(error.code, words(error), _remedy(connector, error))

    def work(connection: Connection) -> Integration:
        integrations.set_state(connection, integration.id, state, reason, house.clock.now())
        return integrations.get(connection, integration.id)

    return integration if integration.state is State.ACTIVE else await house.store.database.write(work)


async def _tried(house: House, connector: Connector, integration: Integration, credential: Credential) -> Integration:
    try:
        return await activate(house, connector, integration, await prove(house, connector, integration, credential))
    except (PartnerError, MappingError, SettingsError) as error:
        return await fail(house, connector, integration, error)


def _check(house: House, connector: Connector, given: Mapping[str, str], way: str | None) -> None:
    """Every mistake at once: the company's fields, then what the operator has not set yet."""
    asked = wanted(connector, "settings", way)
    unknown = [name for name in given if name not in asked]
    flaws = [f"{name} is no setting of {connector.title} ({suggest(name, asked) or 'it has none'})" for name in unknown]
    flaws += [flaw for name, field in asked.items() if (flaw := field.flaw(given.get(name)))]
    if flaws:
        raise SettingsError(*flaws)
    missing = scope.missing_app_values(connector, house.app(connector.connector), way)
    if missing:
        raise SettingsError(f"{connector.title} cannot be connected yet: the operator must set {', '.join(missing)}")


async def _make(
    house: House, connector: Connector, company: str, environment: str, given: Mapping[str, str], way: str | None
) -> tuple[Integration, Credential]:
    hidden = {name for name, field in connector.settings.items() if field.secret}
    shown = {name: value for name, value in given.items() if name not in hidden and value}
    credential = Credential(values={name: Secret(given[name]) for name in hidden if given.get(name)})

    def work(connection: Connection) -> Integration:
        at = house.clock.now()
        known = _known(connection, connector, company)
        if known is None:
            made = Integration(
                uuid4().hex,
                company,
                connector.connector,
                environment,
                settings=shown,
                created_at=at,
                updated_at=at,
                way=way,
            )
            integrations.add(connection, made, made.id if connector.integrations == "many_per_company" else "")
        else:
            made = replace(known, settings=shown, way=way)
            integrations.set_settings(connection, made.id, shown, at)
            integrations.set_way(connection, made.id, way, at)
            if known.environment != environment:
                made = _moved(connection, connector, made, environment, at)
        if credential.values or known is None or known.environment != environment or known.way != way:
            house.store.vault.put(connection, made.id, credential, at)
        return made

    return await house.store.database.write(work), credential


def _known(connection: Connection, connector: Connector, company: str) -> Integration | None:
    """The company's integration that can be taken up again; AlreadyExists when it works as it is."""
    if connector.integrations == "many_per_company":
        return None
    found = next(iter(integrations.find(connection, company=company, connector=connector.connector)), None)
    if found is not None and found.state is State.ACTIVE:
        raise AlreadyExists(
            f"company {company} is connected to {connector.title} already (to fill in something else, disconnect "
            f"that integration first: `runner integrations --disable {found.id}`)"
        )
    return found


def _moved(
    connection: Connection, connector: Connector, known: Integration, environment: str, at: datetime
) -> Integration:
    """In another environment, as if new. AlreadyExists when it holds what came from the one where it is."""
    if known.account_id is not None or runs.find(connection, known.id) or feed.counts(connection, known.id):
        raise AlreadyExists(
            f"company {known.company} has {connector.title} in environment {known.environment} (to connect "
            f"{environment}, remove that one with its records first: `runner integrations --remove {known.id}`)"
        )
    integrations.set_environment(connection, known.id, environment, at)
    integrations.set_state(connection, known.id, State.PENDING, None, at)
    return replace(known, environment=environment, state=State.PENDING, reason=None)


def _wake(connection: Connection, house: House, connector: Connector, active: Integration) -> None:
    """All syncs, the events that came before anybody knew the account, and the records that wait for a destination."""
    queue, at = house.store.queue, house.clock.now()
    for name in connector.syncs:
        queue.put(connection, WakeUp("sync", active.id, name))
    if active.account_id is not None:
        inbox.route(connection, active.connector, active.account_id, active.id)
    parking.unpark(connection, active.id)
    queue.put(connection, WakeUp("events", active.id))
    backfill(connection, house.config, queue, active, at)


def _remedy(connector: Connector, error: RunnerError) -> str:
    if isinstance(error, AuthenticationError | NotFound | SettingsError):
        return f"Check what was filled in, and connect {connector.title} again"
    return f"Try again; if it stays so, see whether {connector.title} works"
