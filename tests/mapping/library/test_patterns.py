from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.mapping.library.moments import write_moment
from runner.mapping.library.patterns import parse_time, read_format


@pytest.mark.parametrize(
    ("time", "form", "value"),
    [
        ("04.05.2026", "%d.%m.%Y", "2026-05-04T00:00:00.000000Z"),
        ("4.5.26", "%d.%m.%y", "2026-05-04T00:00:00.000000Z"),
        ("1.1.69", "%d.%m.%y", "1969-01-01T00:00:00.000000Z"),
        ("20260504153136", "%Y%m%d%H%M%S", "2026-05-04T15:31:36.000000Z"),
        ("may 4, 2026 12:05 a.m.", "%B %d, %Y %I:%M %p", "2026-05-04T00:05:00.000000Z"),
        ("May 4, 2026 12:05 PM", "%B %d, %Y %I:%M %p", "2026-05-04T12:05:00.000000Z"),
        ("Mon, 04 May 2026 15:31:36 GMT", "%a, %d %b %Y %H:%M:%S %z", "2026-05-04T15:31:36.000000Z"),
        ("2026-05-04 15:31:36.25-06:00", "%Y-%m-%d %H:%M:%S.%f%z", "2026-05-04T21:31:36.250000Z"),
        ("100% on 2026-05-04", "100%% on %Y-%m-%d", "2026-05-04T00:00:00.000000Z"),
        ("2026-05-04   15", "%Y-%m-%d %H", "2026-05-04T15:00:00.000000Z"),
    ],
)
def test_reads(time: str, form: str, value: str) -> None:
    assert parse_time(time, form) == value


@pytest.mark.parametrize(
    ("time", "form"),
    [
        ("2026-05-04", "%d.%m.%Y"),
        ("4.5.2026 25", "%d.%m.%Y %H"),
        ("4.5.2026 13 PM", "%d.%m.%Y %I %p"),
        ("4.5.2026 1:60", "%d.%m.%Y %H:%M"),
        ("4.ſep.2026", "%d.%b.%Y"),
        ("٤.٥.٢٠٢٦", "%d.%m.%Y"),
        ("1.1.0001 +14:00", "%d.%m.%Y %z"),
        ("4.5.2026 " + " " * 1_000_000, "%d.%m.%Y"),
        (None, "%d.%m.%Y"),
    ],
)
def test_gives_null_for_what_is_written_otherwise(time: str | None, form: str) -> None:
    assert parse_time(time, form) is None


def test_a_zone_counts_only_where_no_offset_is_written() -> None:
    form = "%Y-%m-%d %H:%M %z"

    assert parse_time("2026-05-04 15:31 +00:00", form, "America/Chicago") == "2026-05-04T15:31:00.000000Z"
    assert parse_time("2026-05-04 15:31 UTC", form, "America/Chicago") == "2026-05-04T15:31:00.000000Z"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("", "needs a year, a month and a day"),
        ("%H:%M", "needs a year, a month and a day"),
        ("%Y-%m-%d %Q", "%Q in the time format '%Y-%m-%d %Q' is unknown"),
        ("%Y-%m-%d %Y", "%Y stands twice"),
        ("%Y-%m-%d %", "ends with a %"),
        ("%Y-%m-%d %I", "%I and %p go together"),
        ("%Y-%m-%d" * 100, "800 characters is too long"),
    ],
)
def test_refuses_a_format_that_cannot_be_meant(form: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_format(form)


@settings(deadline=None, derandomize=True)
@given(st.text(), st.text("%YmdHIMSpzbBaAyf% .-/", max_size=20))
def test_gives_a_time_or_null_or_refuses_the_format(time: str, form: str) -> None:
    try:
        found = parse_time(time, form)
    except ValueError:
        return
    assert found is None or found.endswith("Z")


@settings(deadline=None, derandomize=True)
@given(st.datetimes(datetime.fromisoformat("1000-01-01")))
def test_reads_what_is_written(moment: datetime) -> None:
    assert parse_time(moment.strftime("%d %B %Y %I.%M.%S.%f %p"), "%d %B %Y %I.%M.%S.%f %p") == write_moment(moment)
