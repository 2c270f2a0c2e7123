"""How a Python function becomes one that connectors may call in JMESPath."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jmespath import functions as standard

from runner.errors import SettingsError

Made = Callable[..., Any]
Check = Callable[[Any], object]


class Library(standard.Functions):
    """The standard functions and ours, under the names that connectors use."""

    def _validate_arguments(self, args: list[Any], signature: list[dict[str, Any]], name: str) -> Any:
        least = sum(not argument.get("optional") for argument in signature)
        if least <= len(args) < len(signature):
            return self._type_check(args, signature[: len(args)], name)  # type: ignore[attr-defined]  # not in the stubs
        return super()._validate_arguments(args, signature, name)  # type: ignore[misc]  # not in the stubs


_ADDED: dict[str, Made] = {}


def function(
    *arguments: str,
    optional: int = 0,
    variadic: bool = False,
    table: bool = False,
    checks: Mapping[int, Check] | None = None,
) -> Callable[[Made], Made]:
    """Make a function callable from JMESPath, under its own name without a `_` at the end.

    `arguments` are its types, as in `string|null`, or `any`. The last `optional` ones may be left out; with `variadic`
    the last may be given any number of times (only the first of them is held to its type). `checks` are for what is
    written out in an expression, by position from 0: each raises ValueError, in an analyst's words, for a value that
    can never be right. `table` is for `lookup` alone: generated code reads a constant table itself.

    Raises SettingsError for a name that is taken: a plug-in adds functions, it replaces none.
    """

    def add(made: Made) -> Made:
        name = made.__name__.rstrip("_")
        if name in _table():
            raise SettingsError(f"there is a function {name}() already (rename the one in {made.__module__})")
        signature: list[dict[str, Any]] = [{"types": [] if kinds == "any" else kinds.split("|")} for kinds in arguments]
        for argument in signature[len(signature) - optional :]:
            argument["optional"] = True
        if variadic:
            signature[-1]["variadic"] = True
        _ADDED[name] = made
        _table()[name] = {"function": _method(made, signature, table, checks or {}), "signature": signature}
        return made

    return add


def _table() -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = Library.FUNCTION_TABLE
    return table


def _method(made: Made, signature: list[dict[str, Any]], table: bool, checks: Mapping[int, Check]) -> Made:
    def method(_: Library, *values: Any) -> Any:
        return made(*values)

    # generated code checks the types itself and calls the plain function
    vars(method).update(signature=signature, plain=made, reads_table=table, checks=checks)
    return method


def added() -> dict[str, Made]:
    """Our functions by name, for the reference and its tests."""
    return dict(_ADDED)


def wrong_type(name: str, position: int, value: Any) -> str | None:
    """Why a value that is written out in an expression is of no type that this argument (from 0) of a function may
    have; None when it may. To be asked about functions that exist, with as many arguments as they take."""
    signature = _table()[name]["signature"]
    kinds = [kind.split("-", 1)[0] for kind in signature[min(position, len(signature) - 1)]["types"]]
    given = standard.TYPES_MAP[type(value).__name__]
    return f"`{name}` needs {' or '.join(kinds)} there, not {given}" if kinds and given not in kinds else None


def wrong_value(name: str, position: int, value: Any) -> str | None:
    """Why a value of a right type can never be this argument of a function, by the function's own `checks`."""
    check = getattr(_table()[name]["function"], "checks", {}).get(position)
    if check is None or value is None:
        return None
    try:
        check(value)
    except ValueError as error:
        return str(error)
    return None
