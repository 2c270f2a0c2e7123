"""What `runner doctor` looks into: each check says what it found, and how to mend it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from urllib.parse import urlsplit

import httpx

from runner.cli.check import Check, tried
from runner.cli.check_database import look_into
from runner.connector.config import Config
from runner.connector.connector import Connector
from runner.connector.library import Connectors
from runner.connector.scope import app_by_environment, app_fields, app_values, missing_app_values, variable_of
from runner.errors import RunnerError, SettingsError
from runner.service.assemble import environments_of, read_config, read_schemas, require_notify_secret
from runner.service.destination_keys import read_destination_keys, variables_of
from runner.service.settings import VARIABLES, Settings, strangers

LOCAL = ("127.0.0.1", "localhost", "::1")
PATIENCE = 5.0
"""Seconds in which the public address has to answer."""


def checks(environ: Mapping[str, str], transport: httpx.BaseTransport | None = None) -> Iterator[Check]:
    """All checks. A variable that is wrong is told, and taken as not set by the others. `transport` takes the place of
    the network."""
    wrong = dict(_wrong(environ))
    for told in wrong.values():
        yield Check("settings", False, told)
    settings = Settings.read({name: value for name, value in environ.items() if name not in wrong})
    if "RUNNER_ENCRYPTION_KEYS" not in wrong:
        yield tried("keys", lambda: f"{settings.keyring().primary} seals")
    yield tried("runner.yaml", lambda: _config(settings))
    yield address(settings.base_url, transport)
    database, used = look_into(settings, _readable_config(settings))
    yield from database
    yield from _connectors(settings, used)


def address(base_url: str, transport: httpx.BaseTransport | None = None) -> Check:
    """Whether partners and companies reach us there, and nobody listens."""
    parts = urlsplit(base_url)
    if parts.hostname in LOCAL:
        told = f"{base_url} is this machine alone: no partner's webhook or consent reaches it (RUNNER_BASE_URL)"
        return Check("address", True, told)
    if parts.scheme != "https":
        remedy = "partners and browsers want https: put a proxy with a certificate before it, and set RUNNER_BASE_URL"
        return Check("address", False, f"{base_url} is not encrypted; {remedy}")
    try:
        with httpx.Client(transport=transport, timeout=PATIENCE) as client:
            status = client.get(f"{base_url}/healthz").status_code
    except httpx.HTTPError as error:
        why = f"does not answer this machine ({type(error).__name__})"
        return Check("address", False, f"{base_url} {why}: see its name in DNS, its certificate, and the proxy")
    if status >= 500:
        return Check("address", False, f"{base_url}/healthz answers {status}: the proxy finds no `runner serve`")
    return Check("address", True, f"{base_url} answers {status}")


def _wrong(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The variables that cannot be read, each by itself, and why."""
    for variable in VARIABLES:
        if variable.name in environ:
            try:
                Settings.read({variable.name: environ[variable.name]})
            except SettingsError as error:
                yield variable.name, str(error)


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
    found = tried("connectors", lambda: f"{len(connectors.all())} in {settings.connectors}")
    yield found
    if not found.fine:
        return
    yield tried("record schemas", lambda: _schemas(connectors, settings))
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
        yield tried(connector.connector, partial(_app, connector, settings, used))
        for environment in environments_of(connector, config):
            if app_values(connector, settings.environ, environment):
                name = f"{connector.connector}, {environment}"
                yield tried(name, partial(_own_app, connector, settings, environment))


def _schemas(connectors: Connectors, settings: Settings) -> str:
    read_schemas(connectors, settings)
    return f"one for every kind, in {settings.schemas}"


def _app(connector: Connector, settings: Settings, used: Collection[str] | None) -> str:
    """Values that are not set matter once a company has the connector."""
    missing = missing_app_values(connector, app_values(connector, settings.environ))
    if not missing:
        return "all app values are set"
    if used is None:
        return f"whether companies have it is not known; without {', '.join(missing)} it cannot work"
    if connector.connector in used:
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
