from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from runner.model.circuit import ENOUGH, FIRST, MOST, Circuit, CircuitState

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def after(failures: int, spread: float = 0.0) -> Circuit:
    circuit = Circuit("host")
    for _ in range(failures):
        circuit = circuit.failed(NOW, "503", spread)
    return circuit


def test_it_opens_after_enough_tries_in_vain() -> None:
    assert after(ENOUGH - 1).state(NOW) is CircuitState.CLOSED
    assert after(ENOUGH).state(NOW) is CircuitState.OPEN


def test_after_its_pause_one_may_try() -> None:
    assert after(ENOUGH).state(NOW + FIRST) is CircuitState.HALF_OPEN


def test_what_arrives_closes_it() -> None:
    assert after(ENOUGH).worked() == Circuit("host")


def test_it_says_since_when_it_is_open() -> None:
    later = after(ENOUGH).failed(NOW + FIRST, "still", 0.0)
    assert (later.opened_at, later.trial_at) == (NOW, NOW + FIRST + 2 * FIRST)


@given(st.integers(ENOUGH, 10_000), st.floats(0, 1))
def test_the_pause_grows_and_ends(failures: int, spread: float) -> None:
    circuit = Circuit("host", failures - 1).failed(NOW, "503", spread)
    assert circuit.trial_at is not None
    assert timedelta(minutes=1) <= circuit.trial_at - NOW <= MOST * 1.25
