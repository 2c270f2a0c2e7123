"""Tables in databases that are not ours: one row a record, made where it is not there, replaced by what is newer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Engine,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from runner.errors import PartnerUnavailable, SettingsError, UnexpectedResponse
from runner.model.secret import Secret

KEY = ("integration_id", "kind", "external_id")
Row = dict[str, Any]
Fate = Exception | None
"""None: it is in the table."""


def table_of(name: str, schema: str | None = None) -> Table:
    """How such a table is made."""
    from sqlalchemy.dialects.postgresql import JSONB  # 2 MB, of no use where there is no such table

    return Table(
        name,
        MetaData(schema=schema),
        Column("integration_id", String(64), primary_key=True),
        Column("kind", String(64), primary_key=True),
        Column("external_id", String(255), primary_key=True),
        Column("company", Text, nullable=False),
        Column("connector", String(64), nullable=False),
        Column("fields", JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        Column("version", Text),
        Column("inactive", Boolean, nullable=False),
        Column("deleted", Boolean, nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("changed_at", DateTime(timezone=True), nullable=False),
    )


@dataclass
class Outside:
    """The databases that are written to, opened when they are first needed. Blocks; may be called from any thread."""

    _engines: dict[str, Engine] = field(default_factory=dict, repr=False)
    _made: set[tuple[str, str]] = field(default_factory=set, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def put(self, url: Secret, table: Table, rows: Sequence[Row], *, remove: bool = False) -> list[Fate]:
        """Bring the table to where the rows are; a row of a lower `sequence` than what is there does nothing. With
        `remove` deleted ones go. When one is refused, each is tried alone: what became of each is told in order.

        PartnerUnavailable when the database does not serve, SettingsError when the URL cannot be one.
        """
        engine = self._engine(url)
        try:
            self._make(engine, table)
            return _together(engine, table, rows, remove)
        except SQLAlchemyError as error:
            raise PartnerUnavailable(f"the database of table {table.name} does not serve: {_words(error)}") from None

    def close(self) -> None:
        """Let all connections go."""
        for engine in self._engines.values():
            engine.dispose()

    def _engine(self, url: Secret) -> Engine:
        with self._lock:
            text = url.reveal()
            if text not in self._engines:
                self._engines[text] = _open(text)
            return self._engines[text]

    def _make(self, engine: Engine, table: Table) -> None:
        made = (str(engine.url), table.fullname)
        if made not in self._made:
            table.metadata.create_all(engine)
            self._made.add(made)


def _open(url: str) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True, pool_size=1, max_overflow=2, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise SettingsError(
            f"the database of a destination cannot be opened ({type(error).__name__}); write its URL as SQLAlchemy "
            "takes it, `dialect+driver://user:password@host/name`, and install the driver"
        ) from None


def _together(engine: Engine, table: Table, rows: Sequence[Row], remove: bool) -> list[Fate]:
    try:
        with engine.begin() as connection:
            for row in rows:
                _put(connection, table, row, remove)
    except DBAPIError as error:
        if not _is_refusal(error):
            raise
        if len(rows) == 1:
            return [_refused(table, error)]
        return [fate for row in rows for fate in _together(engine, table, [row], remove)]
    return [None] * len(rows)


def _put(connection: Connection, table: Table, row: Row, remove: bool) -> None:
    mine = [table.c[name] == row[name] for name in KEY]
    older = table.c.sequence <= row["sequence"]
    if row["deleted"] and remove:
        connection.execute(delete(table).where(*mine, older))
        return
    rest = {name: value for name, value in row.items() if name not in KEY}
    if connection.execute(update(table).where(*mine, older).values(rest)).rowcount:
        return
    if connection.execute(select(table.c.sequence).where(*mine)).first() is None:
        connection.execute(insert(table).values(row))


def _is_refusal(error: DBAPIError) -> bool:
    """Whether the database serves and minds the row: a value too long, a rule of the table that it breaks."""
    return not error.connection_invalidated and type(error).__name__ in ("DataError", "IntegrityError")


def _refused(table: Table, error: DBAPIError) -> UnexpectedResponse:
    words = _words(error)
    refused = UnexpectedResponse(f"table {table.name} does not take it: {words}", code="row-refused")
    refused.words = words
    return refused


def _words(error: SQLAlchemyError) -> str:
    """The database's own words in one line, without statement and values."""
    text = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return " ".join(text.split())[:300]
