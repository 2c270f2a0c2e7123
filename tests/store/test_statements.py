"""Statements for both databases, and rows that go straight to the driver."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Text, bindparam, select, text
from sqlalchemy import insert as insert_into
from sqlalchemy.dialects import postgresql

from runner.store.records import _statement
from runner.store.sequences import sequences
from runner.store.statements import Compiled, chunks, insert


def test_chunks_lose_nothing() -> None:
    assert list(chunks([1, 2, 3, 4, 5], 2)) == [[1, 2], [3, 4], [5]]
    assert list(chunks([], 2)) == []


def test_rows_go_straight_to_the_driver(connection: Connection) -> None:
    compiled = Compiled(["name", "value"])
    compiled.run(connection, insert_into(sequences), [])
    compiled.run(connection, insert_into(sequences), [("a", 1), ("b", 2)])
    assert dict(connection.execute(text("SELECT name, value FROM sequences")).all()) == {"a": 1, "b": 2}  # type: ignore[arg-type]  # rows are pairs


def test_a_select_comes_straight_from_the_driver(connection: Connection) -> None:
    compiled = Compiled(["wanted"])
    Compiled(["name", "value"]).run(connection, insert_into(sequences), [("a", 1), ("b", 2)])
    statement = select(sequences.c.value).where(sequences.c.name == bindparam("wanted", type_=Text))
    found = [compiled.find(connection, statement, (name,)) for name in ("b", "a", "c")]
    assert found == [[(2,)], [(1,)], []]


@pytest.mark.sqlite_only
def test_rows_in_another_order_than_the_statement_are_refused(connection: Connection) -> None:
    with pytest.raises(ValueError, match=r"rows are given as \['value', 'name'\]"):
        Compiled(["value", "name"]).run(connection, insert_into(sequences), [(1, "a")])


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_an_insert_knows_conflicts_on_both(dialect: str) -> None:
    assert "ON CONFLICT" in str(insert(dialect, sequences).on_conflict_do_nothing())


def test_the_upsert_of_records_guards_the_order_of_versions_on_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so
    written = str(_statement("postgresql").compile(dialect=dialect, column_keys=["sequence", "version"]))
    assert "%(sequence)s" in written
    assert "excluded.version >= records.version" in written
