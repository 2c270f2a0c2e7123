"""What a company fills in while connecting: looked at field by field, and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from runner.connector import scope
from runner.connector.connector import Connector
from runner.connector.wanted import wanted
from runner.engine.house import House
from runner.engine.subscriptions import rotation
from runner.errors import AlreadyExists, NotFound, SettingsError
from runner.model.credential import Credential
from runner.model.integration import Integration, State
from runner.model.secret import Secret
from runner.model.words import suggest
from runner.store import feed, integrations, runs
from runner.store.statements import hold


@dataclass(frozen=True)
class Filled:
    """An environment, the way in that was picked where there is a choice, and a text for each setting, secret ones
    too."""

    environment: str
    way: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    def shown(self, connector: Connector) -> dict[str, str]:
        """The settings that are no secrets."""
        declared = connector.settings
        return {name: text for name, text in self.texts.items() if text and not declared[name].secret}

    def credential(self, connector: Connector) -> Credential:
        """The secret ones."""
        declared = connector.settings
        hidden = {name: Secret(text) for name, text in self.texts.items() if text and declared[name].secret}
        return Credential(values=hidden)


def flaws(connector: Connector, filled: Filled) -> dict[str, str]:
    """What is wrong with each field that is wrong, missing ones too; SettingsError when there is no such way in."""
    asked = wanted(connector, "settings", filled.way)
    found = {name: declared.flaw(filled.texts.get(name)) for name, declared in asked.items()}
    return {name: flaw for name, flaw in found.items() if flaw}


def check(house: House, connector: Connector, filled: Filled, *, later: bool = False) -> None:
    """SettingsError with every mistake at once: the company's fields, then what the operator has not set yet. With
    `later`, what is missing is no mistake."""
    house.environment(connector, filled.environment)
    asked = wanted(connector, "settings", filled.way)
    wrong = [
        f"{name} is no setting of {connector.title} ({suggest(name, asked) or 'it has none'})"
        for name in filled.texts
        if name not in asked
    ]
    wrong += [flaw for name, flaw in flaws(connector, filled).items() if filled.texts.get(name) or not later]
    if wrong:
        raise SettingsError(*wrong)
    app = house.app(connector.connector, filled.environment)
    own = filled.environment if house.has_own_app(connector.connector, filled.environment) else None
    missing = scope.missing_app_values(connector, app, filled.way, own)
    if missing:
        told = f"{connector.title} cannot be connected yet: the operator must set {', '.join(missing)}"
        raise SettingsError(told, by_operator=True)


def stored(connection: Connection, house: House, connector: Connector, integration: Integration) -> Filled:
    """What a company has filled in so far, for fields that are asked for still."""
    try:
        values = house.store.vault.get(connection, integration.id).values
    except NotFound:
        values = {}
    texts = {**integration.settings, **{name: secret.reveal() for name, secret in values.items()}}
    asked = wanted(connector, "settings", integration.way)
    return Filled(integration.environment, integration.way, {name: texts[name] for name in asked if name in texts})


def make(
    connection: Connection, house: House, connector: Connector, company: str, filled: Filled
) -> tuple[Integration, Filled]:
    """A new integration of what was filled in, or the company's own that is not active taken up again. Where nothing
    was filled in, what was before stands. AlreadyExists when the company has an active one."""
    hold(connection, f"company:{company}")
    known = _known(connection, house, connector, company, filled)
    if known is not None:
        before = stored(connection, house, connector, known)
        stands = not filled.texts and (filled.environment, filled.way) == (before.environment, before.way)
        filled = before if stands else filled
        return keep(connection, house, connector, known, filled), filled
    at = house.clock.now()
    made = Integration(
        uuid4().hex,
        company,
        connector.connector,
        filled.environment,
        settings=filled.shown(connector),
        created_at=at,
        updated_at=at,
        way=filled.way,
    )
    house.store.begin(connection, made, made.id if connector.integrations == "many_per_company" else "")
    house.store.vault.put(connection, made.id, filled.credential(connector), at)
    return made, filled


def keep(connection: Connection, house: House, connector: Connector, known: Integration, filled: Filled) -> Integration:
    """Keep what was filled in for an integration that is not active. Nothing that opens one environment, or one way
    in, is kept for another."""
    at = house.clock.now()
    made = replace(known, settings=filled.shown(connector), way=filled.way)
    integrations.set_settings(connection, made.id, made.settings, at)
    integrations.set_way(connection, made.id, made.way, at)
    elsewhere = known.environment != filled.environment
    if elsewhere:
        made = _moved(connection, house, connector, made, filled.environment, at)
    credential = filled.credential(connector)
    if credential.values or elsewhere or known.way != filled.way:
        rotation.put(connection, house.store.vault, connector, made.id, credential, at)
    return made


def _known(
    connection: Connection, house: House, connector: Connector, company: str, filled: Filled
) -> Integration | None:
    """The company's integration that can be taken up again; AlreadyExists when it works as it is. Where it may have
    many, that is one that was begun with the same and is not connected yet."""
    found = integrations.find(connection, company=company, connector=connector.connector)
    if connector.integrations == "many_per_company":
        begun = (one for one in found if one.state is State.PENDING)
        return next((one for one in begun if _is_same(stored(connection, house, connector, one), filled)), None)
    known = next(iter(found), None)
    if known is not None and known.state is State.ACTIVE:
        raise AlreadyExists(
            f"company {company} is connected to {connector.title} already (to fill in something else, or to consent "
            f"anew, ask for a link: `POST /api/integrations/{known.id}/link`, or `runner connect --again {known.id}`)"
        )
    return known


def _is_same(begun: Filled, filled: Filled) -> bool:
    """Whether somebody only began once more; who fills in nothing goes on with what there is."""
    alike = (begun.environment, begun.way) == (filled.environment, filled.way)
    return alike and (not filled.texts or dict(begun.texts) == dict(filled.texts))


def _moved(
    connection: Connection, house: House, connector: Connector, known: Integration, environment: str, at: datetime
) -> Integration:
    """In another environment, as if new. AlreadyExists when it holds what came from the one where it is."""
    if known.account_id is not None or runs.find(connection, known.id) or feed.counts(connection, known.id):
        raise AlreadyExists(
            f"company {known.company} has {connector.title} in environment {known.environment} (to connect "
            f"{environment}, the operator must remove that one with its records first: "
            f"`runner integrations --remove {known.id}`)"
        )
    integrations.set_environment(connection, known.id, environment, at)
    house.store.move(connection, known.id, State.PENDING, None, at)
    return replace(known, environment=environment, state=State.PENDING, reason=None)
