"""Expressions as one graph: jmespath's syntax tree with every node relative to an explicit current value.

`a.b` and `a | b` become `field b of (field a of current)`, so equal sub-paths of all expressions are the same node. The
body of a projection, the condition of a filter and an `&expression` are relative to a current value of their own, the
element; JMESPath gives them no other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from runner.mapping.compiler.kinds import is_total, kinds_of

Tree = Mapping[str, Any]
MOST_COPIES = 10_000
_BASED = ("field", "index", "slice", "flatten", "project", "filter", "project_values", "list", "hash")
_RENAMED = {
    "flatten": "flatten",
    "projection": "project",
    "filter_projection": "filter",
    "value_projection": "project_values",
    "and_expression": "and",
    "or_expression": "or",
    "not_expression": "not",
    "comparator": "compare",
    "function_expression": "call",
}


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """One operation. `parts` are what it reads; the last `bodies` of them are relative to an element, not to current.

    `kinds` are the kinds that the value can have, `total` says that its evaluation cannot fail, and `copies` how often
    a value that it reads can stand in its result.
    """

    operation: str
    value: Any
    parts: tuple[Node, ...]
    bodies: int
    kinds: int
    total: bool
    copies: int

    @property
    def base(self) -> Node:
        return self.parts[0]

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The parts that are relative to the same current value as the node itself."""
        return self.parts[: len(self.parts) - self.bodies]


class Graph:
    """Makes nodes; equal ones are made once."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[Any, ...], Node] = {}
        self.current = self.node("current")

    def node(self, operation: str, value: Any = None, parts: tuple[Node, ...] = (), bodies: int = 0) -> Node:
        written = json.dumps(value) if operation == "literal" else str(value)
        key = (operation, written, *map(id, parts))
        found = self._nodes.get(key)
        if found is None:
            kinds = tuple(part.kinds for part in parts)
            total = all(part.total for part in parts) and is_total(operation, value, kinds)
            copies = _copies(operation, parts)
            found = Node(operation, value, parts, bodies, kinds_of(operation, value, kinds), total, copies)
            self._nodes[key] = found
        return found

    def read(self, tree: Tree, current: Node | None = None) -> Node:
        """The node of a syntax tree of jmespath's parser, relative to `current` (the payload when left out)."""
        current = current or self.current
        kind = tree["type"]
        if kind in ("subexpression", "index_expression", "pipe"):
            for step in tree["children"]:
                current = self._step(current, step)
            return current
        reader = _READERS.get(kind)
        if reader is not None:
            return reader(self, tree, current)
        parts = tuple(self.read(child, current) for child in tree["children"])
        return self.node(_RENAMED[kind], tree.get("value"), parts)

    def _step(self, left: Node, tree: Tree) -> Node:
        right = self.read(tree, left)
        return right if left.total or _leans_on(right, left) else self.node("then", parts=(left, right))

    def _select(self, tree: Tree, current: Node) -> Node:
        """`[a, b]` and `{x: a, y: b}`: null when current is, so current is a part of them."""
        pairs = tree["type"] == "multi_select_dict"
        children = [pair["children"][0] if pairs else pair for pair in tree["children"]]
        names = tuple(pair["value"] for pair in tree["children"]) if pairs else None
        parts = (current, *(self.read(child, current) for child in children))
        return self.node("hash" if pairs else "list", names, parts)

    def _project(self, tree: Tree, current: Node) -> Node:
        base, *bodies = tree["children"]
        parts = (self.read(base, current), *(self.read(body) for body in bodies))
        return self.node(_RENAMED[tree["type"]], parts=parts, bodies=len(bodies))


def _leans_on(node: Node, left: Node) -> bool:
    """True when the evaluation of `node` begins with that of `left`."""
    while node is not left:
        if node.operation not in _BASED:
            return False
        node = node.base
    return True


def _copies(operation: str, parts: tuple[Node, ...]) -> int:
    if operation in ("project", "filter", "project_values") or any(part.operation == "expref" for part in parts):
        return parts[0].copies * parts[1].copies if len(parts) > 1 else 1
    if operation in ("list", "hash", "call", "and", "or", "compare"):
        return sum(part.copies for part in parts[operation in ("list", "hash") :])
    return parts[-1].copies if parts else 1


_READERS: dict[str, Callable[[Graph, Tree, Node], Node]] = {
    "current": lambda _, __, current: current,
    "identity": lambda _, __, current: current,
    "literal": lambda graph, tree, _: graph.node("literal", tree["value"]),
    "field": lambda graph, tree, current: graph.node("field", tree["value"], (current,)),
    "index": lambda graph, tree, current: graph.node("index", tree["value"], (current,)),
    "slice": lambda graph, tree, current: graph.node("slice", tuple(tree["children"]), (current,)),
    "expref": lambda graph, tree, _: graph.node("expref", parts=(graph.read(tree["children"][0]),), bodies=1),
    "multi_select_list": Graph._select,
    "multi_select_dict": Graph._select,
    "projection": Graph._project,
    "filter_projection": Graph._project,
    "value_projection": Graph._project,
}
