from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.components.block import adapter
from runner.components.catalog import RATE_LIMITS
from runner.components.ratelimits.base import Asked, RateLimit
from runner.model.http import Response

NOW = 1_777_908_010.0
COST = {
    "type": "cost",
    "budget": 1000,
    "restore": "100/s",
    "available": "left",
    "cost": "asked",
    "estimate": 400,
}


def read(**block: Any) -> RateLimit:
    made: RateLimit = adapter(RATE_LIMITS).validate_python(block)
    return made


def fresh() -> dict[str, Any]:
    return {}


def admit(limit: RateLimit, state: dict[str, Any], now: float, cost: float = 1) -> float:
    return limit.admit(state, Asked(now, cost))


def learn(limit: RateLimit, state: dict[str, Any], response: Response, now: float = NOW) -> None:
    lesson = limit.lesson(response, now, "jobs")
    if lesson is not None:
        limit.learn(state, now, lesson)


def answer(**body: Any) -> Response:
    return Response(200, {}, orjson.dumps(body))


@settings(deadline=None, max_examples=150)
@given(
    requests=st.integers(1, 40),
    per=st.sampled_from([1, 60, 300]),
    gaps=st.lists(st.floats(0, 20) | st.just(0.0), min_size=1, max_size=150),
)
def test_a_window_never_lets_more_through_in_any_stretch(requests: int, per: int, gaps: list[float]) -> None:
    limit, state, now, admitted = read(type="window", requests=requests, per=f"{per}s"), fresh(), NOW, []
    for gap in gaps:
        now += gap
        wait = admit(limit, state, now)
        if wait:
            now += wait
            assert admit(limit, state, now) == 0.0
        admitted.append(now)
    for first, last in zip(admitted, admitted[requests:], strict=False):
        assert last - first >= per


def test_a_full_window_answers_with_the_wait_and_charges_nothing() -> None:
    limit, state = read(type="window", requests=2, per="1m"), fresh()
    assert [admit(limit, state, NOW), admit(limit, state, NOW + 10)] == [0.0, 0.0]
    before = orjson.dumps(state)
    assert admit(limit, state, NOW + 20) == pytest.approx(40, abs=0.001)
    assert orjson.dumps(state) == before


def test_more_calls_than_a_window_holds_wait_until_it_is_empty() -> None:
    limit, state = read(type="window", requests=5, per="1m"), fresh()
    assert admit(limit, state, NOW) == 0.0
    assert limit.admit(state, Asked(NOW + 10, calls=8)) == pytest.approx(50, abs=0.001)


@pytest.mark.parametrize(("requests", "per", "seconds"), [(60, "1s", 0.025), (2500, "5m", 0.25), (2000, "1s", 0.25)])
def test_permits_of_a_short_window_lie_for_long_only_where_there_are_plenty(
    requests: int, per: str, seconds: float
) -> None:
    assert read(type="window", requests=requests, per=per).patience == pytest.approx(seconds)


def test_a_window_keeps_a_small_state() -> None:
    limit, state = read(type="window", requests=2500, per="5m"), fresh()
    for call in range(2500):
        assert admit(limit, state, NOW + call * 0.1) == 0.0
    assert len(state["slices"]) <= 61


def test_a_trial_on_a_shallow_copy_leaves_the_state_alone() -> None:
    for block in ({"type": "window", "requests": 5, "per": "1m"}, COST, {"type": "concurrency", "at_once": 2}):
        limit, state = read(**block), fresh()
        admit(limit, state, NOW)
        before = orjson.dumps(state)
        admit(limit, dict(state), NOW + 0.1)
        assert orjson.dumps(state) == before


def test_a_penalty_holds_everybody_until_it_is_over() -> None:
    limit, state = read(type="window", requests=100, per="1m"), fresh()
    limit.penalise(state, NOW + 30)
    limit.penalise(state, NOW + 10)
    assert admit(limit, state, NOW) == 30
    assert admit(limit, state, NOW + 30) == 0.0


def test_a_cost_limit_believes_its_estimate_until_the_first_answer() -> None:
    limit, state = read(**COST), fresh()
    assert [admit(limit, state, NOW, limit.cost_of(state, "jobs")) for _ in range(2)] == [0.0, 0.0]
    assert admit(limit, state, NOW, limit.cost_of(state, "jobs")) == pytest.approx(2.0)


def test_a_cost_limit_learns_what_an_endpoint_costs() -> None:
    limit, state = read(**COST), fresh()
    admit(limit, state, NOW, limit.cost_of(state, "jobs"))
    learn(limit, state, answer(asked=50, left=970))
    limit.release(state, Asked(NOW))
    assert (limit.cost_of(state, "jobs"), limit.cost_of(state, "clients")) == (50, 400)


def test_a_cost_limit_believes_the_partner_when_no_other_call_is_under_way() -> None:
    limit, state = read(**COST), fresh()
    admit(limit, state, NOW, 400)
    learn(limit, state, answer(asked=50, left=990))
    limit.release(state, Asked(NOW))
    assert admit(limit, state, NOW, 990) == 0.0


def test_a_cost_limit_believes_the_lower_figure_while_others_are_under_way() -> None:
    limit, state = read(**COST), fresh()
    admit(limit, state, NOW, 400)
    admit(limit, state, NOW, 400)
    learn(limit, state, answer(asked=50, left=990))
    assert admit(limit, state, NOW, 300) == pytest.approx(1.0)


def test_a_cost_limit_fills_up_again() -> None:
    limit, state = read(**COST), fresh()
    admit(limit, state, NOW, 1000)
    assert admit(limit, state, NOW, 500) == pytest.approx(5.0)
    assert admit(limit, state, NOW + 5, 500) == 0.0


@pytest.mark.parametrize("body", [{}, {"left": "many", "asked": True}, {"left": None}])
def test_a_cost_limit_ignores_answers_without_figures(body: dict[str, Any]) -> None:
    limit, state = read(**COST), fresh()
    learn(limit, state, answer(**body))
    assert state == {}


def test_a_call_never_waits_for_more_than_the_bucket_holds() -> None:
    limit, state = read(**COST), fresh()
    learn(limit, state, answer(asked=5000))
    assert admit(limit, state, NOW, limit.cost_of(state, "jobs")) == 0.0


def test_concurrency_lets_so_many_in_at_once() -> None:
    limit, state = read(type="concurrency", at_once=2), fresh()
    assert [admit(limit, state, NOW), admit(limit, state, NOW)] == [0.0, 0.0]
    assert admit(limit, state, NOW) > 0
    limit.release(state, Asked(NOW))
    assert admit(limit, state, NOW) == 0.0


@pytest.mark.parametrize(
    ("scope", "same", "other"),
    [
        ("app", ("i1", "jobs", "GET"), None),
        ("account", ("i1", "jobs", "GET"), ("i2", "jobs", "GET")),
        ("endpoint", ("i1", "jobs", "POST"), ("i1", "clients", "GET")),
        ("method", ("i1", "clients", "GET"), ("i1", "jobs", "POST")),
    ],
)
def test_the_scope_says_who_shares_the_limit(scope: str, same: Any, other: Any) -> None:
    limit = read(type="window", requests=5, per="1m", scope=scope)
    mine = limit.key("jobber", "i1", "jobs", "GET")
    assert limit.key("jobber", *same) == mine
    assert other is None or limit.key("jobber", *other) != mine


def test_two_limits_of_one_connector_keep_apart() -> None:
    blocks = [
        {"type": "window", "requests": 60, "per": "1s"},
        {"type": "window", "requests": 60, "per": "1m"},
        {"type": "window", "requests": 60, "per": "1m", "methods": ["GET"]},
        {"type": "concurrency", "at_once": 60},
        COST,
    ]
    assert len({read(**block).key("jobber", "i1", "jobs", "GET") for block in blocks}) == len(blocks)


def test_methods_say_which_calls_count() -> None:
    limit = read(type="window", requests=5, per="1m", methods=["GET"])
    assert (limit.covers("GET"), limit.covers("POST")) == (True, False)


HEADERS = {
    "type": "headers",
    "limit": "X-Limit",
    "remaining": "X-Remaining",
    "window": {"header": "X-Reset", "unit": "s"},
}
POINTS = {"type": "points", "budget": 100, "per": "1d", "remaining": "X-Left"}


def said(**headers: str) -> Response:
    return Response(200, {name.replace("_", "-"): text for name, text in headers.items()}, b"")


def test_headers_hold_nobody_before_the_first_answer() -> None:
    limit, state = read(**HEADERS), fresh()
    assert [admit(limit, state, NOW) for _ in range(500)] == [0.0] * 500


@pytest.mark.parametrize(("unit", "reset"), [("s", "7"), ("ms", "7000"), ("unix", f"{NOW + 7:.0f}")])
def test_what_the_headers_say_is_left_is_kept_until_they_say_it_ends(unit: str, reset: str) -> None:
    limit, state = read(**HEADERS | {"window": {"header": "X-Reset", "unit": unit}}), fresh()
    learn(limit, state, said(x_limit="10", x_remaining="2", x_reset=reset))
    assert [admit(limit, state, NOW), admit(limit, state, NOW)] == [0.0, 0.0]
    assert admit(limit, state, NOW + 3) == pytest.approx(4)
    assert admit(limit, state, NOW + 7) == 0.0


def test_a_window_that_ended_holds_as_many_as_the_partner_allows() -> None:
    limit, state = read(**HEADERS), fresh()
    learn(limit, state, said(x_limit="3", x_remaining="0", x_reset="10"))
    assert [admit(limit, state, NOW + 10) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert admit(limit, state, NOW + 10) == pytest.approx(10)


@pytest.mark.parametrize(
    "headers", [{}, {"x_limit": "10"}, {"x_limit": "ten", "x_remaining": "0", "x_reset": "5"}, {"x_remaining": "0"}]
)
def test_answers_without_the_headers_change_nothing(headers: dict[str, str]) -> None:
    limit, state = read(**HEADERS), fresh()
    learn(limit, state, said(x_limit="10", x_remaining="0", x_reset="7"))
    before = dict(state)
    learn(limit, state, said(**headers))
    assert state == before


def test_calls_that_overlap_never_raise_what_is_left_above_what_is_sure() -> None:
    limit, state = read(**HEADERS), fresh()
    for _ in range(4):
        admit(limit, state, NOW)
    learn(limit, state, said(x_limit="100", x_remaining="9", x_reset="10"))
    assert [admit(limit, state, NOW) for _ in range(9)] == [0.0] * 9
    learn(limit, state, said(x_limit="100", x_remaining="8", x_reset="10"))
    assert admit(limit, state, NOW) > 0


def test_a_call_takes_the_points_that_its_connector_says() -> None:
    limit, state = read(**POINTS), fresh()
    cost = limit.cost_of(state, "deals", 40)
    assert [admit(limit, state, NOW, cost), admit(limit, state, NOW + 3600, cost)] == [0.0, 0.0]
    assert admit(limit, state, NOW + 7200, cost) == pytest.approx(86_400 - 7200, abs=0.01)
    assert admit(limit, state, NOW + 7200, limit.cost_of(state, "deal", 20)) == 0.0


def test_a_plan_with_more_points_is_believed() -> None:
    limit, state = read(**POINTS), fresh()
    admit(limit, state, NOW, 90)
    limit.release(state, Asked(NOW, 90))
    learn(limit, state, said(x_left="5000"))
    assert admit(limit, state, NOW, 4000) == 0.0


def test_calls_under_way_are_not_taken_for_a_plan_with_more_points() -> None:
    limiter, state = read(**POINTS), fresh()
    for _ in range(2):
        admit(limiter, state, NOW, 40)
    learn(limiter, state, said(x_left="60"))
    assert admit(limiter, state, NOW + 7200, 40) > 0


def test_points_that_others_spent_are_not_there() -> None:
    limit, state = read(**POINTS), fresh()
    learn(limit, state, said(x_left="10"))
    assert admit(limit, state, NOW, 20) == pytest.approx(3600)


def test_what_was_said_to_be_left_is_forgotten_so_that_a_new_day_is_seen() -> None:
    limit, state = read(**POINTS), fresh()
    learn(limit, state, said(x_left="0"))
    assert admit(limit, state, NOW + 3600, 20) == 0.0


def test_what_lapsed_is_given_back() -> None:
    for block in ({"type": "window", "requests": 5, "per": "1m"}, POINTS, COST, {"type": "concurrency", "at_once": 5}):
        limit, state = read(**block), fresh()
        asked = Asked(NOW, 20, calls=5, hold=0.25, holder="p1")
        assert limit.admit(state, asked) == 0.0
        limit.refund(state, asked)
        assert limit.admit(state, Asked(NOW + 1, 20, calls=5, holder="p2")) == 0.0


def test_a_permit_counts_from_the_moment_at_which_it_may_last_be_used() -> None:
    limit, state = read(type="window", requests=1, per="10s"), fresh()
    limit.admit(state, Asked(NOW, hold=0.25))
    assert admit(limit, state, NOW + 10) == pytest.approx(0.25, abs=0.001)


def test_a_call_counts_until_it_was_answered_but_for_no_more_than_a_second() -> None:
    for late, counted in ((0.4, 0.4), (30.0, 1.0)):
        limit, state = read(type="window", requests=1, per="10s"), fresh()
        admit(limit, state, NOW)
        limit.linger(state, NOW, NOW + late)
        assert admit(limit, state, NOW + 5) == pytest.approx(5 + counted, abs=0.001)


def test_calls_that_follow_each_other_do_not_keep_the_first_in_the_window() -> None:
    limit, state = read(type="window", requests=50, per="10s"), fresh()
    for number in range(50):
        since = NOW + number * 0.2
        assert limit.admit(state, Asked(since, hold=0.25)) == 0.0
        limit.linger(state, since, since + 0.3)
    assert admit(limit, state, NOW + 9.8) == pytest.approx(0.5, abs=0.001)


def test_the_slots_of_a_dead_holder_come_back() -> None:
    limit, state = read(type="concurrency", at_once=1), fresh()
    assert limit.admit(state, Asked(NOW, holder="p1")) == 0.0
    assert limit.admit(state, Asked(NOW + 100, holder="p2")) > 0
    assert limit.admit(state, Asked(NOW + 151, holder="p2")) == 0.0
