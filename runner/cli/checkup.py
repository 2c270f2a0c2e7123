"""What `runner doctor` looks into: each check says what it found, and how to mend it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, func, make_url, select

from runner.cli.workshop import require_database
from runner.connector.config import Config
from runner.connector.connector import Connector
from runner.connector.library import Connectors
from runner.connector.scope import app_by_environment, app_fields, app_values, missing_app_values, variable_of
from runner.errors import CredentialUnreadable, RunnerError, SettingsError, StoreUnavailable
from runner.model.act import ActState
from runner.service.assemble import environments_of, read_config, read_schemas, require_notify_secret
from runner.service.destination_keys import read_destination_keys, variables_of
from runner.service.settings import VARIABLES, Settings, strangers
from runner.store import integrations
from runner.store.acts import acts
from runner.store.database import Database
from runner.store.events import events
from runner.store.subscriptions import SubscriptionState, subscriptions
from runner.store.vault import Vault, credentials

SLACK = 60
"""Seconds that the newest event may lie in the future before the clock is doubted."""


LEAST_ROOM = 200_000_000
"""Bytes that must be free beside the database, for its log and a page of records."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked into."""

    what: str
    fine: bool
    told: str


def checks(environ: Mapping[str, str]) -> Iterator[Check]:
    """All checks. A variable that is wrong is told, and taken as not set by the others."""
    wrong = dict(_wrong(environ))
    for told in wrong.values():
        yield Check("settings", False, told)
    settings = Settings.read({name: value for name, value in environ.items() if name not in wrong})
    if "RUNNER_ENCRYPTION_KEYS" not in wrong:
        yield _tried("keys", lambda: f"{settings.keyring().primary} seals")
    yield _tried("runner.yaml", lambda: _config(settings))
    database, used = _database(settings)
    yield from database
    yield from _connectors(settings, used)


def _wrong(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The variables that cannot be read, each by itself, and why."""
    for variable in VARIABLES:
        if variable.name in environ:
            try:
                Settings.read({variable.name: environ[variable.name]})
            except SettingsError as error:
                yield variable.name, str(error)


def _tried(what: str, look: Callable[[], str]) -> Check:
    try:
        return Check(what, True, look())
    except RunnerError as error:
        return Check(what, False, str(error))


def _config(settings: Settings) -> str:
    if settings.config.is_file():
        config = read_config(settings)
        require_notify_secret(config, settings)
        read_destination_keys(config, settings)
        return f"{len(config.deliver)} delivery rules in {settings.config}"
    if "RUNNER_CONFIG" in settings.environ:
        raise SettingsError(f"there is no file {settings.config} (RUNNER_CONFIG names it)")
    return f"there is no {settings.config}: nothing is delivered"


def _connectors(settings: Settings, used: Collection[str] | None) -> Iterator[Check]:
    """The folder, each connector in it, and the variables that none of them reads."""
    connectors = Connectors(settings.connectors)
    if not settings.connectors.is_dir():
        yield Check("connectors", False, f"there is no folder {settings.connectors} (RUNNER_CONNECTORS names it)")
        return
    if not connectors.names():
        yield Check("connectors", False, f"none in {settings.connectors} (RUNNER_CONNECTORS names the folder)")
        return
    found = _tried("connectors", lambda: f"{len(connectors.all())} in {settings.connectors}")
    yield found
    if not found.fine:
        return
    yield _tried("record schemas", lambda: _schemas(connectors, settings))
    config = _readable_config(settings)
    known = [
        variable_of(connector, name, environment)
        for connector in connectors.all()
        for name in app_fields(connector)
        for environment in (None, *environments_of(connector, config))
    ]
    for told in strangers(settings.environ, [*known, *variables_of(config)]):
        yield Check("settings", False, told)
    for connector in connectors.all():
        yield _tried(connector.connector, partial(_app, connector, settings, used))
        for environment in environments_of(connector, config):
            if app_values(connector, settings.environ, environment):
                name = f"{connector.connector}, {environment}"
                yield _tried(name, partial(_own_app, connector, settings, environment))


def _schemas(connectors: Connectors, settings: Settings) -> str:
    read_schemas(connectors, settings)
    return f"one for every kind, in {settings.schemas}"


def _app(connector: Connector, settings: Settings, used: Collection[str] | None) -> str:
    """Values that are not set matter once a company has the connector, or when nobody can tell."""
    missing = missing_app_values(connector, app_values(connector, settings.environ))
    if not missing:
        return "all app values are set"
    if used is None or connector.connector in used:
        raise SettingsError(f"set {', '.join(missing)}: companies have it, and it cannot work")
    return f"no company has it; set {', '.join(missing)} before anybody connects"


def _own_app(connector: Connector, settings: Settings, environment: str) -> str:
    """An environment with values of its own takes over no secret, so it needs its own of each."""
    own = app_by_environment(connector, settings.environ, [environment])
    missing = missing_app_values(connector, own.get(environment, {}), environment=environment)
    if missing:
        raise SettingsError(f"it has an app of its own, which is not whole: set {', '.join(missing)}")
    return "an app of its own, all values are set"


def _readable_config(settings: Settings) -> Config:
    """runner.yaml; an empty one where it cannot be read, which another check tells."""
    try:
        return read_config(settings)
    except RunnerError:
        return Config()


def _database(settings: Settings) -> tuple[list[Check], set[str] | None]:
    """What is found in the database, and the connectors that companies have; None when nobody can tell."""
    try:
        require_database(settings.database_url)
        database = Database.open(settings.database_url)
    except SettingsError as error:
        return [Check("database", False, str(error))], set()
    return asyncio.run(_looked_into(database, settings))


async def _looked_into(database: Database, settings: Settings) -> tuple[list[Check], set[str] | None]:
    try:
        if await asyncio.to_thread(database.pending):
            return [Check("database", False, f"{database.url} is not of this version; run `runner migrate`")], None
        fine = Check("database", True, f"{database.url} is up to date")
        found = await database.read(lambda c: [_sealed(c, settings), _asked_for(c), _acts(c), _clock(c)])
        return [fine, *_disk(settings.database_url), *found], {
            one.connector for one in await database.read(integrations.find)
        }
    except StoreUnavailable as error:
        return [Check("database", False, str(error))], None
    finally:
        await database.close()


def _disk(url: str) -> Iterator[Check]:
    """Whether the disk has room for what arrives, where the database is a file of this machine."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        folder = Path(parsed.database).absolute().parent
        yield room(folder, shutil.disk_usage(folder).free)


def room(folder: Path, free: int) -> Check:
    """Whether so many free bytes will do."""
    if free < LEAST_ROOM:
        remedy = "what is not stored is refused: make room there, or give `retention` in runner.yaml a smaller `size`"
        return Check("disk", False, f"{free / 1e6:,.0f} MB are free at {folder}; {remedy}")
    return Check("disk", True, f"{free / 1e9:,.1f} GB are free at {folder}")


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


def _asked_for(connection: Connection) -> Check:
    """Whether the webhooks that were asked for come."""
    query = select(subscriptions.c.state, subscriptions.c.note).order_by(subscriptions.c.made_at)
    found = connection.execute(query).all()
    failed = [row.note for row in found if row.state == SubscriptionState.FAILED]
    if failed:
        return Check("subscriptions", False, f"{len(failed)} of {len(found)} were refused, the last one: {failed[-1]}")
    return Check("subscriptions", True, f"{len(found)} webhooks were asked for at partners")


def _acts(connection: Connection) -> Check:
    """Whether there are acts that nobody knows the outcome of: no fault of the runner, yet somebody should look."""
    unknown = connection.scalar(select(func.count()).where(acts.c.state == ActState.UNKNOWN.value))
    remedy = ": `runner act INTEGRATION --past` names them" if unknown else ""
    return Check("acts", True, f"{unknown} of unknown outcome{remedy}")


def _clock(connection: Connection) -> Check:
    """An event from the future means that this clock, or that of another node, is wrong."""
    newest: datetime | None = connection.scalar(select(func.max(events.c.received_at)))
    ahead = (newest - datetime.now(UTC)).total_seconds() if newest else 0.0
    if ahead > SLACK:
        return Check("clock", False, f"the newest event is {ahead:.0f} s in the future: set this machine's clock (NTP)")
    return Check("clock", True, f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
