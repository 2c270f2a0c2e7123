"""Tables uploads and upload_pieces: how far files are that are sent in pieces, so that one that broke off goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Column, Connection, LargeBinary, String, Table, Text, delete, select, update

from runner.store.columns import Number, UtcDateTime, metadata
from runner.store.statements import insert

uploads = Table(
    "uploads",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("integration_id", String(64), nullable=False),
    Column("session", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False, index=True),
)
upload_pieces = Table(
    "upload_pieces",
    metadata,
    Column("upload_id", String(64), primary_key=True),
    Column("begins", Number, primary_key=True, autoincrement=False),
    Column("integration_id", String(64), nullable=False),
    Column("ends", Number, nullable=False),
    Column("digests", LargeBinary, nullable=False),
)


@dataclass(frozen=True)
class Piece:
    """Bytes that the partner has; `digests` are those of the checksum's blocks, empty where there is none."""

    begins: int
    ends: int
    digests: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Sent:
    """A session at the partner, and the pieces that it has, in their order and without a gap."""

    session: str
    pieces: tuple[Piece, ...]


def get(connection: Connection, upload_id: str) -> Sent | None:
    """How far it is; None when nothing was begun."""
    session = connection.scalar(select(uploads.c.session).where(uploads.c.id == upload_id))
    if session is None:
        return None
    c = upload_pieces.c
    asked = select(c.begins, c.ends, c.digests).where(c.upload_id == upload_id).order_by(c.begins)
    return Sent(
        session, tuple(Piece(begins, ends, bytes(digests)) for begins, ends, digests in connection.execute(asked))
    )


def begin(connection: Connection, upload_id: str, integration_id: str, session: str, at: datetime) -> None:
    """A session is open; what was remembered of an earlier one goes."""
    end(connection, upload_id)
    row = {"id": upload_id, "integration_id": integration_id, "session": session, "updated_at": at}
    connection.execute(insert(connection.dialect.name, uploads).values(row))


def advance(connection: Connection, upload_id: str, integration_id: str, pieces: Iterable[Piece], at: datetime) -> None:
    """The partner has these too."""
    own = {"upload_id": upload_id, "integration_id": integration_id}
    for piece in pieces:
        values = {"ends": piece.ends, "digests": piece.digests}
        statement = insert(connection.dialect.name, upload_pieces).values({**own, "begins": piece.begins, **values})
        connection.execute(statement.on_conflict_do_update(index_elements=["upload_id", "begins"], set_=values))
    connection.execute(update(uploads).where(uploads.c.id == upload_id).values(updated_at=at))


def retreat(connection: Connection, upload_id: str, offset: int) -> None:
    """The partner has less than was thought: nothing from there on."""
    c = upload_pieces.c
    connection.execute(delete(upload_pieces).where(c.upload_id == upload_id, c.begins >= offset))


def end(connection: Connection, upload_id: str) -> None:
    """It is a file now, or begins anew."""
    connection.execute(delete(upload_pieces).where(upload_pieces.c.upload_id == upload_id))
    connection.execute(delete(uploads).where(uploads.c.id == upload_id))


def prune(connection: Connection, before: datetime, limit: int) -> int:
    """Uploads that nobody went on with since then; returns how many."""
    old = select(uploads.c.id).where(uploads.c.updated_at < before).order_by(uploads.c.updated_at).limit(limit)
    ids = list(connection.scalars(old))
    for upload_id in ids:
        end(connection, upload_id)
    return len(ids)
