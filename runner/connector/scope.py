"""What the templates of a connector may read, put together for one integration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runner.connector.connector import Connector
from runner.connector.field import Field
from runner.connector.wanted import wanted
from runner.errors import SettingsError
from runner.model.credential import Credential
from runner.model.integration import Integration
from runner.model.secret import Secret

Scope = dict[str, Any]


def build(
    connector: Connector,
    integration: Integration,
    *,
    app: Mapping[str, str | Secret],
    credential: Credential,
    environment: Mapping[str, str],
    **more: Any,
) -> Scope:
    """The scope of a call: `app`, `settings` (secret ones too, still as Secret), `environment`, `account`,
    `integration`, and whatever else the slot offers. Declared values that are not filled in are their default or null.
    """
    settings = {**integration.settings, **credential.values}
    return {
        "app": _filled(connector.app, app),
        "settings": _filled(connector.settings, settings),
        "environment": environment,
        "account": {**_identified(connector), **integration.account},
        "integration": {
            "id": integration.id,
            "company": integration.company,
            "account_id": integration.account_id,
            "way": integration.way,
        },
        **more,
    }


def _identified(connector: Connector) -> dict[str, None]:
    """What `identify` is yet to capture is null: its own call is written before it is known."""
    identifies = (way.identify for way in connector.ways.values())
    return {name: None for identify in identifies if identify for name in identify.capture}


def app_values(
    connector: Connector, environ: Mapping[str, str], environment: str | None = None
) -> dict[str, str | Secret]:
    """The operator's app values from `RUNNER_<CONNECTOR>_<FIELD>`, or those of one environment alone, from
    `RUNNER_<CONNECTOR>_<ENVIRONMENT>_<FIELD>`; SettingsError names every one that is wrong.

    The secret that deliveries are checked with may come twice while it changes: what it was before is
    `RUNNER_<CONNECTOR>_<FIELD>_PREVIOUS`, and its name here is `previous(field)`.
    """
    values: dict[str, str | Secret] = {}
    wrong = []
    general = {variable_of(connector, name) for name in app_fields(connector)}
    for name, field in app_fields(connector).items():
        variable = variable_of(connector, name, environment)
        if environment is not None and variable in general:
            continue
        given = environ.get(variable) or None
        flaw = field.flaw(given) if given else None
        if flaw:
            wrong.append(f"{variable}: {flaw}")
        if given:
            values[name] = Secret(given) if field.secret else given
    if wrong:
        raise SettingsError("; ".join(wrong))
    return values


def app_by_environment(
    connector: Connector, environ: Mapping[str, str], environments: Iterable[str]
) -> dict[str, dict[str, str | Secret]]:
    """The app of each environment that has values of its own. What is no secret is as everywhere where it is not set;
    a secret of another environment is never taken in its place. Raises as `app_values`."""
    shared = {name: text for name, text in app_values(connector, environ).items() if not isinstance(text, Secret)}
    own = {name: app_values(connector, environ, name) for name in environments}
    return {name: {**shared, **values} for name, values in own.items() if values}


def app_fields(connector: Connector) -> dict[str, Field]:
    """Every app value that can be set: those declared, and what the secret of webhooks was before."""
    place, _, name = ((connector.webhooks and connector.webhooks.verify.secret_name) or "").partition(".")
    field = connector.app.get(name) if place == "app" else None
    if field is None:
        return dict(connector.app)
    title = f"{field.title}, as it was before"
    return {previous(name): field.model_copy(update={"title": title, "required": False}), **connector.app}


def previous(name: str) -> str:
    """The name of what a secret was before it was changed, for as long as both are good."""
    return f"{name}_previous"


def missing_app_values(
    connector: Connector, app: Mapping[str, Any], way: str | None = None, environment: str | None = None
) -> list[str]:
    """The environment variables that are still to be set before anybody can connect, by this way in. `environment` is
    one that has an app of its own."""
    asked = wanted(connector, "app", way)
    needed = [name for name, field in asked.items() if field.required and field.default is None]
    return [variable_of(connector, name, environment) for name in needed if not app.get(name)]


def variable_of(connector: Connector, name: str, environment: str | None = None) -> str:
    """The environment variable that holds one app value, in every environment or in one."""
    return "_".join(filter(None, ("RUNNER", connector.connector, environment, name))).upper()


def _filled(fields: Mapping[str, Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """Declared fields only: what is given, else the default, else null."""
    filled: dict[str, Any] = {}
    for name, field in fields.items():
        value = given.get(name)
        filled[name] = value or field.default
    return filled
