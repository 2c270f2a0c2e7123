"""Table integrations: which company has which connector switched on, and how it stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    case,
    delete,
    select,
    update,
)

from runner.errors import AlreadyExists, NotFound
from runner.model.integration import Integration, Reason, State
from runner.store.columns import Json, UtcDateTime, metadata
from runner.store.statements import Compiled, insert

integrations = Table(
    "integrations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("company", Text, nullable=False),
    Column("connector", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Json),
    Column("since", UtcDateTime),
    Column("settings", Json, nullable=False),
    Column("account", Json, nullable=False),
    Column("account_id", Text),
    Column("account_name", Text),
    Column("way", Text),
    Column("created_at", UtcDateTime),
    Column("updated_at", UtcDateTime),
    UniqueConstraint("company", "connector", "slot"),
    Index("ix_integrations_account", "connector", "account_id"),
)

_STATES = (
    select(integrations.c.id, integrations.c.state, integrations.c.environment)
    .where(
        integrations.c.connector == bindparam("connector", type_=Text),
        integrations.c.account_id == bindparam("account_id", type_=Text),
    )
    .order_by(integrations.c.created_at.nulls_first(), integrations.c.id)
)
_STATE = (
    select(integrations.c.state)
    .where(integrations.c.id == bindparam("integration", type_=Text))
    .with_for_update(read=True, key_share=True)
)
_state = Compiled(["integration"])
_states = Compiled(["connector", "account_id"])


def add(connection: Connection, integration: Integration, slot: str = "") -> None:
    """Store a new one. `slot` is empty where a company may have one, else what tells its integrations apart.

    AlreadyExists when the company has this connector (in this slot) or the id is taken.
    """
    values = {item.name: getattr(integration, item.name) for item in fields(integration)} | {
        "slot": slot,
        "state": integration.state.value,
        "reason": asdict(integration.reason) if integration.reason else None,
        "since": integration.since or integration.created_at,
        "settings": dict(integration.settings),
        "account": dict(integration.account),
    }
    added = connection.execute(
        insert(connection.dialect.name, integrations).values(values).on_conflict_do_nothing()
    ).rowcount
    if not added:
        raise AlreadyExists(
            f"company {integration.company} has {integration.connector} already; "
            "reconnect that integration, or remove it first"
        )


def get(connection: Connection, integration_id: str) -> Integration:
    """The integration, or NotFound."""
    row = connection.execute(select(integrations).where(integrations.c.id == integration_id)).one_or_none()
    if row is None:
        raise _missing(integration_id)
    return _integration(row)


def state(connection: Connection, integration_id: str) -> State:
    """How it stands, or NotFound; for the hot path of a work that writes: it is not removed before that ends."""
    for (found,) in _state.find(connection, _STATE, (integration_id,)):
        return State(found)
    raise _missing(integration_id)


def named(connection: Connection, ids: Collection[str]) -> dict[str, Integration]:
    """Those of these ids that there are, by id."""
    query = select(integrations).where(integrations.c.id.in_(ids))
    return {row.id: _integration(row) for row in connection.execute(query)}


def by_account(connection: Connection, connector: str, account_id: str) -> list[Integration]:
    """Those whose account the partner calls `account_id`, oldest first: two companies may share an account."""
    query = select(integrations).where(integrations.c.connector == connector, integrations.c.account_id == account_id)
    return [
        _integration(row)
        for row in connection.execute(query.order_by(integrations.c.created_at.nulls_first(), integrations.c.id))
    ]


def states_by_account(connection: Connection, connector: str, account_id: str) -> list[tuple[str, State, str]]:
    """Ids, states and environments of those that `by_account` finds, for the hot path."""
    rows = _states.find(connection, _STATES, (connector, account_id))
    return [(found, State(state), environment) for found, state, environment in rows]


def find(
    connection: Connection, company: str | None = None, connector: str | None = None, state: State | None = None
) -> list[Integration]:
    """All that fit what is given, by company, connector and age."""
    table = integrations.c
    query = select(integrations).order_by(table.company, table.connector, table.created_at.nulls_first(), table.id)
    if company is not None:
        query = query.where(table.company == company)
    if connector is not None:
        query = query.where(table.connector == connector)
    if state is not None:
        query = query.where(table.state == state.value)
    return [_integration(row) for row in connection.execute(query)]


def set_state(connection: Connection, integration_id: str, state: State, reason: Reason | None, at: datetime) -> None:
    """Write its state and reason; `since` changes with the state. NotFound when it is not there.

    This is the row alone. What moves an integration is `Store.move`, which keeps to the table of transitions.
    """
    told = asdict(reason) if reason else None
    since = case((integrations.c.state == state.value, integrations.c.since), else_=at)
    _change(connection, integration_id, {"state": state.value, "reason": told, "since": since, "updated_at": at})


def set_account(
    connection: Connection,
    integration_id: str,
    account_id: str | None,
    name: str | None,
    account: Mapping[str, Any],
    at: datetime,
) -> None:
    """Keep what was captured at connect: the partner's id and name for the company, and the rest as `account`."""
    values = {"account_id": account_id, "account_name": name, "account": dict(account), "updated_at": at}
    _change(connection, integration_id, values)


def set_environment(connection: Connection, integration_id: str, environment: str, at: datetime) -> None:
    """Let it call the partner in another environment."""
    _change(connection, integration_id, {"environment": environment, "updated_at": at})


def set_way(connection: Connection, integration_id: str, way: str | None, at: datetime) -> None:
    """Keep which way in the company picked."""
    _change(connection, integration_id, {"way": way, "updated_at": at})


def set_settings(connection: Connection, integration_id: str, settings: Mapping[str, Any], at: datetime) -> None:
    """Replace the settings that are no secrets."""
    _change(connection, integration_id, {"settings": dict(settings), "updated_at": at})


def remove(connection: Connection, integration_id: str) -> None:
    """Delete it with everything kept for it in any table: credential, records, events, links, pushes, wake-ups."""
    mine = select(integrations.c.id).where(integrations.c.id == integration_id)
    connection.execute(mine.with_for_update())  # whoever stores for it now, stores before it goes
    for table in metadata.sorted_tables:
        for name in ("integration_id", "destination", "subject"):
            if name in table.c:
                connection.execute(delete(table).where(table.c[name] == integration_id))
    if not connection.execute(delete(integrations).where(integrations.c.id == integration_id)).rowcount:
        raise _missing(integration_id)


def _change(connection: Connection, integration_id: str, values: dict[str, Any]) -> None:
    if not connection.execute(update(integrations).where(integrations.c.id == integration_id).values(values)).rowcount:
        raise _missing(integration_id)


def _missing(integration_id: str) -> NotFound:
    return NotFound(
        f"there is no integration {integration_id} (`GET /api/integrations` and `runner integrations` list those there "
        "are)"
    )


def _integration(row: Row[Any]) -> Integration:
    values = dict(row._mapping)
    del values["slot"]
    reason = values.pop("reason")
    state = State(values.pop("state"))
    return Integration(**values, state=state, reason=Reason(**reason) if reason else None)
