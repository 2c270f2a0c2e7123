from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from runner.authoring.simulate.limits import Budget, Gate, Window


def test_gate_counts_for_each_key(clock):
    gate = Gate(clock, (Window(1, 10),))
    assert (gate.wait("a"), gate.wait("b"), gate.wait("a")) == (0.0, 0.0, 10.0)


def test_longest_wait_of_several_windows_wins(clock):
    gate = Gate(clock, (Window(1, 1), Window(2, 60)))
    gate.wait()
    clock.pass_by(1)
    gate.wait()
    assert gate.wait() == 59.0


def test_refused_calls_do_not_count(clock):
    gate = Gate(clock, (Window(1, 10),))
    gate.wait()
    clock.pass_by(9)
    assert gate.wait() > 0
    clock.pass_by(1)
    assert gate.wait() == 0.0


@given(pauses=st.lists(st.integers(min_value=0, max_value=5), max_size=60))
def test_no_stretch_of_the_window_lets_more_in_than_it_says(pauses):
    time, admitted = datetime(2026, 5, 4, tzinfo=UTC), []
    gate = Gate(lambda: time, (Window(3, 7),))
    for pause in pauses:
        time += timedelta(seconds=pause)
        if gate.wait() == 0.0:
            admitted.append(time.timestamp())
    assert all(later - first >= 7 for first, later in zip(admitted, admitted[3:], strict=False))


def test_budget_fills_again_but_never_beyond_its_maximum(clock):
    budget = Budget(clock, 100, 10)
    budget.spend(80)
    clock.pass_by(3)
    assert budget.available() == 50
    clock.pass_by(60)
    assert budget.available() == 100


def test_a_call_may_cost_more_than_one(clock):
    gate = Gate(clock, (Window(4, 60),))
    assert [gate.wait(cost=3), gate.wait(cost=3), gate.wait()] == [0, 0, 60]
