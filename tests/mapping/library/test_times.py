from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.mapping.library.moments import moment_of, read_moment, write_moment
from runner.mapping.library.times import add_time, date, from_zone, iso8601

FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
USUAL = [
    "2026-05-04T15:31:36Z",
    "2026-05-04T15:31:36.123456Z",
    "2026-05-04T15:31:36-06:00",
    "2026-05-04T15:31:36+00:00",
]
NEARLY = st.text("0123456789-:.TZ+ W", min_size=18, max_size=26)
MOMENTS = st.datetimes(*map(datetime.fromisoformat, ("0001-01-02", "9999-12-30")))


@pytest.mark.parametrize(
    ("time", "value"),
    [
        ("2026-05-04T15:31:36.5Z", "2026-05-04T15:31:36.500000Z"),
        ("2026-05-04T15:31:36.114Z", "2026-05-04T15:31:36.114000Z"),
        ("2026-05-04t15:31:36z", "2026-05-04T15:31:36.000000Z"),
        ("2026-05-04 15:31:36 UTC", "2026-05-04T15:31:36.000000Z"),
        ("2026-05-04 15:31:36 +0200", "2026-05-04T13:31:36.000000Z"),
        ("20260504T153136Z", "2026-05-04T15:31:36.000000Z"),
        ("2026-05-04T15:31", "2026-05-04T15:31:00.000000Z"),
        ("2026-05-04", "2026-05-04T00:00:00.000000Z"),
        (" 2026-05-04 ", "2026-05-04T00:00:00.000000Z"),
        ("2026-05-04T24:00:00Z", "2026-05-05T00:00:00.000000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
        ("0999-05-04T15:31:36Z", "0999-05-04T15:31:36.000000Z"),
    ],
)
def test_iso8601_takes_the_forms_of_partners(time: str, value: str) -> None:
    assert iso8601(time) == value


@pytest.mark.parametrize(
    "time",
    [
        *("", "2026", "2026-05", "1761331741", "2026-W19-1", "2026-W19-1T09:31:36Z", "2026-02-29", "2026-13-01"),
        *(
            "2026-05-04T15:31:36-06:60",
            "2026-05-04T24:00:01Z",
            "2026-05-04T15:60:00Z",
            "2026-05-04T15:31:36+24:00",
            "0001-01-01T00:00:00+14:00",
        ),
        *("9999-12-31T23:59:60Z", "٢٠٢٦-٠٥-٠٤", "2026-05-04T15:31:36" + "0" * 100, "0000-05-04T15:31:36Z"),
        *(float("nan"), float("inf"), 10**20, -(10**20), 1e300),
    ],
)
def test_iso8601_gives_null_for_what_is_no_time(time: str | float) -> None:
    assert iso8601(time) is None


@pytest.mark.parametrize(
    ("time", "unit", "value"),
    [
        (1772442000123, "ms", "2026-03-02T09:00:00.123000Z"),
        (1772442000123456, "us", "2026-03-02T09:00:00.123456Z"),
        ("1772442000123456789", "ns", "2026-03-02T09:00:00.123456Z"),
        ("1772442000", "s", "2026-03-02T09:00:00.000000Z"),
        (1772442000.1, None, "2026-03-02T09:00:00.100000Z"),
        (-1, None, "1969-12-31T23:59:59.000000Z"),
        ("2026-03-02T09:00:00Z", "ms", "2026-03-02T09:00:00.000000Z"),
    ],
)
def test_iso8601_counts_units_since_1970(time: str | float, unit: str | None, value: str) -> None:
    assert iso8601(time, unit) == value


def test_iso8601_refuses_an_unknown_unit() -> None:
    with pytest.raises(ValueError, match="there is no unit 'min'"):
        iso8601(1, "min")


@settings(deadline=None, derandomize=True)
@given(NEARLY | st.text() | st.floats() | st.integers())
def test_iso8601_gives_its_form_or_null(time: str | float) -> None:
    found = iso8601(time)

    assert found is None or FORM.fullmatch(found)


@settings(deadline=None, derandomize=True)
@given(MOMENTS)
def test_iso8601_leaves_its_own_form_alone(moment: datetime) -> None:
    assert iso8601(write_moment(moment)) == write_moment(moment)


@settings(deadline=None, derandomize=True)
@given(MOMENTS, st.sampled_from(["seconds", "milliseconds"]))
def test_the_short_way_reads_as_the_long_one(moment: datetime, precision: str) -> None:
    text = moment.isoformat(timespec=precision) + "Z"
    slowly = read_moment(text)

    assert slowly is not None
    assert iso8601(text) == write_moment(slowly)


@settings(deadline=None, derandomize=True)
@given(st.sampled_from(USUAL), st.lists(st.tuples(st.integers(0, 30), st.sampled_from("0256-+:.,TZ W")), max_size=3))
def test_the_short_way_accepts_nothing_else(text: str, changes: list[tuple[int, str]]) -> None:
    for place, character in changes:
        text = text[:place] + character + text[place + 1 :]
    slowly = moment_of(text)

    assert iso8601(text) == (write_moment(slowly) if slowly else None)


@settings(deadline=None, derandomize=True)
@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_an_offset_is_taken_off(moment: datetime, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    local = (moment + timedelta(minutes=minutes)).isoformat(timespec="microseconds")

    assert iso8601(f"{local}{sign}{hours:02}:{rest:02}") == write_moment(moment)


@pytest.mark.parametrize(
    ("time", "value"),
    [
        ("2026-11-01T01:30:00", "2026-11-01T06:30:00.000000Z"),  # shown twice: the first
        ("2026-03-08T02:30:00", "2026-03-08T08:30:00.000000Z"),  # skipped: as if not yet forward
        ("2026-05-04", "2026-05-04T05:00:00.000000Z"),
        (1772442000, "2026-03-02T09:00:00.000000Z"),
    ],
)
def test_from_zone_reads_clocks(time: str | float, value: str) -> None:
    assert from_zone(time, "America/Chicago") == value


def test_from_zone_without_a_zone_is_utc() -> None:
    assert from_zone("2026-05-04 09:30:00", None) == "2026-05-04T09:30:00.000000Z"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "America", "a" * 10_000, "\x00", "/etc/localtime"])
def test_a_zone_that_does_not_exist_is_an_error(zone: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone"):
        from_zone("2026-05-04 09:30:00", zone)


@settings(deadline=None, derandomize=True)
@given(MOMENTS, st.sampled_from(["America/Chicago", "Asia/Kolkata", "Pacific/Apia"]))
def test_from_zone_and_date_agree(moment: datetime, zone: str) -> None:
    local = moment.replace(hour=12, minute=0, second=0, microsecond=0)
    if local.date().isoformat() == "2011-12-30":  # Samoa had no such day
        return

    assert date(from_zone(local.isoformat(), zone), zone) == local.date().isoformat()


def test_date_at_the_end_of_time_is_null() -> None:
    assert date("0001-01-01T00:00:00Z", "America/Chicago") is None


@settings(deadline=None, derandomize=True)
@given(MOMENTS, st.integers(-10_000, 10_000))
def test_add_time_goes_and_comes_back(moment: datetime, hours: int) -> None:
    moved = add_time(write_moment(moment), f"{hours}h")

    assert moved is None or add_time(moved, f"{-hours}h") == write_moment(moment)


def test_add_time_beyond_the_years_is_null() -> None:
    assert add_time("9999-12-31", "1d") is None


@pytest.mark.parametrize("amount", ["", "1", "day", "1.5h", "--1d", "1 d", "9999999d", "١d"])
def test_add_time_refuses_what_is_no_stretch(amount: str) -> None:
    with pytest.raises(ValueError, match="is no stretch of time"):
        add_time("2026-05-04", amount)


def test_unix_seconds_are_those_of_python() -> None:
    assert iso8601(1761331741) == datetime.fromtimestamp(1761331741, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
