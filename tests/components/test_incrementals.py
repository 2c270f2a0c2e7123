from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.components.block import adapter
from runner.components.catalog import INCREMENTALS
from runner.components.incrementals.base import Incremental
from runner.errors import UnexpectedResponse

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


REACHES = {"type": "since", "overlap": "1d", "reach": "10d"}
OLD = "2026-01-01T00:00:00.000000Z"


def test_a_filter_is_not_asked_for_more_than_it_reaches() -> None:
    assert read(**REACHES).begin(OLD, NOW, full=False)["checkpoint"] == "2026-04-24T15:20:10Z"


@pytest.mark.parametrize(("days", "spent"), [(8, False), (10, True)])
def test_a_filter_is_spent_when_no_run_was_complete_for_as_long_as_it_reaches(days: int, spent: bool) -> None:
    assert read(**REACHES).is_spent(OLD, NOW - timedelta(days=days), NOW) is spent
    assert read(type="since").is_spent(OLD, None, NOW) is False


def test_where_the_last_complete_run_is_not_known_the_checkpoint_decides() -> None:
    assert read(**REACHES).is_spent(OLD, None, NOW)
    assert not read(**REACHES).is_spent(NOON, None, NOW)


def test_a_token_is_handed_on_as_it_is() -> None:
    token = read(type="token", path="next", at="last_page")
    assert token.begin("t1", NOW, full=False)["checkpoint"] == "t1"
    assert token.begin("t1", NOW, full=True)["checkpoint"] is None
    assert (token.advance("t1", ["t2"]), token.advance("t1", [None])) == ("t2", "t1")


def test_a_token_of_the_last_page_is_looked_for_there() -> None:
    token = read(type="token", path="next", at="last_page")
    assert (token.told({"next": "t"}, False), token.told({"next": 17}, True)) == (None, "17")
    with pytest.raises(UnexpectedResponse, match="no token at `next`"):
        token.told({}, True)


def test_a_token_of_every_page_may_be_left_out() -> None:
    token = read(type="token", path="next", at="every_page")
    assert [token.told(body, False) for body in ({"next": "t"}, {"next": ""}, {})] == ["t", None, None]
    assert token.is_saved_at_once


@pytest.mark.parametrize("wrong", [True, [1], {"x": 1}, 1.5])
def test_what_is_no_token_is_an_error(wrong: Any) -> None:
    with pytest.raises(UnexpectedResponse, match="in place of a token"):
        read(type="token", path="next", at="every_page").told({"next": wrong}, True)


@pytest.mark.parametrize(("days", "spent"), [(28, False), (30, True), (None, True)])
def test_a_token_is_spent_after_its_reach(days: int | None, spent: bool) -> None:
    token = read(type="token", path="next", at="last_page", reach="29d")
    assert token.is_spent("t", None if days is None else NOW - timedelta(days=days), NOW) is spent
    assert read(type="token", path="next", at="last_page").is_spent("t", None, NOW) is False


def times_of(*minutes: int) -> list[str]:
    return [(NOW - timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%S.%fZ") for minute in minutes]


def test_newest_first_stops_behind_the_checkpoint_less_the_overlap() -> None:
    newest = read(type="newest_first", overlap="5m")
    begun = newest.begin(times_of(30)[0], NOW, full=False)
    assert not newest.is_over(begun, times_of(10, 20, 35))
    assert newest.is_over(begun, times_of(10, 20, 36))
    assert not newest.is_over(begun, [])


def test_newest_first_refuses_a_page_that_is_out_of_order() -> None:
    newest = read(type="newest_first", overlap="5m")
    begun = newest.begin(times_of(30)[0], NOW, full=False)
    assert not newest.is_over(begun, times_of(10, 14, 14))
    with pytest.raises(UnexpectedResponse, match="not sorted with the newest first"):
        newest.is_over(begun, times_of(10, 15, 14))


def test_only_newer_knows_what_is_older_than_the_checkpoint_less_the_overlap() -> None:
    newer = read(type="only_newer", overlap="5m")
    begun = newer.begin(times_of(30)[0], NOW, full=False)
    assert [newer.is_known(begun, time) for time in times_of(34, 35, 36)] == [False, False, True]


@pytest.mark.parametrize("type_", ["newest_first", "only_newer"])
@pytest.mark.parametrize(("checkpoint", "full"), [(None, False), (NOON, True)])
def test_first_and_full_runs_look_at_everything(type_: str, checkpoint: str | None, full: bool) -> None:
    assert read(type=type_).begin(checkpoint, NOW, full=full) == {"checkpoint": None, "window": {}}
    assert read(type=type_).advance(NOON, ["2026-05-04T13:00:00Z"]) == "2026-05-04T13:00:00.000000Z"
