"""What differs between the two databases when a statement is made, in one place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table, UpdateBase
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
Statement = UpdateBase | Select[Any]

CHUNK = 1000
"""How many ids go into one `IN (...)`: SQLite allows 32,766 parameters, PostgreSQL 65,535."""


def insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows `on_conflict_do_update`, for `connection.dialect.name`."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[list[T]]:
    """`values` in lists of at most `size`."""
    steps = iter(values)
    while chunk := list(islice(steps, size)):
        yield chunk


class Compiled:
    """A statement compiled once a dialect and run straight on the driver (the hot paths).

    Rows are tuples in the order of `names`; no type of a column is applied, so times are given as `utc_text` and JSON
    as text, which both databases read.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        self._texts: dict[str, str] = {}

    def run(self, connection: Connection, statement: Statement, rows: list[tuple[Any, ...]]) -> None:
        """Run `statement` (always the same one) once for every row; nothing happens without rows."""
        if not rows:
            return
        text = self._text(connection, statement)
        if connection.dialect.positional:
            connection.exec_driver_sql(text, rows)
        else:
            connection.exec_driver_sql(text, [dict(zip(self._names, row, strict=True)) for row in rows])

    def find(self, connection: Connection, statement: Statement, row: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """What `statement` (always the same one) selects for the parameters in `row`, as the driver gives it."""
        text = self._text(connection, statement)
        given = row if connection.dialect.positional else dict(zip(self._names, row, strict=True))
        return [tuple(found) for found in connection.exec_driver_sql(text, given)]

    def _text(self, connection: Connection, statement: Statement) -> str:
        name = connection.dialect.name
        if name not in self._texts:
            self._texts[name] = self._compile(connection, statement)
        return self._texts[name]

    def _compile(self, connection: Connection, statement: Statement) -> str:
        compiled = statement.compile(dialect=connection.dialect, column_keys=self._names)
        order = compiled.positiontup if connection.dialect.positional else None
        if order is not None and list(order) != self._names:
            raise ValueError(f"rows are given as {self._names}, but the statement takes {list(order)}")
        return str(compiled)
