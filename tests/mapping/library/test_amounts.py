from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.mapping.library.amounts import cents, decimal, divide, multiply, number, round_

EXACT = st.integers(-(10**15) + 1, 10**15 - 1)
ANYTHING = st.none() | st.text() | st.text("0123456789.-", max_size=40) | st.integers() | st.floats()


@settings(deadline=None, derandomize=True)
@given(EXACT, st.integers(0, 4))
def test_cents_and_decimal_are_each_others_reverse(count: int, places: int) -> None:
    assert cents(decimal(count, places), places) == count


@settings(deadline=None, derandomize=True)
@given(EXACT)
def test_cents_of_text_are_exact(count: int) -> None:
    assert cents(str(Decimal(count).scaleb(-2).quantize(Decimal("0.01")))) == count


@pytest.mark.parametrize(
    ("amount", "value"),
    [
        ("0.125", 12),
        ("0.135", 14),
        ("-0.125", -12),
        (" 5 ", 500),
        (0.29, 29),
        (1.005, 100),
        (85, 8500),
        ("-0", 0),
        ("999999999999999.99", None),
        (10**15, None),
        (math.nan, None),
        (math.inf, None),
        ("1,234.50", None),
        ("1e3", None),
        ("٥", None),
        ("", None),
    ],
)
def test_cents(amount: str | float, value: int | None) -> None:
    assert cents(amount) == value


@pytest.mark.parametrize("places", [-1, 13, 1.5])
def test_cents_refuses_what_is_no_number_of_decimals(places: float) -> None:
    with pytest.raises(ValueError, match="is no number of decimals"):
        cents("1", places)


@settings(deadline=None, derandomize=True)
@given(ANYTHING, st.floats() | st.integers())
def test_calculations_give_a_number_or_null(value: str | float | None, by: float) -> None:
    for found in (divide(value, by), multiply(value, by), cents(value), decimal(value), round_(value, 3)):
        assert found is None or abs(found) <= 10**15


@settings(deadline=None, derandomize=True)
@given(ANYTHING.filter(lambda value: value is None or isinstance(value, str)))
def test_number_of_a_text_is_finite(value: str | None) -> None:
    found = number(value)

    assert found is None or math.isfinite(found)


@pytest.mark.parametrize(("value", "found"), [("12", 12), ("-40.5", -40.5), (" 7 ", 7), ("1" * 19, None), ("1.", None)])
def test_number(value: str, found: float | None) -> None:
    assert number(value) == found


def test_divide_by_nothing_is_null() -> None:
    assert divide(1, 0) is None


def test_a_third_is_cut_at_twelve_decimals() -> None:
    assert divide(1, 3) == 0.333333333333


@settings(deadline=None, derandomize=True)
@given(st.decimals(-1000, 1000, places=4).map(float))
def test_round_twice_is_round_once(value: float) -> None:
    assert round_(round_(value, 2), 2) == round_(value, 2)


@pytest.mark.parametrize(("currency", "value"), [("USD", 125000), ("JPY", 1250), ("KWD", 1250000), (None, 125000)])
def test_cents_by_the_currency(currency: str | None, value: int) -> None:
    assert cents(1250, currency) == value


@pytest.mark.parametrize("currency", ["usd", "", "Dollar", "US1"])
def test_cents_refuses_what_is_no_currency(currency: str) -> None:
    with pytest.raises(ValueError, match="is no currency"):
        cents("1", currency)
