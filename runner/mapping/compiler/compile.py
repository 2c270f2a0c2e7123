"""From jmespath's syntax trees to Python functions.

Two are made. One expression becomes a careful function, which any payload may be given. All fields of a processor
become one function in which equal paths are read once; it trusts that what is read by field is an object or empty, and
raises, whatever, when that or anything else does not hold: the caller then evaluates field by field.

The domain is plain JSON as a decoder makes it (subclasses of dict and list are taken as such). Results may share parts
of the payload and, within one record, of each other, but never of the expression: nobody edits them in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jmespath.parser import ParsedResult

from runner.mapping.compiler import expressions, loops
from runner.mapping.compiler.calls import Calls
from runner.mapping.compiler.code import Block, Code
from runner.mapping.compiler.frame import Emitter, Frame, Scope, Uses
from runner.mapping.compiler.graph import Graph, Node
from runner.mapping.compiler.kinds import ANY, NULL, OBJECT

Mapped = Callable[[Any], Any]
Shape = Mapping[str, "ParsedResult | Shape"]
_Nodes = dict[str, "Node | _Nodes"]
_DISPLAYED = 15  # Python builds a larger display in parts; filling a copy of an empty record is quicker


def compile_one(tree: ParsedResult, library: Any, retreat: Mapped) -> Mapped:
    """The function of one expression. What it cannot judge it gives to `retreat`, jmespath.py itself."""
    node = Graph().read(tree.parsed)
    frame = _begin([node], library, trusted=False)
    frame.block.add(f"return {frame.value(node)}")
    body, handler = Block(), Block()
    handler.add(f"return {frame.code.hold(retreat)}(p)")
    for item in ("try:", frame.block, "except Exception:", handler):
        body.add(item)
    return frame.code.function(body)


def compile_fields(shape: Shape, library: Any) -> Mapped:
    """One function that makes the whole object of `shape` from a payload, or raises.

    An object inside it whose fields are all null is null.
    """
    nodes = _read(Graph(), shape)
    frame = _begin(_leaves(nodes), library, trusted=True)
    frame.block.add("if not isinstance(p, dict): fail()")
    frame.block.add(f"return {_record(frame, nodes)}")
    return frame.code.function(frame.block)


def _begin(nodes: Any, library: Any, trusted: bool) -> Frame:
    emitters: dict[str, Emitter] = {**expressions.EMITTERS, **loops.EMITTERS, **Calls(library).emitters()}
    uses = Uses.count(nodes)
    return Frame.begin(Scope(Code(), emitters, "p", uses, trusted, OBJECT if trusted else ANY))


def _read(graph: Graph, shape: Shape) -> _Nodes:
    return {
        name: _read(graph, part) if isinstance(part, Mapping) else graph.read(part.parsed)
        for name, part in shape.items()
    }


def _leaves(nodes: _Nodes) -> Iterator[Node]:
    for part in nodes.values():
        if isinstance(part, Node):
            yield part
        else:
            yield from _leaves(part)


def _record(frame: Frame, nodes: _Nodes) -> str:
    if len(nodes) <= _DISPLAYED:
        return _object(frame, nodes)
    name = frame.assign(f"{frame.code.hold(dict.fromkeys(nodes))}.copy()")
    for field, part in nodes.items():
        value = frame.value(part) if isinstance(part, Node) else _inner(frame, part)
        frame.block.add(f"{name}[{frame.code.constant(field)}] = {value}")
    return name


def _object(frame: Frame, nodes: _Nodes) -> str:
    pairs = []
    for name, part in nodes.items():
        value = frame.value(part) if isinstance(part, Node) else _inner(frame, part)
        pairs.append(f"{frame.code.constant(name)}: {value}")
    return "{" + ", ".join(pairs) + "}"


def _inner(frame: Frame, nodes: _Nodes) -> str:
    """An object in the record; null when all its fields are."""
    names: dict[str, str] = {}
    never_null = False
    for name, part in nodes.items():
        names[name] = frame.evaluate(part) if isinstance(part, Node) else frame.assign(_inner(frame, part))
        never_null = never_null or (isinstance(part, Node) and not frame.kinds(part) & NULL)
    display = "{" + ", ".join(f"{frame.code.constant(name)}: {value}" for name, value in names.items()) + "}"
    if never_null:
        return display
    test = " or ".join(f"{value} is not None" for value in names.values()) or "False"
    return f"({display} if {test} else None)"
