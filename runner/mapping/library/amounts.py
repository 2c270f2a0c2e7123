"""Numbers and money. Calculation is decimal, so that 0.1 is a tenth; halves are rounded to the even neighbour.

What a function gives is a JSON number. Up to 15 digits it is exact; more are null rather than nearly right.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal

from runner.mapping.registry import function

_PLAIN = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_EXACT = Decimal(10) ** 15
_CONTEXT = Context(prec=60, rounding=ROUND_HALF_EVEN)
MOST_PLACES = 12
_CURRENCY = re.compile(r"[A-Z]{3}")
_OTHERS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_PLACES = {code: places for places, codes in _OTHERS.items() for code in codes.split()}  # where it is not two


def check_places(places: float) -> int:
    """A number of decimals; ValueError for what is none."""
    if not isinstance(places, int) or not 0 <= places <= MOST_PLACES:
        raise ValueError(f"{places!r} is no number of decimals (use a whole number from 0 to {MOST_PLACES})")
    return places


def check_decimals(places: str | float | None) -> int:
    """The number of decimals that a number, or the code of a currency, says; ValueError for what says none."""
    if places is None:
        return 2
    if not isinstance(places, str):
        return check_places(places)
    if not _CURRENCY.fullmatch(places):
        raise ValueError(f"{places[:20]!r} is no currency (use its three letters, as 'USD')")
    return _PLACES.get(places, 2)


def check_divisor(by: float) -> None:
    """ValueError for zero."""
    if by == 0:
        raise ValueError("divide() by 0 has no result")


def read_decimal(value: str | float | None) -> Decimal | None:
    """A number, or text that holds a plain decimal number, as it is written; None for anything else."""
    if isinstance(value, str):
        plain = value.strip()
        return Decimal(plain) if len(plain) <= 40 and _PLAIN.fullmatch(plain) else None
    if value is None or not math.isfinite(value) or abs(value) >= _EXACT:
        return None
    return Decimal(repr(value))


@function("string|number|null")
def number(value: str | float | None) -> int | float | None:
    """A text that holds a plain decimal number as a number; null when it does not.

    number('40.8136') -> 40.8136
    number('12,5') -> null
    """
    if value is None or isinstance(value, int | float):
        return value
    plain = value.strip() if len(value) <= 40 else ""
    if not _PLAIN.fullmatch(plain):
        return None
    return float(plain) if "." in plain else int(plain)


@function("string|number|null", "string|number|null", optional=1, checks={1: check_decimals})
def cents(amount: str | float | None, places: str | float | None = 2) -> int | None:
    """An amount of money as a whole number of its smallest unit. `places` is the currency (ISO 4217, three letters), or
    how many decimals it has: 2 for dollars, and where nothing is said; 0 for yen. Further decimals are rounded, halves
    to the even cent. Null for what is no plain decimal number: a sign of a currency or commas would be a guess.

        cents('19.99') -> 1999
        cents(`387.5`) -> 38750
        cents('0.125') -> 12
        cents('1250', 'JPY') -> 1250
        cents('1.5', `3`) -> 1500
        cents('$5') -> null
    """
    factor = Decimal(10) ** check_decimals(places)
    found = _calculated(amount, lambda exact: _CONTEXT.multiply(exact, factor), 0)
    return int(found) if found is not None else None


@function("string|number|null", "number", optional=1, checks={1: check_places})
def decimal(cents: str | float | None, places: int = 2) -> int | float | None:
    """An amount of money out of a number of its smallest unit: the reverse of cents().

    decimal(`1999`) -> 19.99
    decimal('38750') -> 387.5
    decimal(`1250`, `0`) -> 1250
    decimal('none') -> null
    """
    factor = Decimal(10) ** check_places(places)
    return _calculated(cents, lambda exact: _CONTEXT.divide(exact, factor), 2 * MOST_PLACES)


@function("string|number|null", "number", checks={1: check_divisor})
def divide(value: str | float | None, by: float) -> int | float | None:
    """A number divided by another, to 12 decimals; null for what is no number, and by 0.

    divide(`90`, `60`) -> 1.5
    divide('5400', `3600`) -> 1.5
    divide(`1`, `0.1`) -> 10
    divide('some', `2`) -> null
    """
    divisor = read_decimal(by)
    if not divisor:
        return None
    return _calculated(value, lambda exact: _CONTEXT.divide(exact, divisor), MOST_PLACES)


@function("string|number|null", "number")
def multiply(value: str | float | None, by: float) -> int | float | None:
    """A number times another, to 12 decimals; null for what is no number.

    multiply(`1.1`, `1.1`) -> 1.21
    multiply('2.5', `60`) -> 150
    multiply('some', `2`) -> null
    """
    factor = read_decimal(by)
    if factor is None:
        return None
    return _calculated(value, lambda exact: _CONTEXT.multiply(exact, factor), MOST_PLACES)


@function("string|number|null", "number", optional=1, checks={1: check_places})
def round_(value: str | float | None, places: int = 0) -> int | float | None:
    """A number with at most this many decimals, halves rounded to the even neighbour; null for what is no number.

    round(`40.81359`, `4`) -> 40.8136
    round('2.5') -> 2
    round('much') -> null
    """
    return _calculated(value, lambda exact: exact, check_places(places))


def _calculated(value: str | float | None, calculate: Callable[[Decimal], Decimal], places: int) -> int | float | None:
    exact = read_decimal(value)
    if exact is None:
        return None
    result = calculate(exact)
    if abs(result) >= _EXACT:
        return None
    rounded = result.quantize(Decimal(1).scaleb(-places), context=_CONTEXT)
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)
