from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.client import line
from runner.client.line import Rank, due

NAMES = st.sampled_from(["h:1:a/1", "h:1:a/2", "h:2:b/1", "h:2:b/2"])
STEP = st.tuples(NAMES, st.sampled_from(list(Rank)), st.floats(0, 100))


def test_who_waits_longer_comes_first_and_what_is_urgent_has_a_head_start() -> None:
    began = {
        "full": due(0, Rank.ALL),
        "late_full": due(1, Rank.ALL),
        "news": due(8, Rank.NEWS),
        "now": due(17, Rank.NOW),
    }
    assert sorted(began, key=began.__getitem__) == ["now", "news", "full", "late_full"]
    assert due(21, Rank.NOW) > began["full"]


def test_a_place_is_forgotten_after_its_time() -> None:
    state: line.Line = {}
    line.stand(state, "h:1:a/1", 5, 1, now=5, until=8)
    assert (line.before(state, "h:2:b/1", 6, now=7.9), line.before(state, "h:2:b/1", 6, now=8)) == ({"h:1:a/1": 1}, {})


def test_who_left_or_died_holds_nobody() -> None:
    state: line.Line = {}
    for name in ("h:1:a/1", "h:1:a/2", "h:2:b/1"):
        line.stand(state, name, 5, 1, now=5, until=8)
    line.leave(state, "h:2:b/1")
    assert (line.others(state, "h:1:a", 6), line.others(state, "h:2:b", 6)) == (0, 2)
    line.forget(state, "h:1:a")
    assert line.before(state, "h:3:c/1", 9, now=6) == {}


def test_no_more_than_a_few_stand_in_a_line() -> None:
    state: line.Line = {}
    for number in range(line.MOST + 10):
        line.stand(state, f"h:1:a/{number}", number, 1, now=0, until=9)
    assert len(line.before(state, "h:2:b/1", 1000, now=1)) == line.MOST


@given(st.lists(STEP, max_size=12))
def test_of_two_that_stand_one_is_before_the_other(steps: list[tuple[str, Rank, float]]) -> None:
    state: line.Line = {}
    places: dict[str, float] = {}
    for name, rank, since in steps:
        places[name] = due(since, rank)
        line.stand(state, name, places[name], 1, now=0, until=1000)
    ahead = {name: set(line.before(state, name, at, now=1)) for name, at in places.items()}
    assert sorted(map(len, ahead.values())) == list(range(len(places)))
