"""Table connect_sessions: connect links that a browser has taken up, each by one browser."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, Text, delete, select, update

from runner.store.columns import UtcDateTime, metadata
from runner.store.statements import insert

connect_sessions = Table(
    "connect_sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("integration_id", String(64), nullable=False),
    Column("browser", String(64), nullable=False),
    Column("redirect_to", Text),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)


@dataclass(frozen=True)
class ConnectSession:
    """A link in use. `id` is the link's; `browser` is the hash of the cookie that took it up; `ended_at` says when it
    led to a connection."""

    id: str
    integration_id: str
    browser: str
    redirect_to: str | None
    expires_at: datetime
    ended_at: datetime | None = None


def begin(connection: Connection, session: ConnectSession) -> ConnectSession:
    """Take a link up. When somebody was faster, theirs comes back: compare `browser`."""
    values = {item.name: getattr(session, item.name) for item in fields(session)}
    connection.execute(insert(connection.dialect.name, connect_sessions).values(values).on_conflict_do_nothing())
    found = get(connection, session.id)
    return found or session


def get(connection: Connection, session_id: str) -> ConnectSession | None:
    """The session of a link; None while nobody took it up."""
    row = connection.execute(select(connect_sessions).where(connect_sessions.c.id == session_id)).one_or_none()
    return ConnectSession(**row._mapping) if row is not None else None


def end(connection: Connection, session_id: str, at: datetime) -> None:
    """The company is connected: the link leads nowhere any more."""
    table = connect_sessions.c
    connection.execute(
        update(connect_sessions).where(table.id == session_id, table.ended_at.is_(None)).values(ended_at=at)
    )


def purge(connection: Connection, before: datetime) -> int:
    """Delete what expired before then; returns how many. A link never outlives its session."""
    return connection.execute(delete(connect_sessions).where(connect_sessions.c.expires_at < before)).rowcount
