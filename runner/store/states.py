"""Table oauth_states: consents that somebody began, each good for one callback."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Column, Connection, LargeBinary, String, Table, Text, delete, insert, select, update

from runner.errors import StateRefused
from runner.store.columns import UtcDateTime, metadata

MOST_OPEN = 20
"""Consents of one integration that are remembered at once, taken ones included."""

oauth_states = Table(
    "oauth_states",
    metadata,
    Column("nonce_hash", String(128), primary_key=True),
    Column("integration_id", String(64), nullable=False),
    Column("verifier", LargeBinary),
    Column("redirect_to", Text),
    Column("session_id", String(64)),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)


@dataclass(frozen=True)
class OAuthState:
    """What a callback needs of the consent that it ends. `verifier` is the PKCE verifier, sealed by the key ring;
    `session_id` names the connect session that began it."""

    integration_id: str
    verifier: bytes | None = field(repr=False)
    redirect_to: str | None
    session_id: str | None = None


def bound_to(integration_id: str) -> str:
    """What the verifier of a consent is sealed to."""
    return f"verifier:{integration_id}"


def begin(
    connection: Connection,
    integration_id: str,
    nonce_hash: str,
    verifier: bytes | None,
    redirect_to: str | None,
    expires_at: datetime,
    session_id: str | None = None,
) -> None:
    """Remember a consent by the hash of its nonce (the nonce itself travels, and is not stored). The oldest of an
    integration make room: who has a link may send its form as often as he likes."""
    values = {
        "nonce_hash": nonce_hash,
        "integration_id": integration_id,
        "verifier": verifier,
        "redirect_to": redirect_to,
        "session_id": session_id,
        "expires_at": expires_at,
    }
    connection.execute(insert(oauth_states).values(values))
    table = oauth_states.c
    mine = select(table.nonce_hash).where(table.integration_id == integration_id, table.nonce_hash != nonce_hash)
    latest = mine.order_by(table.expires_at.desc(), table.nonce_hash).limit(MOST_OPEN - 1)
    connection.execute(
        delete(oauth_states).where(
            table.integration_id == integration_id, table.nonce_hash != nonce_hash, table.nonce_hash.not_in(latest)
        )
    )


def use(connection: Connection, nonce_hash: str, at: datetime) -> OAuthState:
    """Take the consent, once. StateRefused with code state-unknown, state-used or state-expired."""
    table = oauth_states.c
    taken = connection.execute(
        update(oauth_states)
        .where(table.nonce_hash == nonce_hash, table.used_at.is_(None), table.expires_at > at)
        .values(used_at=at)
        .returning(table.integration_id, table.verifier, table.redirect_to, table.session_id)
    ).one_or_none()
    if taken is None:
        raise _refusal(connection, nonce_hash)
    verifier = bytes(taken.verifier) if taken.verifier is not None else None
    return OAuthState(taken.integration_id, verifier, taken.redirect_to, taken.session_id)


def session_of(connection: Connection, nonce_hash: str) -> str | None:
    """The connect session that began this consent, used or not; None when nobody knows."""
    return connection.scalar(select(oauth_states.c.session_id).where(oauth_states.c.nonce_hash == nonce_hash))


@dataclass(frozen=True)
class Used:
    """A consent that was taken, whatever came of it."""

    integration_id: str
    at: datetime


def used(connection: Connection, nonce_hash: str) -> Used | None:
    """The consent of this nonce, when somebody took it already and it is still remembered."""
    row = connection.execute(
        select(oauth_states.c.integration_id, oauth_states.c.used_at).where(
            oauth_states.c.nonce_hash == nonce_hash, oauth_states.c.used_at.is_not(None)
        )
    ).one_or_none()
    return Used(row.integration_id, row.used_at) if row is not None else None


def purge(connection: Connection, before: datetime) -> int:
    """Delete what expired before then; returns how many."""
    return connection.execute(delete(oauth_states).where(oauth_states.c.expires_at < before)).rowcount


def _refusal(connection: Connection, nonce_hash: str) -> StateRefused:
    row = connection.execute(select(oauth_states).where(oauth_states.c.nonce_hash == nonce_hash)).one_or_none()
    if row is None:
        return StateRefused("nobody began this consent here; click Connect again", code="state-unknown")
    if row.used_at is not None:
        return StateRefused("this consent was used already; click Connect again", code="state-used")
    return StateRefused("this consent took too long; click Connect again", code="state-expired")
