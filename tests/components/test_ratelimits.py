from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.components.block import adapter
from runner.components.catalog import RATE_LIMITS
from runner.components.ratelimits.base import RateLimit
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


def answer(**body: Any) -> Response:
    return Response(200, {}, orjson.dumps(body))


@settings(deadline=None, max_examples=150)
@given(
    requests=st.integers(1, 40),
    per=st.sampled_from([1, 60, 300]),
    gaps=st.lists(st.floats(0, 20) | st.just(0.0), min_size=1, max_size=150),
)
def test_a_window_never_lets_more_through_in_any_stretch(requests: int, per: int, gaps: list[float]) -> None:
    limit, state, now, admitted = read(type="window", requests=requests, per=f"{per}s"), {}, NOW, []
    for gap in gaps:
        now += gap
        wait = limit.admit(state, now)
        if wait:
            now += wait
            assert limit.admit(state, now) == 0.0
        admitted.append(now)
    for first, last in zip(admitted, admitted[requests:], strict=False):
        assert last - first >= per


def test_a_full_window_answers_with_the_wait_and_charges_nothing() -> None:
    limit, state = read(type="window", requests=2, per="1m"), {}
    assert [limit.admit(state, NOW), limit.admit(state, NOW + 10)] == [0.0, 0.0]
    before = orjson.dumps(state)
    assert limit.admit(state, NOW + 20) == pytest.approx(40, abs=0.001)
    assert orjson.dumps(state) == before


def test_a_window_keeps_a_small_state() -> None:
    limit, state = read(type="window", requests=2500, per="5m"), {}
    for call in range(2500):
        assert limit.admit(state, NOW + call * 0.1) == 0.0
    assert len(state["slices"]) <= 61


def test_a_trial_on_a_shallow_copy_leaves_the_state_alone() -> None:
    for block in ({"type": "window", "requests": 5, "per": "1m"}, COST, {"type": "concurrency", "at_once": 2}):
        limit, state = read(**block), {}
        limit.admit(state, NOW)
        before = orjson.dumps(state)
        limit.admit(dict(state), NOW + 0.1)
        assert orjson.dumps(state) == before


def test_a_penalty_holds_everybody_until_it_is_over() -> None:
    limit, state = read(type="window", requests=100, per="1m"), {}
    limit.penalise(state, NOW + 30)
    limit.penalise(state, NOW + 10)
    assert limit.admit(state, NOW) == 30
    assert limit.admit(state, NOW + 30) == 0.0


def test_a_cost_limit_believes_its_estimate_until_the_first_answer() -> None:
    limit, state = read(**COST), {}
    assert [limit.admit(state, NOW, limit.cost_of(state, "jobs")) for _ in range(2)] == [0.0, 0.0]
    assert limit.admit(state, NOW, limit.cost_of(state, "jobs")) == pytest.approx(2.0)


def test_a_cost_limit_learns_what_an_endpoint_costs() -> None:
    limit, state = read(**COST), {}
    limit.admit(state, NOW, limit.cost_of(state, "jobs"))
    limit.learn(state, NOW, answer(asked=50, left=970), "jobs")
    limit.release(state)
    assert (limit.cost_of(state, "jobs"), limit.cost_of(state, "clients")) == (50, 400)


def test_a_cost_limit_believes_the_partner_when_no_other_call_is_under_way() -> None:
    limit, state = read(**COST), {}
    limit.admit(state, NOW, 400)
    limit.learn(state, NOW, answer(asked=50, left=990), "jobs")
    limit.release(state)
    assert limit.admit(state, NOW, 990) == 0.0


def test_a_cost_limit_believes_the_lower_figure_while_others_are_under_way() -> None:
    limit, state = read(**COST), {}
    limit.admit(state, NOW, 400)
    limit.admit(state, NOW, 400)
    limit.learn(state, NOW, answer(asked=50, left=990), "jobs")
    assert limit.admit(state, NOW, 300) == pytest.approx(1.0)


def test_a_cost_limit_fills_up_again() -> None:
    limit, state = read(**COST), {}
    limit.admit(state, NOW, 1000)
    assert limit.admit(state, NOW, 500) == pytest.approx(5.0)
    assert limit.admit(state, NOW + 5, 500) == 0.0


@pytest.mark.parametrize("body", [{}, {"left": "many", "asked": True}, {"left": None}])
def test_a_cost_limit_ignores_answers_without_figures(body: dict[str, Any]) -> None:
    limit, state = read(**COST), {}
    limit.learn(state, NOW, answer(**body), "jobs")
    assert state == {}


def test_a_call_never_waits_for_more_than_the_bucket_holds() -> None:
    limit, state = read(**COST), {}
    limit.learn(state, NOW, answer(asked=5000), "jobs")
    assert limit.admit(state, NOW, limit.cost_of(state, "jobs")) == 0.0


def test_concurrency_lets_so_many_in_at_once() -> None:
    limit, state = read(type="concurrency", at_once=2), {}
    assert [limit.admit(state, NOW), limit.admit(state, NOW)] == [0.0, 0.0]
    assert limit.admit(state, NOW) > 0
    limit.release(state)
    assert limit.admit(state, NOW) == 0.0


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
