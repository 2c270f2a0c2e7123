"""What evaluates expressions: generated code, or jmespath.py itself as the reference.

`RUNNER_MAPPING=reference` chooses the reference for the whole process, and is read once, when this module is imported:
expressions are values of a connector and carry no settings. Both engines give the same results and the same errors.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from jmespath import Options
from jmespath.parser import ParsedResult
from jmespath.visitor import TreeInterpreter

from runner.errors import SettingsError
from runner.mapping.compiler.compile import Mapped, Shape, compile_fields, compile_one
from runner.mapping.compiler.runtime import fail
from runner.mapping.functions import LIBRARY

VARIABLE = "RUNNER_MAPPING"


class Engine(Protocol):
    """Makes functions of a payload. They raise what jmespath.py raises."""

    def expression(self, tree: ParsedResult) -> Mapped:
        """The value of one expression."""
        ...

    def fields(self, shape: Shape) -> Mapped:
        """All values of a shape at once, as an object; any exception when they must be evaluated one by one."""
        ...


class _Interpreter(TreeInterpreter):
    """jmespath.py's, but a literal is a new value each time: a list in it would be one list in all records."""

    def visit_literal(self, node: Mapping[str, Any], _: Any) -> Any:
        literal = node["value"]
        return copy.deepcopy(literal) if isinstance(literal, list | dict) else literal


class ReferenceEngine:
    """jmespath.py."""

    def __init__(self, library: Any) -> None:
        self._interpreter = _Interpreter(Options(custom_functions=library))

    def expression(self, tree: ParsedResult) -> Mapped:
        return lambda payload: self._interpreter.visit(tree.parsed, payload)

    def fields(self, shape: Shape) -> Mapped:
        return lambda payload: self._object(shape, payload)

    def _object(self, shape: Shape, payload: Any) -> dict[str, Any]:
        return {
            name: _unless_empty(self._object(part, payload))
            if isinstance(part, Mapping)
            else self._interpreter.visit(part.parsed, payload)
            for name, part in shape.items()
        }


class CompiledEngine:
    """Generated code; what it cannot judge, errors above all, goes to the reference."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._reference = ReferenceEngine(library)

    def expression(self, tree: ParsedResult) -> Mapped:
        reference = self._reference.expression(tree)
        return _unless_too_deep(lambda: compile_one(tree, self._library, reference), reference)

    def fields(self, shape: Shape) -> Mapped:
        return _unless_too_deep(lambda: compile_fields(shape, self._library), lambda _: fail())


def _unless_too_deep(compiled: Callable[[], Mapped], otherwise: Mapped) -> Mapped:
    """Python refuses code that is nested too deep (20 loops, 100 blocks); jmespath.py does not mind."""
    try:
        return compiled()
    except (SyntaxError, RecursionError, MemoryError):
        return otherwise


def _unless_empty(values: dict[str, Any]) -> dict[str, Any] | None:
    return values if any(value is not None for value in values.values()) else None


def choose(environment: Mapping[str, str], library: Any = LIBRARY) -> Engine:
    """The engine that RUNNER_MAPPING names: `compiled` (the default) or `reference`."""
    name = environment.get(VARIABLE, "compiled")
    if name == "compiled":
        return CompiledEngine(library)
    if name == "reference":
        return ReferenceEngine(library)
    raise SettingsError(f"{VARIABLE} is {name!r} (use `compiled` or `reference`)")


ENGINE = choose(os.environ)
