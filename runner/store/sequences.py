"""Table sequences: numbers that only grow, and in the order of commits: whoever draws one holds the row till then."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Table, Text, select
from sqlalchemy.sql.dml import ReturningInsert

from runner.store.columns import Number, metadata
from runner.store.statements import Compiled, insert

sequences = Table(
    "sequences",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Number, nullable=False),
)


_drawing = Compiled(["name", "value"])


def draw(connection: Connection, name: str, count: int) -> int:
    """Take `count` numbers of sequence `name`; returns the first. A gap-free reader may then go by `> last seen`."""
    [(last,)] = _drawing.find(connection, _statement(connection.dialect.name), (name, count))
    return int(last) - count + 1


def drawn(connection: Connection, name: str) -> int:
    """The last number that was drawn by who has committed; 0 before the first."""
    last: int | None = connection.scalar(select(sequences.c.value).where(sequences.c.name == name))
    return last or 0


def held(connection: Connection, name: str) -> int:
    """The last number that was drawn; nobody draws another before the caller's transaction ends. 0 before the first."""
    query = select(sequences.c.value).where(sequences.c.name == name).with_for_update(read=True)
    last: int | None = connection.scalar(query)
    return last or 0


@cache
def _statement(dialect: str) -> ReturningInsert[Any]:
    statement = insert(dialect, sequences)
    grown = {"value": sequences.c.value + statement.excluded.value}
    return statement.on_conflict_do_update(index_elements=["name"], set_=grown).returning(sequences.c.value)
