"""What the templates of a connector may read, put together for one integration."""

from __future__ import annotations

from collections.abc import Mapping
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
        "account": integration.account,
        "integration": {
            "id": integration.id,
            "company": integration.company,
            "account_id": integration.account_id,
            "way": integration.way,
        },
        **more,
    }


def app_values(connector: Connector, environ: Mapping[str, str]) -> dict[str, str | Secret]:
    """The operator's app values from `RUNNER_<CONNECTOR>_<FIELD>`; SettingsError names every one that is wrong.

    The secret that deliveries are checked with may come twice while it changes: what it was before is
    `RUNNER_<CONNECTOR>_<FIELD>_PREVIOUS`, and its name here is `previous(field)`.
    """
    values: dict[str, str | Secret] = {}
    wrong = []
    for name, field in app_fields(connector).items():
        variable = variable_of(connector, name)
        given = environ.get(variable) or None
        flaw = field.flaw(given) if given else None
        if flaw:
            wrong.append(f"{variable}: {flaw}")
        if given:
            values[name] = Secret(given) if field.secret else given
    if wrong:
        raise SettingsError("; ".join(wrong))
    return values


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


def missing_app_values(connector: Connector, app: Mapping[str, Any], way: str | None = None) -> list[str]:
    """The environment variables that are still to be set before anybody can connect, by this way in."""
    asked = wanted(connector, "app", way)
    needed = [name for name, field in asked.items() if field.required and field.default is None]
    return [variable_of(connector, name) for name in needed if not app.get(name)]


def variable_of(connector: Connector, name: str) -> str:
    """The environment variable that holds one app value."""
    return f"RUNNER_{connector.connector}_{name}".upper()


def _filled(fields: Mapping[str, Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """Declared fields only: what is given, else the default, else null."""
    filled: dict[str, Any] = {}
    for name, field in fields.items():
        value = given.get(name)
        filled[name] = value or field.default
    return filled
