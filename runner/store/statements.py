"""What differs between the two databases when a statement is made, in one place."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Insert,
    Select,
    Table,
    Text,
    UpdateBase,
    any_,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

T = TypeVar("T")
Statement = UpdateBase | Select[Any]

CHUNK = 1000
"""How many ids go into one `IN (...)`: SQLite allows 32,766 parameters, PostgreSQL 65,535."""
LARGE, SMALL = 100, 32
"""How many rows one INSERT of SQLite takes: so many, or any number up to the second: few texts, so that all stay
prepared."""
_HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_ROW = re.compile(r"VALUES (\((?:\?, )*\?\))")


def insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows `on_conflict_do_update`, for `connection.dialect.name`."""
    if dialect != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # 2 MB, of no use where the database is a file

    return postgresql.insert(table)


def hold(connection: Connection, *names: str) -> None:
    """Keep other transactions that hold one of `names` waiting until this one ends: for what reads, and writes what
    follows from it. SQLite has one writer anyway, and who only reads holds nobody."""
    if connection.dialect.name != "postgresql" or connection.get_execution_options().get("postgresql_readonly"):
        return
    for name in sorted(names):
        connection.execute(_HOLD, {"name": name})


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[list[T]]:
    """`values` in lists of at most `size`."""
    steps = iter(values)
    while chunk := list(islice(steps, size)):
        yield chunk


def among(dialect: str, column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Whether the column is one of the texts in the parameter `name`, which is given as `listed`: one parameter however
    many there are, so that the statement stays the same."""
    if dialect == "postgresql":
        return column == any_(bindparam(name, type_=ARRAY(Text)))
    return column.in_(select(func.json_each(bindparam(name), type_=Text).table_valued("value").c.value))


def listed(dialect: str, texts: Sequence[str]) -> Any:
    """Texts as the parameter of `among`."""
    return list(texts) if dialect == "postgresql" else orjson.dumps(texts).decode()


class Compiled:
    """A statement compiled once a dialect and run straight on the driver (the hot paths).

    Rows are tuples in the order of `names`; no type of a column is applied, so times are given as `utc_text` and JSON
    as text, which both databases read.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = [str(name) for name in names]  # those of columns are of a class of their own
        self._texts: dict[str, str] = {}

    def run(self, connection: Connection, statement: Statement, rows: list[tuple[Any, ...]]) -> None:
        """Run `statement` (always the same one) for every row; nothing happens without rows. Rows of an INSERT that
        knows conflicts are of different keys."""
        if not rows:
            return
        text = self._text(connection, statement)
        if not connection.dialect.positional:
            self._run_named(connection, statement, text, rows)
        elif statement.is_insert:
            self._run_grouped(connection, text, rows)
        else:
            for row in rows:
                driven(connection, text, row)

    def find(self, connection: Connection, statement: Statement, row: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """What `statement` (always the same one) selects for the parameters in `row`, as the driver gives it."""
        text = self._text(connection, statement)
        if connection.dialect.positional:
            return driven(connection, text, row)
        return [tuple(found) for found in connection.exec_driver_sql(text, dict(zip(self._names, row, strict=True)))]

    def _run_named(self, connection: Connection, statement: Statement, text: str, rows: list[tuple[Any, ...]]) -> None:
        if len(rows) == 1 or not isinstance(statement, Insert):
            connection.exec_driver_sql(text, [dict(zip(self._names, row, strict=True)) for row in rows])
            return
        from runner.store.rowset import packed, selecting  # is of PostgreSQL

        if "rows" not in self._texts:
            self._texts["rows"] = selecting(text, statement.table, self._names, connection.dialect)
        for pack in packed(self._names, rows):
            connection.exec_driver_sql(self._texts["rows"], {"rows": pack})

    def _run_grouped(self, connection: Connection, text: str, rows: list[tuple[Any, ...]]) -> None:
        """Many rows a statement. SQLite's driver lets go of the interpreter once a statement, and must wait to have it
        back while another thread computes: once a row that costs more than the insert."""
        start = 0
        while rest := len(rows) - start:
            size = LARGE if rest >= LARGE else min(rest, SMALL)
            given = tuple(chain.from_iterable(rows[start : start + size]))
            driven(connection, self._grouped(text, size), given)
            start += size

    def _grouped(self, text: str, size: int) -> str:
        key = f"{size} rows"
        if key not in self._texts:
            self._texts[key] = _ROW.sub(lambda found: "VALUES " + ", ".join([found[1]] * size), text, count=1)
        return self._texts[key]

    def _text(self, connection: Connection, statement: Statement) -> str:
        name = connection.dialect.name
        if name not in self._texts:
            self._texts[name] = self._compile(connection, statement)
        return self._texts[name]

    def _compile(self, connection: Connection, statement: Statement) -> str:
        # Of an INSERT the names are the columns that it fills; an UPDATE writes its own parameters down.
        columns = self._names if statement.is_insert else None
        compiled = statement.compile(dialect=connection.dialect, column_keys=columns)
        order = compiled.positiontup if connection.dialect.positional else None
        if order is not None and list(order) != self._names:
            raise ValueError(f"rows are given as {self._names}, but the statement takes {list(order)}")
        return str(compiled)


def driven(connection: Connection, text: str, row: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Run a statement of SQLite past SQLAlchemy, whose ways around one cost more than most statements themselves."""
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # is connected here
    try:
        return driver.execute(text, row).fetchall()
    except sqlite3.Error as error:
        raise DBAPIError.instance(text, None, error, sqlite3.Error, hide_parameters=True) from error
