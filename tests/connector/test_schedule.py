from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from runner.connector.schedule import Schedule

LINES = st.sampled_from(["0 3 * * *", "*/15 * * * *", "30 2 * * sun", "0 0 1 * *", "5 4 29 2 *"])
ZONES = st.sampled_from(["UTC", "America/Denver", "Europe/Berlin", "Australia/Lord_Howe"])
MOMENT = st.datetimes(datetime(2025, 1, 1), datetime(2031, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    "block",
    [
        {},
        {"every": "15m", "cron": "0 3 * * *"},
        {"cron": "0 3 * *"},
        {"cron": "61 3 * * *"},
        {"cron": "0 0 30 2 *"},
        {"cron": "0 3 * * *", "timezone": "Mars/Phobos"},
    ],
)
def test_what_is_no_schedule_is_refused(block: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Schedule.model_validate(block)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2026-05-04T10:00:00+00:00", "2026-05-04T09:00:00+00:00"),
        ("2026-12-04T10:30:00+00:00", "2026-12-04T10:00:00+00:00"),
    ],
)
def test_a_cron_line_means_the_clock_of_its_zone(now: str, last: str) -> None:
    schedule = Schedule(cron="0 3 * * *", timezone="America/Denver")
    assert schedule.last(at(now), 0) == at(last)


@given(line=LINES, zone=ZONES, number=st.integers(0, 2**32), moment=MOMENT)
def test_the_last_moment_is_before_the_next(line: str, zone: str, number: int, moment: datetime) -> None:
    schedule = Schedule(cron=line, timezone=zone)
    following = schedule.next(moment, number)
    assert schedule.last(moment, number) <= moment < following
    assert schedule.last(following, number) == following


def test_ten_thousand_integrations_do_not_fire_together() -> None:
    now = at("2026-05-04T12:00:00+00:00")
    for schedule, most in ((Schedule(every=timedelta(minutes=15)), 40), (Schedule(cron="0 3 * * *"), 20)):
        seconds = [schedule.next(now, 2654435761 * number % 2**32) for number in range(10_000)]
        assert max(seconds.count(one) for one in set(seconds)) <= most
