"""Settings in, House out: the one place where the parts are put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from sqlalchemy import Connection

from runner.client.guard import open_http
from runner.client.tokens import Apps, own_app
from runner.connector.config import Config
from runner.connector.connector import Connector
from runner.connector.library import Connectors
from runner.connector.loader import load_config
from runner.connector.scope import app_by_environment, app_values
from runner.engine import tally
from runner.engine.house import House, Log
from runner.engine.opening import open_house
from runner.engine.schemas import RecordSchemas
from runner.errors import SettingsError, StoreError
from runner.model.clock import Clock, SystemClock
from runner.model.secret import Secret
from runner.service.destination_keys import read_destination_keys, secrets_of_destinations
from runner.service.settings import Settings
from runner.store.database import Database
from runner.store.keys import KeyRing
from runner.store.moving import closing
from runner.store.shared_clock import sharing
from runner.store.store import Store


@dataclass(frozen=True)
class Seams:
    """Where tests and the demo take the place of the world. None: the world itself. `clock` is that of the whole house,
    `machine` that of this machine alone."""

    clock: Clock | None = None
    machine: Clock = field(default_factory=SystemClock)
    transport: httpx.AsyncBaseTransport | None = None


@asynccontextmanager
async def opened(settings: Settings, log: Log, seams: Seams | None = None) -> AsyncIterator[House]:
    """Everything that the verbs need, from settings; the database is brought up to date, and closed at the end.

    SettingsError and ConnectorError say what is to be mended before anything is opened; keys that do not open the
    stored credentials are such a thing, and a database that everything has moved away from.
    """
    keys = settings.keyring()
    connectors, config = Connectors(settings.connectors), read_config(settings)
    require_notify_secret(config, settings)
    destination_keys = read_destination_keys(config, settings)
    apps, schemas = read_apps(connectors, settings), read_schemas(connectors, settings)
    store = Store.open(settings.database_url, keys, settings.pool)
    try:
        await asyncio.to_thread(_make_ready, store.database)
        await store.database.read(closing.require_open)
        await store.database.read(store.vault.check)
        async with (
            open_http(config.allow_hosts, seams.transport if seams else None) as http,
            telling_time(store.database, seams or Seams()) as clock,
        ):
            house = open_house(
                connectors=connectors,
                config=config,
                store=store,
                http=http,
                clock=clock,
                apps=apps,
                schemas=schemas,
                base_url=settings.base_url,
                log=log,
                notify_secrets=settings.notify_secrets,
                destination_keys=destination_keys,
            )
            yield house
            await _save_last_calls(house)
    finally:
        await store.close()


@asynccontextmanager
async def telling_time(database: Database, seams: Seams) -> AsyncIterator[Clock]:
    """The clock of a house: the one that is given; else the database's, where hosts share one, or the machine's."""
    if seams.clock is not None or database.dialect == "sqlite":
        yield seams.clock or seams.machine
        return
    async with sharing(database) as clock:
        yield clock


def require_notify_secret(config: Config, settings: Settings) -> None:
    """SettingsError when the host is to be told of changes, and there is nothing to sign with."""
    if config.notify is not None and not settings.notify_secrets:
        raise SettingsError(
            "runner.yaml says `notify`, and RUNNER_NOTIFY_SECRET is not set: the host could not tell who writes (set "
            "it to `whsec_` and the base64 of 32 random bytes, and give the host the same)"
        )


async def _save_last_calls(house: House) -> None:
    """A process ends in order without it too."""
    try:
        await save_calls(house)
    except StoreError as error:
        house.log.warning("calls-not-counted", error=str(error))


async def save_calls(house: House, integration_id: str | None = None) -> None:
    """Store the counts of calls (of one integration, else of all) that no run has stored with its pages."""
    names = [integration_id] if integration_id is not None else house.tally.owners
    made = {name: house.tally.take(name) for name in names if name in house.tally.owners}
    if not made:
        return

    def work(connection: Connection) -> None:
        for name, counts in made.items():
            tally.save(connection, name, counts)

    await house.store.database.write(work)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The store alone, for commands that only look: no key is needed, and nothing is migrated."""
    store = Store.open(settings.database_url, settings.keys or KeyRing.generate("none"))
    try:
        await asyncio.to_thread(store.database.refuse_newer)
        if await asyncio.to_thread(store.database.pending):
            raise SettingsError(
                f"the database {store.database.url} is not of this version of the runner; `runner migrate` brings it "
                "up to date (RUNNER_DATABASE_URL says which database is meant)"
            )
        yield store
    finally:
        await store.close()


def _make_ready(database: Database) -> None:
    """Make the tables of a new database, and bring a file up to date. Of a server, which others use too, an operator
    says when: SettingsError. Blocks."""
    database.refuse_newer()
    if database.dialect == "postgresql" and database.pending() and not database.is_new():
        raise SettingsError(
            f"the database {database.url} is of an older version: run `runner migrate` of this version once; processes "
            "of the version before may go on meanwhile"
        )
    bring_up_to_date(database)


def bring_up_to_date(database: Database) -> bool:
    """Apply the migrations that are missing; whether there were any. Blocks. SettingsError for a database of a later
    version."""
    database.refuse_newer()
    behind = database.pending()
    if behind:
        database.migrate()
    return behind


def read_config(settings: Settings) -> Config:
    """runner.yaml; ConnectorError with every finding."""
    return load_config(settings.config)


def environments_of(connector: Connector, config: Config) -> list[str]:
    """The names of its environments: its own, and what runner.yaml adds."""
    return list({**connector.environments, **config.environments.get(connector.connector, {})})


def read_apps(connectors: Connectors, settings: Settings) -> Apps:
    """The operator's values of every connector and of environments that have their own; SettingsError names all that
    are wrong, of all connectors."""
    config = read_config(settings)
    apps: dict[str, dict[str, str | Secret]] = {}
    wrong = []
    for connector in connectors.all():
        try:
            apps[connector.connector] = app_values(connector, settings.environ)
            own = app_by_environment(connector, settings.environ, environments_of(connector, config))
            apps |= {own_app(connector.connector, name): values for name, values in own.items()}
        except SettingsError as error:
            wrong.append(str(error))
    if wrong:
        raise SettingsError(*wrong)
    return apps


def read_schemas(connectors: Connectors, settings: Settings) -> RecordSchemas:
    """The schemas of records; SettingsError when a connector makes a kind that has none."""
    schemas = RecordSchemas.read(settings.schemas)
    schemas.require({processor.record for found in connectors.all() for processor in found.processors.values()})
    return schemas


def secrets_of(settings: Settings, apps: Apps) -> list[Secret]:
    """Every secret that the operator gave us: what log lines must never hold."""
    values = [value for app in apps.values() for value in app.values() if isinstance(value, Secret)]
    keys = settings.environ.get("RUNNER_ENCRYPTION_KEYS", "")
    sealed = [Secret(part.strip().partition(":")[2]) for part in keys.split(",") if ":" in part]
    return [*settings.api_keys, *settings.notify_secrets, *sealed, *values, *secrets_of_destinations(settings)]
