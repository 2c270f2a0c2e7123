"""How a call of a function is written: its arguments' types checked, then the plainest Python that does the same.

The checks come from the function's own signature and are left out where the kind of an argument is known. An argument
of a wrong type, like everything else that is odd, is left to the reference engine, which words the error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from runner.mapping.compiler.frame import Emitter, Frame
from runner.mapping.compiler.graph import Node
from runner.mapping.compiler.kinds import ANY, ARRAY, BOOLEAN, NAMES, NULL, NUMBER, OBJECT, STRING
from runner.mapping.compiler.loops import elements

_TYPES = {NULL: (type(None),), BOOLEAN: (bool,), NUMBER: (int, float), STRING: (str,), ARRAY: (list,), OBJECT: (dict,)}
_TESTS = {
    NULL: "{} is None",
    STRING: "type({}) is str",
    ARRAY: "type({}) is list",
    OBJECT: "type({}) is dict",
    NUMBER: "type({}) in NUMBERS",
}
_INLINE = {
    "abs": "abs({})",
    "avg": "average({})",
    "ceil": "ceil({})",
    "contains": "({1} in {0})",
    "ends_with": "{}.endswith({})",
    "floor": "floor({})",
    "join": "{}.join({})",
    "keys": "[*{}]",
    "length": "len({})",
    "max": "greatest({})",
    "min": "least({})",
    "reverse": "{}[::-1]",
    "sort": "in_order({})",
    "starts_with": "{}.startswith({})",
    "to_number": "as_number({})",
    "values": "[*{}.values()]",
}
_OF_TEXT = {"lower": "{}.lower()", "trim": "({}.strip() or None)", "upper": "{}.upper()"}
_BY_KEY = {"sort_by": "in_order_by", "max_by": "greatest_by", "min_by": "least_by"}


class Calls:
    """Writes calls of the functions of one library (jmespath's `Functions`, or ours)."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def emitters(self) -> dict[str, Emitter]:
        return {"call": self._call, "end of sort_by": self._end_of_sort}

    def _call(self, frame: Frame, node: Node) -> str:
        name, parts = node.value, node.parts
        known = self._library.FUNCTION_TABLE.get(name)
        if known is None or not _arity(known["signature"], len(parts)):
            return "fail()"
        ours = hasattr(known["function"], "plain")
        if any(part.operation == "expref" for part in parts):
            return "fail()" if ours else _keyed(frame, name, parts)
        special = (_OURS if ours else _SPECIAL).get(name)
        if special is not None:
            return special(frame, parts)
        made = None if ours else _INLINE.get(name)
        if ours and (table := _table(known["function"], parts)) is not None:
            return _lookup(frame, table, *parts[1:])
        template = made or f"{frame.code.hold(self._plain(known['function']))}({{}})"
        return _checked(frame, known["signature"], parts, template, apart=made is not None)

    def _plain(self, function: Callable[..., Any]) -> Any:
        return getattr(function, "plain", None) or function.__get__(self._library)  # bound

    def _end_of_sort(self, frame: Frame, node: Node) -> str:
        """`sort_by(list, &key)[0]` or `[-1]`: no need to sort."""
        parts = node.base.parts
        if len(parts) != 2 or parts[0].operation == "expref" or parts[1].operation != "expref":
            return "fail()"
        return _over(frame, "first_by" if node.value == 0 else "last_by", *parts)


def _arity(signature: Sequence[dict[str, Any]], given: int) -> bool:
    least = sum(not argument.get("optional") for argument in signature)
    return given >= least and (given <= len(signature) or bool(signature[-1].get("variadic")))


def _checked(
    frame: Frame, signature: Sequence[dict[str, Any]], parts: tuple[Node, ...], template: str, apart: bool
) -> str:
    tests: list[str] = []
    values: list[str] = []
    for position, part in enumerate(parts):
        allowed = _allowed(signature[position]["types"]) if position < len(signature) else ANY
        value, kinds = frame.value(part), frame.kinds(part)
        if kinds & ~allowed:
            once, value = frame.pair(value)
            tests.append(_test(frame, once, value, kinds, allowed))
        values.append(value)
    call = template.format(*values) if apart else template.format(", ".join(values))
    return f"({call} if {' and '.join(tests)} else fail())" if tests else call


def _allowed(types: Sequence[str]) -> int:
    if not types:
        return ANY
    allowed = 0
    for name in types:
        allowed |= NAMES[name.split("-", 1)[0]]
    return allowed


def _test(frame: Frame, once: str, again: str, possible: int, allowed: int) -> str:
    """The test that a value of possible kinds is of an allowed one."""
    kinds = possible & allowed
    if kinds and possible & ~allowed == NULL:
        return f"{once} is not None"
    if not kinds:
        return "fail()"
    if kinds in _TESTS:
        return _TESTS[kinds].format(once)
    if kinds & ~NULL in _TESTS and kinds & ~NULL != NUMBER:
        return f"({_TESTS[kinds & ~NULL].format(once)} or {again} is None)"
    types = frozenset(python for kind, found in _TYPES.items() if kind & kinds for python in found)
    return f"type({once}) in {frame.code.hold(types)}"


def _keyed(frame: Frame, name: str, parts: tuple[Node, ...]) -> str:
    """`map`, `sort_by`, `max_by` and `min_by`, the only functions that take an `&expression`."""
    if name == "map" and parts[0].operation == "expref" and parts[1].operation != "expref":
        return elements(frame, _array(frame, parts[1]), parts[0].parts[0])
    if name in _BY_KEY and parts[0].operation != "expref" and parts[1].operation == "expref":
        return _over(frame, _BY_KEY[name], *parts)
    return "fail()"


def _over(frame: Frame, function: str, array: Node, key: Node) -> str:
    name = _array(frame, array)
    return f"{function}({name}, {elements(frame, name, key.parts[0])})"


def _array(frame: Frame, node: Node) -> str:
    """The name of an argument that must be a list."""
    name = frame.evaluate(node)
    if frame.kinds(node) != ARRAY:
        frame.block.add(f"if not {_test(frame, name, name, frame.kinds(node), ARRAY)}: fail()")
    return name


def _not_null(frame: Frame, parts: tuple[Node, ...]) -> str:
    if not all(part.total for part in parts[1:]):
        return _not_null_of([(frame.evaluate(part),) * 2 for part in parts])
    return _not_null_of([frame.pair(frame.value(part)) for part in parts])


def _not_null_of(values: Sequence[tuple[str, str]]) -> str:
    last, _ = values[-1]
    for once, again in reversed(values[:-1]):
        last = f"({again} if {once} is not None else {last})"
    return last


def _to_array(frame: Frame, parts: tuple[Node, ...]) -> str:
    once, again = frame.pair(frame.value(parts[0]))
    return f"({again} if isinstance({once}, list) else [{again}])"


def _merge(frame: Frame, parts: tuple[Node, ...]) -> str:
    # Only the first argument's type is in the signature; what is no object fails in `**`
    first, *others = [frame.value(part) for part in parts]
    once, again = frame.pair(first)
    return f"({{{', '.join('**' + value for value in (again, *others))}}} if type({once}) is dict else fail())"


def _table(function: Any, parts: tuple[Node, ...]) -> Node | None:
    """The table of `lookup({a: 'x', b: 'y'}, key)` when all in it is constant."""
    if getattr(function, "reads_table", False) and parts[0].operation == "hash":
        values = parts[0].parts[1:]
        if all(part.operation == "literal" and not part.kinds & (ARRAY | OBJECT) for part in values):
            return parts[0]
    return None


def _lookup(frame: Frame, table: Node, key: Node, default: Node | None = None) -> str:
    held = frame.code.hold(dict(zip(table.value, (part.value for part in table.parts[1:]), strict=True)))
    otherwise = "None"
    if default is not None:
        otherwise = frame.value(default) if default.operation == "literal" else frame.evaluate(default)
    once, again = frame.pair(frame.value(key))
    found = f"({held}.get({again}, {otherwise}) if type({once}) is str else {otherwise} if {again} is None else fail())"
    if frame.kinds(table) & NULL:
        return f"({found} if {frame.value(table.base)} is not None else fail())"
    return found


def _sum(frame: Frame, parts: tuple[Node, ...]) -> str:
    name = _array(frame, parts[0])
    return f"(sum({name}) if NUMBERS.issuperset(map(type, {name})) else fail())"


def _of_text(template: str) -> Callable[[Frame, tuple[Node, ...]], str]:
    """One of our small functions of a text or null, written out."""

    def written(frame: Frame, parts: tuple[Node, ...]) -> str:
        once, again = frame.pair(frame.value(parts[0]))
        return f"({template.format(again)} if type({once}) is str else None if {again} is None else fail())"

    return written


def _text(frame: Frame, parts: tuple[Node, ...]) -> str:
    once, again = frame.pair(frame.value(parts[0]))
    whole = f"type({again}) is float and {again}.is_integer()"
    others = f"str(int({again})) if {whole} else str({again}) if type({again}) is float else fail()"
    return (
        f"(str({again}) if type({once}) is int else {again} if type({again}) is str or {again} is None else {others})"
    )


_OURS: dict[str, Callable[[Frame, tuple[Node, ...]], str]] = {
    "text": _text,
    **{name: _of_text(template) for name, template in _OF_TEXT.items()},
}
_SPECIAL: dict[str, Callable[[Frame, tuple[Node, ...]], str]] = {
    "not_null": _not_null,
    "to_array": _to_array,
    "merge": _merge,
    "sum": _sum,
}
