"""Choices, tables and lists."""

from __future__ import annotations

import json
from typing import Any

from runner.mapping.registry import function


@function("object", "string|null", "any", optional=1, table=True)
def lookup(table: dict[str, Any], key: str | None, default: Any = None) -> Any:
    """The value that a table gives for a key; the default (or null) for others: a status map.

    lookup({Done: 'completed', Hold: 'on_hold'}, 'Done') -> "completed"
    lookup({Done: 'completed'}, 'New', 'unknown') -> "unknown"
    """
    return table.get(key, default) if key is not None else default


@function("any", variadic=True)
def coalesce(*values: Any) -> Any:
    """The first of the values that says something: not null, not an empty list or object, no text of spaces alone.
    Unlike `||` it keeps `false` and passes over spaces; unlike not_null() it passes over what is empty.

    coalesce('', ' ', 'Lincoln') -> "Lincoln"
    coalesce(`null`, `false`, `true`) -> false
    coalesce(`[]`, `0`) -> 0
    coalesce('', `null`) -> null
    """
    return next((value for value in values if _says_something(value)), None)


@function("array|null")
def compact(values: list[Any] | None) -> list[Any] | None:
    """A list without what says nothing: null, empty lists and objects, and texts of spaces alone. Unlike `[?@]` it
    keeps `false`.

    compact([`null`, 'a', '', ' ', `false`]) -> ["a", false]
    """
    return [value for value in values if _says_something(value)] if values is not None else None


def _says_something(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value) and not value.isspace()
    return value is not None and value != [] and value != {}


@function("array|null")
def unique(values: list[Any] | None) -> list[Any] | None:
    """A list with each value once, where it stands first. Objects are equal whatever the order of their keys; 1, 1.0,
    true and '1' are four values.

    unique(['b', 'a', 'b']) -> ["b", "a"]
    unique([`1`, `true`, {id: `1`}, {id: `1`}]) -> [1, true, {"id": 1}]
    """
    if values is None:
        return None
    if all(type(value) is str for value in values):
        return list(dict.fromkeys(values))
    seen: dict[str, Any] = {}
    for value in values:
        seen.setdefault(json.dumps(value, sort_keys=True), value)
    return list(seen.values())


@function("array|null", "string", "string")
def table_of(entries: list[Any] | None, key: str, value: str) -> dict[str, Any] | None:
    """A table for lookup() out of a list of objects, such as custom fields: under the text (or whole number) that each
    has as `key`, what it has as `value`. The first of two equal keys counts; entries without a key are left out.

    table_of([{name: 'Gate code', value: '1234'}], 'name', 'value') -> {"Gate code": "1234"}
    lookup(table_of([{id: `7`, label: 'Roof'}], 'id', 'label'), '7') -> "Roof"
    """
    if entries is None:
        return None
    table: dict[str, Any] = {}
    for entry in entries:
        name = entry.get(key) if isinstance(entry, dict) else None
        if isinstance(name, str) or type(name) is int:
            table.setdefault(str(name), entry.get(value))
    return table
