from __future__ import annotations

from runner.engine.allowance import Allowance
from tests.store.conftest import NOW, later


def test_each_has_its_share_of_an_hour() -> None:
    allowance = Allowance(2)
    assert [allowance.take("a", NOW) for _ in range(4)] == [True, True, False, False]
    assert allowance.take("b", NOW)


def test_the_next_hour_begins_anew() -> None:
    allowance = Allowance(1)
    assert [allowance.take("a", later(seconds)) for seconds in (0, 3599, 3600, 3601)] == [True, False, True, False]


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    allowance = Allowance(1)
    assert [allowance.take("a", later(seconds)) for seconds in (3600, 0)] == [True, True]
