"""The one metadata that all tables share, and the column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    event,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

_FULL = len("2026-05-04T15:20:10.000001+00:00")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Number = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit integer; as a primary key SQLite makes it the row's own number."""


def partial_index(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> None:
    """An index of the rows of a table that `where` is true of.

    PostgreSQL's is told so when it is made: `postgresql_where` would have every process load that dialect, 2 MB.
    """
    made = Index(name, *columns, sqlite_where=where)

    def tell(_: Table, connection: Connection, **__: Any) -> None:
        if connection.dialect.name == "postgresql":
            made.dialect_options["postgresql"]["where"] = where

    event.listen(columns[0].table, "before_create", tell)


def utc_text(moment: datetime) -> str:
    """Aware datetime -> `2026-05-04T15:20:10.000000Z`, of fixed width, so that texts compare as times."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone; the store takes aware datetimes only")
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    text = moment.isoformat()
    if len(text) != _FULL:  # a whole second: it has no fraction
        text = moment.isoformat(timespec="microseconds")
    return text[:-6] + "Z"


def json_text(value: Any) -> str:
    """Any JSON value as compact text."""
    return orjson.dumps(value).decode()


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, aware UTC datetimes out. SQLite: text (see `utc_text`). PostgreSQL: timestamptz."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        text = utc_text(value)
        return text if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = datetime.fromisoformat(value) if dialect.name == "sqlite" else value
        return moment.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """Any JSON value, by orjson; None is NULL. SQLite: text. PostgreSQL: jsonb (the engine is given orjson)."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(Text())
        from sqlalchemy.dialects.postgresql import JSONB  # 2 MB, of no use where the database is a file

        return dialect.type_descriptor(JSONB(none_as_null=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return json_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return orjson.loads(value)
