"""What is known of a value before any payload is seen: the kinds that it can have, and whether its evaluation can fail.

A kind is a bit; a set of kinds is their sum. "Total" means that jmespath.py gives a value for every payload, so the
evaluation may be left out, moved or cut short. What is not total must be evaluated wherever jmespath.py evaluates it.
"""

from __future__ import annotations

from typing import Any

NULL, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT, EXPREF = (1 << bit for bit in range(7))
ANY = NULL | BOOLEAN | NUMBER | STRING | ARRAY | OBJECT
NAMES = {
    "null": NULL,
    "boolean": BOOLEAN,
    "number": NUMBER,
    "string": STRING,
    "array": ARRAY,
    "object": OBJECT,
    "expref": EXPREF,
}

_RETURNS = {
    "abs": NUMBER,
    "avg": NUMBER | NULL,
    "ceil": NUMBER,
    "contains": BOOLEAN,
    "ends_with": BOOLEAN,
    "floor": NUMBER,
    "join": STRING,
    "keys": ARRAY,
    "length": NUMBER,
    "map": ARRAY,
    "max": NUMBER | STRING | NULL,
    "merge": OBJECT,
    "min": NUMBER | STRING | NULL,
    "reverse": ARRAY | STRING,
    "sort": ARRAY,
    "sort_by": ARRAY,
    "starts_with": BOOLEAN,
    "sum": NUMBER,
    "to_array": ARRAY,
    "to_number": NUMBER | NULL,
    "to_string": STRING,
    "type": STRING,
    "values": ARRAY,
    # ours; no plug-in may take their names
    "e164": STRING | NULL,
    "html_to_text": STRING | NULL,
    "iso8601": STRING | NULL,
    "lower": STRING | NULL,
    "text": STRING | NULL,
    "trim": STRING | NULL,
    "upper": STRING | NULL,
}
_TOTAL_OVER = {
    "abs": NUMBER,
    "ends_with": STRING,
    "keys": OBJECT,
    "length": STRING | ARRAY | OBJECT,
    "not_null": ANY,
    "reverse": STRING | ARRAY,
    "starts_with": STRING,
    "to_array": ANY,
    "to_number": ANY,
    "type": ANY,
    "values": OBJECT,
}


def kinds_of_value(value: Any) -> int:
    """The kind of a literal."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int | float):
        return NUMBER
    if isinstance(value, str):
        return STRING
    return ARRAY if isinstance(value, list) else OBJECT


def kinds_of(operation: str, value: Any, parts: tuple[int, ...]) -> int:
    """The kinds of a node from those of its parts."""
    if operation == "literal":
        return kinds_of_value(value)
    if operation in ("project", "filter", "slice", "flatten"):
        return ARRAY | (0 if parts[0] == ARRAY else NULL)
    if operation == "project_values":
        return ARRAY | (0 if parts[0] == OBJECT else NULL)
    if operation in ("list", "hash"):
        return (ARRAY if operation == "list" else OBJECT) | (parts[0] & NULL)
    if operation == "compare":
        return BOOLEAN if value in ("eq", "ne") or all(kinds in (NUMBER, STRING) for kinds in parts) else BOOLEAN | NULL
    if operation == "call":
        return _kinds_of_call(value, parts)
    if operation in ("and", "or", "then"):
        return _kinds_of_choice(operation, *parts)
    return {"not": BOOLEAN, "expref": EXPREF}.get(operation, ANY)


def _kinds_of_choice(operation: str, left: int, right: int) -> int:
    if operation == "then":
        return right
    return left | right if operation == "and" else (left & ~NULL) | right


def _kinds_of_call(name: str, parts: tuple[int, ...]) -> int:
    if name == "not_null" and parts:
        found = 0
        for part in parts:
            found |= part
        return found | NULL if all(part & NULL for part in parts) else found & ~NULL
    return _RETURNS.get(name, ANY)


def is_total(operation: str, value: Any, parts: tuple[int, ...]) -> bool:
    """True when this operation gives a value for all arguments of the kinds in `parts`, its parts being total."""
    if operation == "compare" and value not in ("eq", "ne"):
        left, right = (kinds & (NUMBER | STRING) for kinds in parts)
        return not (left and right) or (left == right and left in (NUMBER, STRING))
    if operation == "call":
        return bool(parts) and all(part & ~_TOTAL_OVER.get(value, 0) == 0 for part in parts)
    return operation != "expref"
