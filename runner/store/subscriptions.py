"""Table subscriptions: the webhooks that were asked for, with their secrets, encrypted at rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    or_,
    select,
    update,
)

from runner.errors import CredentialUnreadable
from runner.model.secret import Secret
from runner.store.columns import UtcDateTime, metadata
from runner.store.keys import KeyRing

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("integration_id", String(64), nullable=False),
    Column("connector", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("external_id", Text),
    Column("key_id", String(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("note", Text),
    Index("ix_subscriptions_integration_id", "integration_id"),
    Index("ix_subscriptions_external_id", "connector", "external_id"),
)


class SubscriptionState(StrEnum):
    """`asked`: the partner is being asked, and its first message may come before its answer. `live`: it is there.
    `failed`: the partner refused, and is asked again. `ending`: it is to be deleted at the partner. `lost`: nobody
    knows whether the partner made it; what comes by it is taken for a day."""

    ASKED = "asked"
    LIVE = "live"
    FAILED = "failed"
    ENDING = "ending"
    LOST = "lost"


@dataclass(frozen=True)
class Subscribed:
    """One subscription as it stands, without its secrets. `key` is ours, `external_id` the partner's; `due_at` says
    when to look at it again, `note` what went wrong last."""

    key: str
    integration_id: str
    connector: str
    state: SubscriptionState
    made_at: datetime
    external_id: str | None = None
    expires_at: datetime | None = None
    due_at: datetime | None = None
    attempts: int = 0
    note: str | None = None


_COLUMNS = [subscriptions.c[name] for name in Subscribed.__dataclass_fields__]


def add(connection: Connection, keys: KeyRing, made: Subscribed, values: Mapping[str, Any]) -> None:
    """Store a new one with what it keeps secret."""
    plain = {name: getattr(made, name) for name in Subscribed.__dataclass_fields__}
    connection.execute(insert(subscriptions).values(**plain, **_sealed(keys, made.key, values)))


def change(connection: Connection, key: str, **values: Any) -> None:
    """Set some of what is not secret."""
    connection.execute(update(subscriptions).where(subscriptions.c.key == key).values(values))


def keep(connection: Connection, keys: KeyRing, key: str, values: Mapping[str, Any]) -> None:
    """Replace what it keeps secret."""
    connection.execute(update(subscriptions).where(subscriptions.c.key == key).values(_sealed(keys, key, values)))


def of(connection: Connection, integration_id: str) -> list[Subscribed]:
    """Those of an integration, the oldest first."""
    query = select(*_COLUMNS).where(subscriptions.c.integration_id == integration_id)
    rows = connection.execute(query.order_by(subscriptions.c.made_at, subscriptions.c.key))
    return [_subscribed(row) for row in rows]


def values(connection: Connection, keys: KeyRing, key: str) -> dict[str, Any]:
    """What it keeps secret: `secret` and the results of `create`. CredentialUnreadable when no key opens it."""
    sealed = connection.scalar(select(subscriptions.c.sealed).where(subscriptions.c.key == key))
    return _opened(keys, key, sealed) if sealed is not None else {}


def secrets(connection: Connection, keys: KeyRing, connector: str, integration_id: str, name: str) -> list[Secret]:
    """The secrets of an integration's subscriptions by which messages may come, the newest first: while one takes
    over from another, both are good."""
    table = subscriptions.c
    query = select(table.key, table.sealed).where(
        table.integration_id == integration_id,
        table.connector == connector,
        table.state != SubscriptionState.FAILED.value,
    )
    found = [
        _opened(keys, row.key, row.sealed).get(name)
        for row in connection.execute(query.order_by(table.made_at.desc(), table.key))
    ]
    return [Secret(text) for text in found if isinstance(text, str) and text]


def owner(connection: Connection, connector: str, name: str) -> str | None:
    """The integration of a subscription, by the partner's name for it or by ours."""
    table = subscriptions.c
    return connection.scalar(
        select(table.integration_id)
        .where(table.connector == connector, or_(table.external_id == name, table.key == name))
        .limit(1)
    )


def due(connection: Connection, now: datetime) -> list[str]:
    """Integrations that have one to look at."""
    query = select(subscriptions.c.integration_id).where(subscriptions.c.due_at <= now).distinct()
    return list(connection.scalars(query))


def having(connection: Connection) -> set[str]:
    """Integrations that have any."""
    return set(connection.scalars(select(subscriptions.c.integration_id).distinct()))


def remove(connection: Connection, keys_: Collection[str]) -> None:
    """Forget these."""
    connection.execute(delete(subscriptions).where(subscriptions.c.key.in_(keys_)))


def forget(connection: Connection, integration_id: str) -> None:
    """Forget all of an integration: nothing that comes by them is taken any more."""
    connection.execute(delete(subscriptions).where(subscriptions.c.integration_id == integration_id))


def forget_sealed(connection: Connection, key_id: str) -> None:
    """Forget those that a lost key had sealed: new ones are asked for once the companies have connected again."""
    connection.execute(delete(subscriptions).where(subscriptions.c.key_id == key_id))


def _sealed(keys: KeyRing, key: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"key_id": keys.primary, "sealed": keys.seal(orjson.dumps(dict(values)), bound_to(key))}


def _opened(keys: KeyRing, key: str, sealed: bytes) -> dict[str, Any]:
    plain = keys.open_(bytes(sealed), bound_to(key))
    try:
        found: dict[str, Any] = orjson.loads(plain)
    except orjson.JSONDecodeError:
        raise CredentialUnreadable(f"what is stored of subscription {key} is of an unknown form; reconnect") from None
    return found


def bound_to(key: str) -> str:
    """What the secrets of a subscription are sealed to."""
    return f"subscription {key}"


def _subscribed(row: Row[Any]) -> Subscribed:
    return Subscribed(**dict(row._mapping) | {"state": SubscriptionState(row.state)})
