"""What `runner doctor` looks into: each check says what it found, and how to mend it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from runner.connector.connector import Connector
from runner.connector.library import Connectors
from runner.connector.scope import missing_app_values, variable_of
from runner.errors import CredentialUnreadable, RunnerError, SettingsError
from runner.service.assemble import read_apps, read_config, read_schemas
from runner.service.settings import Settings, strangers
from runner.store import integrations
from runner.store.database import Database
from runner.store.events import events
from runner.store.vault import Vault, credentials

SLACK = 60
"""Seconds that the newest event may lie in the future before the clock is doubted."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked into."""

    what: str
    fine: bool
    told: str


def checks(environ: Mapping[str, str]) -> Iterator[Check]:
    """All checks; those that need what an earlier one found wanting are left out."""
    try:
        settings = Settings.read(environ)
    except SettingsError as error:
        yield Check("settings", False, str(error))
        return
    yield _tried("keys", lambda: f"{settings.keyring().primary} seals")
    connectors = Connectors(settings.connectors)
    yield _tried("connectors", lambda: f"{len(connectors.all())} in {settings.connectors}")
    yield _tried("runner.yaml", lambda: f"{len(read_config(settings).deliver)} delivery rules in {settings.config}")
    yield from _apps(connectors, settings)
    yield from _database(settings)


def _tried(what: str, look: Callable[[], str]) -> Check:
    try:
        return Check(what, True, look())
    except RunnerError as error:
        return Check(what, False, str(error))


def _apps(connectors: Connectors, settings: Settings) -> Iterator[Check]:
    try:
        found = connectors.all()
        apps = read_apps(connectors, settings)
        read_schemas(connectors, settings)
    except RunnerError as error:
        yield Check("app values", False, str(error))
        return
    known = [variable_of(connector, name) for connector in found for name in connector.app]
    for told in strangers(settings.environ, known):
        yield Check("settings", False, told)
    for connector in found:
        yield _app(connector, apps[connector.connector])


def _app(connector: Connector, app: Mapping[str, object]) -> Check:
    missing = missing_app_values(connector, app)
    told = f"set {', '.join(missing)} before anybody connects" if missing else "all app values are set"
    return Check(connector.connector, not missing, told)


def _database(settings: Settings) -> Iterator[Check]:
    try:
        database = Database.open(settings.database_url)
    except SettingsError as error:
        yield Check("database", False, str(error))
        return
    yield from asyncio.run(_looked_into(database, settings))


async def _looked_into(database: Database, settings: Settings) -> list[Check]:
    try:
        if await asyncio.to_thread(database.pending):
            return [Check("database", False, f"{database.url} is not of this version; run `runner migrate`")]
        fine = Check("database", True, f"{database.url} is up to date")
        return [fine, *await database.read(lambda c: [_sealed(c, settings), _clock(c)])]
    finally:
        await database.close()


def _sealed(connection: Connection, settings: Settings) -> Check:
    """Whether every credential opens with the keys that are set."""
    if settings.keys is None:
        return Check("credentials", False, "cannot be opened without RUNNER_ENCRYPTION_KEYS")
    vault, shut, old = Vault(settings.keys), 0, 0
    for integration_id, key_id in connection.execute(select(credentials.c.integration_id, credentials.c.key_id)):
        old += key_id != settings.keys.primary
        try:
            vault.get(connection, integration_id)
        except CredentialUnreadable:
            shut += 1
    if shut:
        return Check("credentials", False, f"{shut} open with none of the keys; put the old key back behind the others")
    count = len(integrations.find(connection))
    return Check("credentials", True, f"of {count} integrations; {old} with an older key (`runner keys rotate`)")


def _clock(connection: Connection) -> Check:
    """An event from the future means that this clock, or that of another node, is wrong."""
    newest: datetime | None = connection.scalar(select(func.max(events.c.received_at)))
    ahead = (newest - datetime.now(UTC)).total_seconds() if newest else 0.0
    if ahead > SLACK:
        return Check("clock", False, f"the newest event is {ahead:.0f} s in the future: set this machine's clock (NTP)")
    return Check("clock", True, f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
