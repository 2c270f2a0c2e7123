"""Why an expression gives null: the first part of it that does, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jmespath import Options, exceptions
from jmespath.visitor import TreeInterpreter

from runner.authoring.notation import Node, name, written
from runner.mapping.expression import Expression
from runner.mapping.functions import LIBRARY

_KINDS = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


def why_null(expression: Expression, payload: Any) -> str | None:
    """The reason in one sentence; None when the value is not null, or the expression fails on this payload."""
    tree = expression.tree.parsed
    found, value = _value(tree, payload)
    return _why(tree, payload, "") if found and value is None else None


def _value(node: Node, data: Any) -> tuple[bool, Any]:
    """Whether the node has a value for this data, and which."""
    try:
        return True, TreeInterpreter(Options(custom_functions=LIBRARY)).visit(dict(node), data)  # type: ignore[arg-type]  # a syntax node is a plain dict
    except (exceptions.JMESPathError, TypeError, ValueError, ArithmeticError, AttributeError, KeyError):
        return False, None


def _why(node: Node, data: Any, path: str) -> str:
    """`path` is how `data` was reached, as text; empty for the whole payload."""
    explain = _EXPLAINERS.get(str(node["type"]))
    return explain(node, data, path) if explain else f"`{_joined(path, written(node))}` is null"


def _field(node: Node, data: Any, path: str) -> str:
    key = str(node["value"])
    outer = f"`{path}`" if path else "the payload"
    if data is None:
        return f"{outer} is null"
    if not isinstance(data, Mapping):
        return f"{outer} is {_kind(data)}, not an object with `{key}`"
    if key not in data:
        return f"{outer} has no key `{key}`"
    return f"`{_joined(path, name(key))}` is null"


def _chain(node: Node, data: Any, path: str) -> str:
    """`a.b`, `a[0]`, `a | b`: the left part when it is null, else the right part within its value."""
    left, right = node["children"][0], node["children"][1]
    _, value = _value(left, data)
    if value is None:
        return _why(left, data, path)
    if value == [] and left["type"] in ("filter_projection", "projection"):
        return _nothing_of(left, data, path)
    return _why(right, value, path if left["type"] in ("identity", "current") else _joined(path, written(left)))


def _nothing_of(node: Node, data: Any, path: str) -> str:
    """A projection gave an empty list: because there was nothing, nothing matched, or all that matched was null."""
    left = node["children"][0]
    list_ = _joined(path, written(left))
    _, items = _value(left, data)
    if items == []:
        return f"`{list_}` is empty"
    bare = {**node, "children": [left, {"type": "identity", "children": []}, *node["children"][2:]]}
    _, matching = _value(bare, data)
    if node["type"] == "filter_projection" and not matching:
        return f"no item of `{list_}` matches `?{written(node['children'][2])}`"
    return f"no item of `{list_}` has a value at `{written(node['children'][1])}`"


def _index(node: Node, data: Any, path: str) -> str:
    outer = f"`{path}`" if path else "the payload"
    if data is None:
        return f"{outer} is null"
    if not isinstance(data, list):
        return f"{outer} is {_kind(data)}, not a list"
    position = int(node["value"])
    if -len(data) <= position < len(data):
        return f"item {position} of {outer} is null"
    return f"{outer} is empty" if not data else f"{outer} has {len(data)} items, none at {position}"


def _projection(node: Node, data: Any, path: str) -> str:
    left = node["children"][0]
    _, value = _value(left, data)
    if value is None:
        return _why(left, data, path)
    wanted = "an object" if node["type"] == "value_projection" else "a list"
    return f"`{_joined(path, written(left))}` is {_kind(value)}, not {wanted}"


def _either(node: Node, data: Any, path: str) -> str:
    reasons: list[str] = []
    for side in node["children"]:
        reason = _why(side, data, path) if _value(side, data)[1] is None else f"`{written(side)}` is empty or false"
        reasons += [reason] if reason not in reasons else []
    return ", and ".join(reasons)


def _both(node: Node, data: Any, path: str) -> str:
    left, right = node["children"]
    _, value = _value(left, data)
    return _why(left if value is None else right, data, path)


def _call(node: Node, data: Any, path: str) -> str:
    for argument in node["children"]:
        _, value = _value(argument, data)
        if value is None and argument["type"] != "expref":
            return _why(argument, data, path)
    given = [_value(argument, data)[1] for argument in node["children"] if argument["type"] != "expref"]
    plain = [value for value in given if isinstance(value, str | int | float)]
    shown = repr(plain[0])[:60] if plain else _kind(given[0] if given else None)
    return f"{node['value']}() makes nothing of {shown}"


def _slice(_: Node, data: Any, path: str) -> str:
    return f"`{path or 'the payload'}` is {_kind(data)}, not a list"


def _literal(_node: Node, _data: Any, _path: str) -> str:
    return "null is written there"


def _comparator(node: Node, _data: Any, _path: str) -> str:
    return f"`{written(node)}` compares what are no numbers"


def _kind(value: Any) -> str:
    return "null" if value is None else _KINDS.get(type(value), "a value")


def _joined(path: str, text: str) -> str:
    if not path or path == "@":
        return text
    return path + text if text.startswith("[") else path if text == "@" else f"{path}.{text}"


_EXPLAINERS: dict[str, Callable[[Node, Any, str], str]] = {
    "field": _field,
    "subexpression": _chain,
    "index_expression": _chain,
    "pipe": _chain,
    "index": _index,
    "projection": _projection,
    "value_projection": _projection,
    "filter_projection": _projection,
    "flatten": _projection,
    "slice": _slice,
    "or_expression": _either,
    "and_expression": _both,
    "function_expression": _call,
    "literal": _literal,
    "comparator": _comparator,
}
