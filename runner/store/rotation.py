"""Seal anew with the first key whatever an older one sealed, while others read and write: `runner keys rotate`.

Every step is a transaction of its own, and what is done is seen by its key: an interrupted rotation goes on where it
was. Whoever writes a row in between is right, and has sealed it with the first key already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, and_, func, select, update

from runner.errors import CredentialUnreadable
from runner.store import states, subscriptions, vault
from runner.store.database import Database
from runner.store.keys import KeyRing

BATCH = 100
"""Rows at a time."""


@dataclass(frozen=True)
class Sealed:
    """A column that holds what the key ring sealed, and what each row's is bound to."""

    table: Table
    key: str
    column: str
    bound_to: Callable[[Row[Any]], str]


SEALED = (
    Sealed(vault.credentials, "integration_id", "sealed", lambda row: str(row.integration_id)),
    Sealed(subscriptions.subscriptions, "key", "sealed", lambda row: subscriptions.bound_to(row.key)),
    Sealed(states.oauth_states, "nonce_hash", "verifier", lambda row: states.bound_to(row.integration_id)),
)
"""Everything that is sealed at rest."""


@dataclass
class Rotated:
    """How many were sealed anew; `shut` names those that no key opens, which stay as they are."""

    count: int = 0
    shut: list[str] = field(default_factory=list)


async def rotate(database: Database, keys: KeyRing, batch: int = BATCH) -> Rotated:
    """Seal all anew, `batch` rows a transaction."""
    done = Rotated()
    for which in SEALED:
        after: str | None = ""
        while after is not None:
            after = await database.write(_step(which, keys, after, batch, done))
    return done


def rotate_within(connection: Connection, keys: KeyRing) -> Rotated:
    """The same in the caller's own transaction."""
    done = Rotated()
    for which in SEALED:
        after: str | None = ""
        while after is not None:
            after = _step(which, keys, after, BATCH, done)(connection)
    return done


def _step(which: Sealed, keys: KeyRing, after: str, limit: int, done: Rotated) -> Callable[[Connection], str | None]:
    """One step from the row `after` on: it tells the last row that it saw, None when there was none."""

    def work(connection: Connection) -> str | None:
        rows = _older(connection, which, keys, after, limit)
        for row in rows:
            _reseal(connection, which, keys, row, done)
        return str(getattr(rows[-1], which.key)) if rows else None

    return work


def _older(connection: Connection, which: Sealed, keys: KeyRing, after: str, limit: int) -> list[Row[Any]]:
    key, sealed = which.table.c[which.key], which.table.c[which.column]
    query = select(which.table).where(key > after, sealed.is_not(None), ~_by(sealed, keys.primary))
    return list(connection.execute(query.order_by(key).limit(limit).with_for_update()))


def _by(sealed: Column[Any], key_id: str) -> ColumnElement[bool]:
    """Whether a key sealed it: it begins with the key's id."""
    mark = f"{key_id}:".encode()
    return func.substr(sealed, 1, len(mark)) == mark


def _reseal(connection: Connection, which: Sealed, keys: KeyRing, row: Row[Any], done: Rotated) -> None:
    name, old = str(getattr(row, which.key)), bytes(getattr(row, which.column))
    try:
        plain = keys.open_(old, which.bound_to(row))
    except CredentialUnreadable:
        done.shut.append(f"{which.table.name} {name}")
        return
    values: dict[str, Any] = {which.column: keys.seal(plain, which.bound_to(row))}
    if "key_id" in which.table.c:
        values["key_id"] = keys.primary
    same = and_(which.table.c[which.key] == name, which.table.c[which.column] == old)
    done.count += connection.execute(update(which.table).where(same).values(values)).rowcount
