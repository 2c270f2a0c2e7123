"""
HubSpot's search: filters, one order, offsets that end at 10,000.

Sources: developers.hubspot.com/docs/api-reference/search/guide and the official OpenAPI files. The stricter of two sets
of limits on filters is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from runner.authoring.simulate.hubspot_data import Kind, properties
from runner.authoring.simulate.table import Row

GROUPS, FILTERS, ALL_FILTERS, LONGEST_QUERY = 5, 6, 18, 3000
DEFAULT, MOST = 10, 200
SEARCHED = ("dealname", "firstname", "lastname", "email", "phone", "name", "domain")
COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda held, value: held == value,
    "NEQ": lambda held, value: held != value,
    "LT": lambda held, value: held < value,
    "LTE": lambda held, value: held <= value,
    "GT": lambda held, value: held > value,
    "GTE": lambda held, value: held >= value,
    "CONTAINS_TOKEN": lambda held, value: str(value).strip("*") in re.findall(r"\w+", str(held)),
    "NOT_CONTAINS_TOKEN": lambda held, value: str(value).strip("*") not in re.findall(r"\w+", str(held)),
}


class BadSearch(Exception):
    """A search that the partner refuses."""


def check(body: Row, deepest: int) -> tuple[int, int]:
    """Offset and limit of a search. Raises BadSearch."""
    groups = body.get("filterGroups") or []
    counts = [len(group.get("filters", [])) for group in groups]
    limit, after = body.get("limit", DEFAULT), str(body.get("after") or "0")
    flaws = {
        f"maximum number of filterGroups is {GROUPS}": len(groups) > GROUPS,
        f"maximum number of filters is {FILTERS} in a group, {ALL_FILTERS} in all": max(counts, default=0) > FILTERS
        or sum(counts) > ALL_FILTERS,
        "only one sort is supported": len(body.get("sorts") or []) > 1,
        f"query is longer than {LONGEST_QUERY}": len(str(body.get("query") or "")) > LONGEST_QUERY,
        f"limit must be between 1 and {MOST}": not isinstance(limit, int) or not 1 <= limit <= MOST,
        "after must be a number": not after.isascii() or not after.isdigit(),
    }
    for flaw, there in flaws.items():
        if there:
            raise BadSearch(flaw)
    if int(after) + limit > deepest:
        raise BadSearch(f"The maximum number of results is {deepest}")
    return int(after), limit


def find(kind: Kind, rows: list[Row], body: Row) -> list[Row]:
    """The objects that match, in order. Raises BadSearch."""
    groups = [group.get("filters", []) for group in body.get("filterGroups") or []]
    held = [(properties(kind, row), row) for row in rows]
    found = [
        (known, row)
        for known, row in held
        if (not groups or any(all(_holds(kind, known, one) for one in group) for group in groups))
        and _says(known, str(body.get("query") or ""))
    ]
    sort = (body.get("sorts") or [{"propertyName": "hs_object_id"}])[0]
    name = sort["propertyName"] if isinstance(sort, dict) else sort
    falling = isinstance(sort, dict) and sort.get("direction") == "DESCENDING"
    found.sort(key=lambda pair: _rank(kind, name, pair[0].get(name)), reverse=falling)
    return [row for _, row in found]


def _says(known: Row, query: str) -> bool:
    return not query or any(query.lower() in str(known.get(name) or "").lower() for name in SEARCHED)


def _holds(kind: Kind, known: Row, one: Row) -> bool:
    name, sign, held = one.get("propertyName", ""), one.get("operator", ""), known.get(one.get("propertyName", ""))
    if name not in known:
        raise BadSearch(f"Property {name!r} does not exist")
    if sign in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        return bool((held is not None) == (sign == "HAS_PROPERTY"))
    if sign in {"IN", "NOT_IN"}:
        return bool((held in [str(value) for value in one.get("values", [])]) == (sign == "IN"))
    if held is None:
        return sign in {"NEQ", "NOT_CONTAINS_TOKEN"}
    value = _typed(kind, name, held)
    if sign == "BETWEEN":
        return bool(_wanted(kind, name, one, "value") <= value <= _wanted(kind, name, one, "highValue"))
    if sign not in COMPARE:
        raise BadSearch(f"Operator {sign!r} does not exist")
    return bool(COMPARE[sign](value, _wanted(kind, name, one, "value")))


def _wanted(kind: Kind, name: str, one: Row, where: str) -> Any:
    if one.get(where) is None:
        raise BadSearch(f"A filter of {name} has no {where}")
    try:
        return _typed(kind, name, str(one[where]))
    except ValueError:
        raise BadSearch(f"{one[where]!r} is no value of {name}") from None


def _typed(kind: Kind, name: str, text: str) -> Any:
    """Numbers by size; times as milliseconds, whether so written or in ISO 8601; texts without their case."""
    if name == "hs_object_id" or name in kind.numbers:
        return float(text)
    if name in {kind.made, kind.modified} or name in kind.dates:
        return int(text) if text.isdigit() else int(datetime.fromisoformat(text).timestamp() * 1000)
    return text.lower()


def _rank(kind: Kind, name: str, held: Any) -> tuple[bool, Any]:
    return (False, 0) if held is None else (True, _typed(kind, name, held))
