"""Table credentials: what opens a partner's door, encrypted at rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Column, Connection, LargeBinary, Row, String, Table, delete, func, select, update

from runner.errors import CredentialUnreadable, NotFound, SettingsError, Superseded
from runner.model.credential import Credential
from runner.model.secret import Secret
from runner.store.columns import Number, UtcDateTime, metadata
from runner.store.keys import KeyRing
from runner.store.statements import insert
from runner.store.works import after_commit

credentials = Table(
    "credentials",
    metadata,
    Column("integration_id", String(64), primary_key=True),
    Column("key_id", String(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("version", Number, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("refresh_expires_at", UtcDateTime),
    Column("refresh_due_at", UtcDateTime, index=True),
    Column("updated_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True)
class Stored:
    """A credential as read; `version` grows with every `put` and guards the next one."""

    credential: Credential
    version: int


class Tide:
    """Counts what this process has written to a vault: what was read before the last of it may be old."""

    def __init__(self) -> None:
        self.count = 0

    def rise(self) -> None:
        """One more."""
        self.count += 1


@dataclass(frozen=True)
class Vault:
    """Seals and opens credentials. Each row has its own nonce, names its key and is bound to its integration. `tide`
    rises with every commit of this process that changed one."""

    keys: KeyRing
    tide: Tide = field(default_factory=Tide, compare=False, repr=False)

    def put(
        self,
        connection: Connection,
        integration_id: str,
        credential: Credential,
        at: datetime,
        expect_version: int | None = None,
    ) -> int:
        """Store it in the place of what was there; returns its version.

        With `expect_version` (0: nothing yet) Superseded when another refresh was faster: read again and use theirs.
        """
        after_commit(connection, self.tide.rise)
        current = connection.scalar(_current(integration_id).with_for_update()) or 0
        if expect_version is not None and expect_version != current:
            raise Superseded(f"the credential of integration {integration_id} was renewed in between; read it again")
        values = {
            "integration_id": integration_id,
            "key_id": self.keys.primary,
            "sealed": self.keys.seal(_encode(credential), integration_id),
            "version": current + 1,
            "expires_at": credential.expires_at,
            "refresh_expires_at": credential.refresh_expires_at,
            "refresh_due_at": credential.refresh_due_at(at),
            "updated_at": at,
        }
        statement = insert(connection.dialect.name, credentials).values(values)
        stored = connection.execute(
            statement.on_conflict_do_update(
                index_elements=["integration_id"], set_=values, where=credentials.c.version == current
            )
        )
        if not stored.rowcount:
            raise Superseded(f"the credential of integration {integration_id} was renewed in between; read it again")
        return current + 1

    def get(self, connection: Connection, integration_id: str) -> Credential:
        """The credential. NotFound when there is none, CredentialUnreadable when no key opens it."""
        return self.read(connection, integration_id).credential

    def read(self, connection: Connection, integration_id: str) -> Stored:
        """The credential with its version; raises as `get`."""
        row = connection.execute(
            select(credentials).where(credentials.c.integration_id == integration_id)
        ).one_or_none()
        if row is None:
            raise NotFound(f"integration {integration_id} has no credential; connect it first")
        return Stored(_decode(self._open(row)), row.version)

    def remove(self, connection: Connection, integration_id: str) -> None:
        """Forget the credential, if there is one."""
        after_commit(connection, self.tide.rise)
        connection.execute(delete(credentials).where(credentials.c.integration_id == integration_id))

    def fading(self, connection: Connection, now: datetime) -> list[str]:
        """Integrations whose refresh token has lain unused for so long that it is to be refreshed now."""
        query = select(credentials.c.integration_id).where(credentials.c.refresh_due_at <= now)
        return list(connection.scalars(query.order_by(credentials.c.refresh_due_at)))

    def postpone(self, connection: Connection, integration_id: str, due: datetime | None) -> None:
        """Let `fading` tell of it then; never when None."""
        mine = credentials.c.integration_id == integration_id
        connection.execute(update(credentials).where(mine).values(refresh_due_at=due))

    def check(self, connection: Connection) -> None:
        """SettingsError unless the keys open what is stored: one credential of each key is tried.

        Where they do not, the operator has the wrong keys; no integration is the worse for it.
        """
        first = select(func.min(credentials.c.integration_id)).group_by(credentials.c.key_id)
        shut = []
        for row in connection.execute(select(credentials).where(credentials.c.integration_id.in_(first))):
            try:
                self._open(row)
            except CredentialUnreadable:
                shut.append(row.key_id)
        if shut:
            raise SettingsError(_wrong_keys(shut, self.keys))

    def sealed_with(self, connection: Connection, key_id: str) -> list[str]:
        """The integrations whose credential was sealed with this key."""
        query = select(credentials.c.integration_id).where(credentials.c.key_id == key_id)
        return list(connection.scalars(query.order_by(credentials.c.integration_id)))

    def _open(self, row: Row[Any]) -> bytes:
        return self.keys.open_(bytes(row.sealed), row.integration_id)


def _wrong_keys(shut: list[str], keys: KeyRing) -> str:
    told = [
        f"RUNNER_ENCRYPTION_KEYS holds another key under the id {name} than the one that sealed stored credentials"
        if name in keys.keys
        else f"stored credentials were sealed with key {name}, and RUNNER_ENCRYPTION_KEYS holds only "
        + ", ".join(keys.keys)
        for name in sorted(shut)
    ]
    return (
        "; ".join(told)
        + " (put the right keys in, the one in use first; if a key is lost for good, `runner keys forget ID` gives up "
        "what it sealed, and those companies connect again)"
    )


def _current(integration_id: str) -> Any:
    return select(credentials.c.version).where(credentials.c.integration_id == integration_id)


def _encode(credential: Credential) -> bytes:
    return orjson.dumps(
        {
            "values": {name: secret.reveal() for name, secret in credential.values.items()},
            "access_token": _reveal(credential.access_token),
            "refresh_token": _reveal(credential.refresh_token),
            "expires_at": credential.expires_at,
            "refresh_expires_at": credential.refresh_expires_at,
            "issued_at": credential.issued_at,
        }
    )


def _decode(plain: bytes) -> Credential:
    try:
        data = orjson.loads(plain)
        return Credential(
            values={name: Secret(text) for name, text in data["values"].items()},
            access_token=_secret(data["access_token"]),
            refresh_token=_secret(data["refresh_token"]),
            expires_at=_moment(data["expires_at"]),
            refresh_expires_at=_moment(data["refresh_expires_at"]),
            issued_at=_moment(data["issued_at"]),
        )
    except (ValueError, KeyError, AttributeError, TypeError):
        # Not chained: the cause could quote what was decrypted.
        raise CredentialUnreadable(
            "a stored credential is of a form that this version cannot read; reconnect"
        ) from None


def _reveal(secret: Secret | None) -> str | None:
    return secret.reveal() if secret is not None else None


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text is not None else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
