from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.components.block import adapter
from runner.components.catalog import INCREMENTALS
from runner.components.incrementals.base import Incremental

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)
NOON = "2026-05-04T12:00:00.000000Z"
times = st.datetimes(NOW.replace(tzinfo=None) - timedelta(days=9000)).map(
    lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
)


def read(**block: str) -> Incremental:
    made: Incremental = adapter(INCREMENTALS).validate_python(block)
    return made


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("iso8601", "2026-05-04T11:58:00Z"),
        ("unix", "1777895880"),
        ("unix_ms", "1777895880000"),
        ("date", "2026-05-04"),
    ],
)
def test_since_subtracts_the_overlap_and_writes_the_partners_format(form: str, written: str) -> None:
    assert read(type="since", overlap="2m", format=form).begin(NOON, NOW, full=False)["checkpoint"] == written


@pytest.mark.parametrize(("checkpoint", "full"), [(None, False), (NOON, True)])
def test_a_first_or_full_run_has_no_checkpoint(checkpoint: str | None, full: bool) -> None:
    assert read(type="since").begin(checkpoint, NOW, full=full)["checkpoint"] is None


def test_a_checkpoint_from_the_future_counts_as_now() -> None:
    begun = read(type="since", overlap="10s").begin("2099-01-01T00:00:00.000000Z", NOW, full=False)
    assert begun["checkpoint"] == "2026-05-04T15:20:00Z"


@given(checkpoint=st.none() | times, seen=st.lists(st.none() | times | st.just("soon")))
def test_since_advances_to_the_newest_and_never_back(checkpoint: str | None, seen: list[str | None]) -> None:
    known = [time for time in (checkpoint, *seen) if time and time != "soon"]
    assert read(type="since").advance(checkpoint, seen) == max(known, default=None)


def test_since_compares_moments_and_not_texts() -> None:
    newest = read(type="since").advance(NOON, ["2026-05-04T09:00:00-06:00", "2026-05-04T13:00:00Z"])
    assert newest == "2026-05-04T15:00:00.000000Z"


def test_a_window_lies_around_now() -> None:
    begun = read(type="window", back="1d", ahead="2d", format="date").begin(NOON, NOW, full=True)
    assert begun == {"checkpoint": None, "window": {"start": "2026-05-03", "end": "2026-05-06"}}


def test_a_window_keeps_the_checkpoint_as_it_is() -> None:
    assert read(type="window").advance(NOON, ["2026-05-04T13:00:00Z"]) == NOON
