"""What the connect page shows of one integration: ways in, settings with what was typed, and one button."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.responses import Response

from runner.connector.connector import Connector
from runner.connector.field import Field
from runner.connector.wanted import wanted
from runner.engine.house import House
from runner.engine.integrations import filling
from runner.engine.integrations.filling import Filled
from runner.errors import SettingsError
from runner.model.integration import Integration, State
from runner.service.form import ENVIRONMENT, PREFIX, Control, Option, controls, environments
from runner.service.page import Onward, render
from runner.service.telling import Alert


@dataclass(frozen=True)
class SettingsPage:
    """The page as it is to be shown. `filled` is what stands: what was typed over what was stored. `ways` are those
    among which is to be chosen first, `is_open` says that something is missing or wrong."""

    connector: Connector
    integration: Integration
    filled: Filled = field(repr=False)
    controls: tuple[Control, ...]
    ways: tuple[Option, ...]
    is_open: bool
    sent: Mapping[str, str] | None = field(default=None, repr=False)

    def render(self, status: int, address: str, key: str, alert: Alert, form_action: str) -> Response:
        """The page; `address` is that of the link, `key` goes with the browser's cookie."""
        title = f"Connect {self.connector.title}"
        company = self.integration.company
        picked = self.filled.way if self.connector.auth.options else None
        if self.ways and picked is None:
            ways = [Onward(f"{address}&{urlencode({'way': one.value})}", one.title) for one in self.ways]
            return render("ways.html", status, {"title": title, "ways": ways, "company": company})
        verb = "Continue to" if self._consents else "Connect"
        values = {
            "title": title,
            "company": company,
            "alert": alert.sentences,
            "detail": alert.detail,
            "sentences": self._sentences(),
            "action": address,
            "key": key,
            "way": picked,
            "controls": self.controls,
            "button": f"{verb} {self.connector.title}",
            "other": Onward(f"{address}&way=", "Another way in") if self.ways else None,
        }
        return render("form.html", status, values, form_action)

    @property
    def _consents(self) -> bool:
        return self.connector.way_in(self.filled.way).flow == "code"

    def _sentences(self) -> list[str]:
        title, account = self.connector.title, self.integration.account_name or self.integration.account_id
        told = [f"It is connected to the account {account}."] if self.integration.state is State.ACTIVE else []
        if self.controls:
            told.append(f"Fill this in, so that we can reach your data at {title}.")
        if self._consents:
            told.append(f"{title} will ask you to sign in and to approve; then you come back here.")
        return told


async def page_of(
    house: House, integration: Integration, way: str | None, sent: Mapping[str, str] | None = None
) -> SettingsPage:
    """The page for an integration. `way` is the way in that was picked here, empty to pick anew, None for the stored
    one; `sent` are the form's fields. SettingsError when they name something that is not to be chosen."""
    connector = house.connectors.get(integration.connector)
    is_active = integration.state is State.ACTIVE
    options = {} if is_active else connector.auth.options
    if way and way not in connector.auth.options:
        raise SettingsError(f"{connector.title} has no such way in; open the link again")
    picked = integration.way if way is None or is_active else way or None
    before = await house.store.database.read(
        lambda connection: filling.stored(connection, house, connector, integration)
    )
    environment = _environment(house, connector, integration, sent)
    stands = (environment, picked) == (integration.environment, integration.way)
    kept = before.texts if stands else before.shown(connector)  # no secret goes to another environment or way in
    asked = wanted(connector, "settings", picked)
    typed = {name: sent[PREFIX + name] for name in asked if PREFIX + name in sent} if sent is not None else None
    texts = _standing(asked, kept, typed or {})
    filled = Filled(environment, picked, {name: text for name, text in texts.items() if text})
    consents = connector.way_in(picked).flow == "code"
    is_open = bool(filling.flaws(connector, filled)) or (bool(options) and picked is None)
    fields = {} if consents and (is_active or _is_settled(integration, is_open, sent)) else asked
    shown = tuple(controls(fields, texts, kept.keys(), typed))
    choice = _choice(house, connector, integration, environment)
    ways = tuple(Option(name, found.title or name.replace("_", " ").capitalize()) for name, found in options.items())
    return SettingsPage(connector, integration, filled, (*choice, *shown), ways, is_open, sent)


def _is_settled(integration: Integration, is_open: bool, sent: Mapping[str, str] | None) -> bool:
    """Whether nothing is left to fill in, and nothing says that it is to be looked at once more."""
    return not is_open and integration.reason is None and sent is None


def _standing(asked: Mapping[str, Field], kept: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed over what was kept; an empty secret leaves the one that is kept."""
    texts = {name: text for name, text in kept.items() if name in asked}
    return texts | {name: text for name, text in typed.items() if text or not asked[name].secret}


def _environment(house: House, connector: Connector, integration: Integration, sent: Mapping[str, str] | None) -> str:
    asked = (sent or {}).get(ENVIRONMENT) or integration.environment
    if asked != integration.environment and asked not in _environments(house, connector, integration):
        raise SettingsError(f"{connector.title} has no such environment to choose; open the link again")
    return asked


def _environments(house: House, connector: Connector, integration: Integration) -> list[str]:
    """Those among which the company may choose: before it holds anything, and where the operator says so."""
    held = integration.account_id is not None or integration.state is State.ACTIVE
    if held or connector.connector not in house.config.connect.choose_environment:
        return []
    return list({**connector.environments, **house.config.environments.get(connector.connector, {})})


def _choice(house: House, connector: Connector, integration: Integration, chosen: str) -> list[Control]:
    names = _environments(house, connector, integration)
    return [environments(names, chosen)] if len(names) > 1 else []
