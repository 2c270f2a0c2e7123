"""What generated code calls. All of it judges the plain case only.

Anything else raises, `Mismatch` or whatever Python raises, and the expression is evaluated again by jmespath.py, which
gives the value or the error that counts. So nothing here has to word an error, but nothing may accept what jmespath.py
refuses.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, NoReturn

NUMBERS = frozenset((int, float))
STRINGS = frozenset((str,))


class Mismatch(Exception):
    """Generated code met what only the reference engine can judge."""


def fail() -> NoReturn:
    """Leave it to the reference engine."""
    raise Mismatch


def as_object(value: Any) -> Any:
    """What a field of `value` is read from: jmespath.py takes whatever has `get`."""
    return value if hasattr(value, "get") else EMPTY


def same_sort(left: Any, right: Any) -> bool:
    """True unless one of two values that Python calls equal is a boolean and the other a number."""
    return isinstance(left, bool) is isinstance(right, bool)


def ordering(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool | None]:
    """An ordering operator: null unless both sides are numbers or texts, TypeError for one of each."""

    def ordered(left: Any, right: Any) -> bool | None:
        if _comparable(left) and _comparable(right):
            return compare(left, right)
        return None

    return ordered


def _comparable(value: Any) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool)


def _sort_of(values: list[Any]) -> frozenset[type]:
    """NUMBERS or STRINGS, whichever all values are; Mismatch for others and for a mixture."""
    if STRINGS.issuperset(map(type, values)):
        return STRINGS
    if NUMBERS.issuperset(map(type, values)):
        return NUMBERS
    raise Mismatch


def average(values: list[Any]) -> Any:
    if not NUMBERS.issuperset(map(type, values)):
        raise Mismatch
    return sum(values) / len(values) if values else None


def greatest(values: list[Any]) -> Any:
    _sort_of(values)
    return max(values) if values else None


def least(values: list[Any]) -> Any:
    _sort_of(values)
    return min(values) if values else None


def in_order(values: list[Any]) -> list[Any]:
    _sort_of(values)
    return sorted(values)


def in_order_by(values: list[Any], keys: list[Any]) -> list[Any]:
    if not values:
        return values
    _sort_of(keys)
    return [values[index] for index in sorted(range(len(keys)), key=keys.__getitem__)]


def last_by(values: list[Any], keys: list[Any]) -> Any:
    """The last of `in_order_by`; texts need no sorting for it."""
    if STRINGS.issuperset(map(type, keys)) and keys:
        keys.reverse()
        return values[-1 - keys.index(max(keys))]
    return in_order_by(values, keys)[-1] if values else None  # numbers too: nan has no order


def first_by(values: list[Any], keys: list[Any]) -> Any:
    """The first of `in_order_by`; texts need no sorting for it."""
    if STRINGS.issuperset(map(type, keys)) and keys:
        return values[keys.index(min(keys))]
    return in_order_by(values, keys)[0] if values else None


def greatest_by(values: list[Any], keys: list[Any]) -> Any:
    _sort_of(keys)
    return max(zip(keys, values, strict=True), key=operator.itemgetter(0))[1] if values else None


def least_by(values: list[Any], keys: list[Any]) -> Any:
    _sort_of(keys)
    return min(zip(keys, values, strict=True), key=operator.itemgetter(0))[1] if values else None


def as_number(value: Any) -> Any:
    if type(value) is str:
        try:
            return int(value)
        except ValueError:
            return _as_float(value)
    return value if type(value) in NUMBERS else None


def _as_float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


EMPTY: dict[str, Any] = {}
NAMES: dict[str, Any] = {
    "E": EMPTY,
    "fail": fail,
    "as_object": as_object,
    "same_sort": same_sort,
    "less": ordering(operator.lt),
    "more": ordering(operator.gt),
    "at_most": ordering(operator.le),
    "at_least": ordering(operator.ge),
    "average": average,
    "greatest": greatest,
    "least": least,
    "in_order": in_order,
    "in_order_by": in_order_by,
    "last_by": last_by,
    "first_by": first_by,
    "greatest_by": greatest_by,
    "least_by": least_by,
    "as_number": as_number,
    "ceil": math.ceil,
    "floor": math.floor,
    "NUMBERS": NUMBERS,
    "Exception": Exception,
    **{made.__name__: made for made in (isinstance, hasattr, type, len, dict, list, str, int, float, abs, sum, map)},
}
