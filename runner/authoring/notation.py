"""A part of an expression as text again: jmespath keeps no offsets, and an explanation names parts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Node = Mapping[str, Any]
_COMPARED = {"eq": "==", "ne": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def written(node: Node) -> str:
    """The text of a syntax node, in jmespath's own notation."""
    known = _WRITERS.get(str(node["type"]))
    return known(node) if known else str(node.get("value", node["type"]))


def name(text: str) -> str:
    """A key as it is written in an expression: quoted where it must be."""
    return text if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) else json.dumps(text)


def _here(_: Node) -> str:
    return "@"


def _parts(node: Node) -> list[str]:
    return [written(child) for child in node["children"]]


_LOOSER = {"pipe": 1, "or_expression": 2, "and_expression": 3, "comparator": 4, "not_expression": 5}


def _operator(sign: str) -> Callable[[Node], str]:
    """Sides that bind looser than the operator go into parentheses; so does a right side that binds alike."""

    def write(node: Node) -> str:
        left, right = node["children"]
        mine = _LOOSER[str(node["type"])]
        return f"{_bound(left, mine)} {sign} {_bound(right, mine + 1)}"

    return write


def _bound(node: Node, least: int) -> str:
    text = written(node)
    return f"({text})" if _LOOSER.get(str(node["type"]), 9) < least else text


def _not(node: Node) -> str:
    """`!` binds tighter than the dot: `!(a.b)`."""
    inner = node["children"][0]
    single = inner["type"] in ("field", "literal", "current", "function_expression", "not_expression")
    return f"!{written(inner)}" if single else f"!({written(inner)})"


def _comparator(node: Node) -> str:
    return _operator(_COMPARED[node["value"]])(node)


def _literal(node: Node) -> str:
    value = node["value"]
    return f"'{value}'" if isinstance(value, str) else f"`{json.dumps(value)}`"


def _slice(node: Node) -> str:
    first, last, step = ["" if part is None else str(part) for part in node["children"]]
    return f"[{first}:{last}:{step}]" if step else f"[{first}:{last}]"


def _after(left: str, right: str, *, lone: bool = False) -> str:
    if lone and not left:
        return right
    return left if not right or right == "@" else left + right if right.startswith("[") else f"{left}.{right}"


def _left(node: Node) -> str:
    return "" if node["type"] in ("identity", "current") else _bound(node, 6)


def _projection(node: Node) -> str:
    left, right = node["children"]
    if left["type"] in ("flatten", "index_expression") and _ends_list(left):
        return _after(written(left), written(right))
    return _after(_left(left) + "[*]", written(right))


def _ends_list(left: Node) -> bool:
    """Whether the left side is itself the `[]` or slice that this projection goes on from."""
    return bool(left["type"] == "flatten" or left["children"][-1]["type"] == "slice")


def _filter(node: Node) -> str:
    left, right, condition = node["children"]
    return _after(f"{_left(left)}[?{written(condition)}]", written(right))


_WRITERS: dict[str, Callable[[Node], str]] = {
    "field": lambda node: name(str(node["value"])),
    "identity": _here,
    "current": _here,
    "literal": _literal,
    "index": lambda node: f"[{node['value']}]",
    "slice": _slice,
    "subexpression": lambda node: ".".join(_bound(child, 6) for child in node["children"]),
    "index_expression": lambda node: "".join([_left(node["children"][0]), *_parts(node)[1:]]),
    "projection": _projection,
    "value_projection": lambda node: _after(_after(_left(node["children"][0]), "*", lone=True), _parts(node)[1]),
    "flatten": lambda node: _left(node["children"][0]) + "[]",
    "filter_projection": _filter,
    "pipe": _operator("|"),
    "or_expression": _operator("||"),
    "and_expression": _operator("&&"),
    "not_expression": _not,
    "comparator": _comparator,
    "function_expression": lambda node: f"{node['value']}({', '.join(_parts(node))})",
    "expref": lambda node: f"&{_parts(node)[0]}",
    "multi_select_list": lambda node: f"[{', '.join(_parts(node))}]",
    "multi_select_dict": lambda node: f"{{{', '.join(_parts(node))}}}",
    "key_val_pair": lambda node: f"{node['value']}: {_parts(node)[0]}",
}
