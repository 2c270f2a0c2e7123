"""Generated code: lines and blocks, the names and constants in them, and how they become a function.

A user's text never becomes source. Every name is invented here; texts, numbers and other values of an expression enter
as constants of the syntax tree after it was parsed, or as globals of a private namespace.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from typing import Any

from runner.mapping.compiler import runtime

_PLAIN = (str, int, float, bool, type(None))
_NESTED = 4


class Block:
    """Lines of one depth; a block among them stands one step deeper."""

    def __init__(self) -> None:
        self.items: list[str | Block] = []

    def add(self, item: str | Block) -> None:
        self.items.append(item)

    def render(self, depth: int = 1) -> list[str]:
        lines: list[str] = []
        for item in self.items:
            lines.extend([" " * depth + item] if isinstance(item, str) else item.render(depth + 1))
        return lines or [" " * depth + "pass"]


class Code:
    """One function while it is written: its names, its constants and what it calls."""

    def __init__(self) -> None:
        self._count = 0
        self._constants: dict[str, Any] = {}
        self._globals: dict[str, Any] = {"__builtins__": {}, **runtime.NAMES}
        self._known: dict[tuple[type, Any], str] = {}

    def name(self) -> str:
        """A new local name."""
        self._count += 1
        return f"v{self._count}"

    def hold(self, value: Any) -> str:
        """A global name for something that is called or read, never handed out."""
        for name, held in self._globals.items():
            if held is value:
                return name
        self._count += 1
        self._globals[f"G{self._count}"] = value
        return f"G{self._count}"

    def constant(self, value: Any) -> str:
        """A literal's source. A list or an object is made afresh wherever the source runs."""
        if isinstance(value, _PLAIN):
            return self._plain(value)
        if _depth(value) > _NESTED:
            return f"{self.hold(copy.deepcopy)}({self.hold(value)})"
        if isinstance(value, list):
            return f"[{', '.join(map(self.constant, value))}]"
        pairs = (f"{self.constant(key)}: {self.constant(item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"

    def _plain(self, value: Any) -> str:
        if value is None or isinstance(value, bool):
            return str(value)
        key = (type(value), repr(value))
        if key not in self._known:
            self._known[key] = f"K{len(self._known)}"
            self._constants[self._known[key]] = value
        return self._known[key]

    def function(self, body: Block) -> Callable[[Any], Any]:
        """The function of one argument, `p`, whose body this is."""
        source = "\n".join(["def mapped(p):", *body.render()])
        tree = _Constants(self._constants).visit(ast.parse(source))
        namespace = dict(self._globals)
        exec(compile(tree, "<mapping>", "exec"), namespace)  # noqa: S102  # no user text in it: see the top of the file
        made: Callable[[Any], Any] = namespace["mapped"]
        return made


class _Constants(ast.NodeTransformer):
    def __init__(self, constants: dict[str, Any]) -> None:
        self._constants = constants

    def visit_Name(self, node: ast.Name) -> ast.expr:  # ast's name for it
        if node.id in self._constants:
            return ast.copy_location(ast.Constant(self._constants[node.id]), node)
        return node


def _depth(value: Any) -> int:
    """How deep lists and objects are nested, counted no further than matters."""
    level, deep = [value], 0
    while deep <= _NESTED:
        level = [
            item
            for holder in level
            if isinstance(holder, list | dict)
            for item in (holder if isinstance(holder, list) else holder.values())
        ]
        if not level:
            break
        deep += 1
    return deep
