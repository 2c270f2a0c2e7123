"""Times and JSON come back as they went in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, Text, create_mock_engine, literal_column
from sqlalchemy.dialects import postgresql, sqlite

from runner.store.columns import Json, UtcDateTime, partial_index, utc_text

DIALECTS = [sqlite.dialect(), postgresql.dialect()]  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES)  # noqa: DTZ001  # as hypothesis asks
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(moment=MOMENTS)
def test_a_time_comes_back_in_utc(dialect: sqlite.dialect, moment: datetime) -> None:
    column = UtcDateTime()
    found = column.process_result_value(column.process_bind_param(moment, dialect), dialect)
    assert found == moment
    assert found.tzinfo is UTC


@given(first=MOMENTS, second=MOMENTS)
def test_texts_compare_as_times(first: datetime, second: datetime) -> None:
    assert (utc_text(first) < utc_text(second)) == (first < second)
    assert len(utc_text(first)) == 27


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        utc_text(datetime(2026, 5, 4))  # noqa: DTZ001  # the mistake under test


@pytest.mark.parametrize("dialect", DIALECTS)
@given(value=VALUES)
def test_json_comes_back_as_it_went(dialect: sqlite.dialect, value: object) -> None:
    column = Json()
    assert column.process_result_value(column.process_bind_param(value, dialect), dialect) == value


def test_a_partial_index_is_partial_in_postgresql_too() -> None:
    said: list[str] = []
    engine = create_mock_engine("postgresql+psycopg://", lambda ddl, *_, **__: said.append(str(ddl.compile(engine))))
    things = Table("things", MetaData(), Column("state", Text))
    partial_index("ix_things_open", things.c.state, where=things.c.state == literal_column("'open'"))
    things.create(engine, checkfirst=False)
    assert said[-1] == "CREATE INDEX ix_things_open ON things (state) WHERE state = 'open'"
