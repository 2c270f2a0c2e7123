"""How each operation but loops and calls is written: paths, selections, comparisons and logic."""

from __future__ import annotations

from collections.abc import Callable

from runner.mapping.compiler.frame import Emitter, Frame, is_true, search_of
from runner.mapping.compiler.graph import Node
from runner.mapping.compiler.kinds import ARRAY, BOOLEAN, NULL, NUMBER, STRING
from runner.mapping.compiler.loops import first, search

_ORDERINGS = {"lt": ("<", "less"), "gt": (">", "more"), "lte": ("<=", "at_most"), "gte": (">=", "at_least")}


def _field(frame: Frame, node: Node) -> str:
    return f"{frame.object(node.base)}.get({frame.code.constant(node.value)})"


def _index(frame: Frame, node: Node) -> str:
    found, base = search_of(node), node.base
    if found and len(frame.scope.uses.searches[found[0]]) > 1:
        return search(frame, *found)
    if frame.used_once(base) and node.value == 0 and base.operation in ("project", "filter") and base.total:
        return first(frame, base)
    if frame.used_once(base) and node.value in (0, -1) and base.operation == "call" and base.value == "sort_by":
        return frame.scope.emitters["end of sort_by"](frame, node)
    return _element(frame, frame.value(base), frame.kinds(base), node.value)


def _element(frame: Frame, value: str, kinds: int, index: int) -> str:
    once, again = frame.pair(value)
    test = once if kinds == ARRAY else f"{once} and isinstance({again}, list)"
    if index not in (0, -1):
        test = f"({test}) and len({again}) >= {index + 1 if index >= 0 else -index}"
    return f"({again}[{index}] if {test} else None)"


def _slice(frame: Frame, node: Node) -> str:
    bounds = ":".join("" if bound is None else str(bound) for bound in node.value)
    once, again = frame.pair(frame.value(node.base))
    return f"({again}[{bounds}] if isinstance({once}, list) else None)"


def _list(frame: Frame, node: Node) -> str:
    return _selection(frame, node, lambda inner: "[" + ", ".join(map(inner.value, node.parts[1:])) + "]")


def _hash(frame: Frame, node: Node) -> str:
    def display(inner: Frame) -> str:
        pairs = zip(node.value, node.parts[1:], strict=True)
        return "{" + ", ".join(f"{inner.code.constant(name)}: {inner.value(part)}" for name, part in pairs) + "}"

    return _selection(frame, node, display)


def _selection(frame: Frame, node: Node, display: Callable[[Frame], str]) -> str:
    if frame.kinds(node.base) & NULL:
        return frame.either(f"{frame.value(node.base)} is not None", display)
    if not node.base.total:
        frame.evaluate(node.base)
    return display(frame)


def _compare(frame: Frame, node: Node) -> str:
    left, right = node.parts
    if node.value not in ("eq", "ne"):
        return _order(frame, node)
    if left.operation == "literal":
        left, right = right, left
    same = _equal_literal(frame, left, right) if right.operation == "literal" else _equal(frame, left, right)
    return same if node.value == "eq" else f"(not {same})"


def _equal_literal(frame: Frame, left: Node, literal: Node) -> str:
    value, kinds = literal.value, literal.kinds
    if left.operation == "literal" or (kinds == NUMBER and value in (0, 1)):
        once, again = frame.pair(frame.value(left))
        return f"({once} == {frame.code.hold(value)} and same_sort({again}, {frame.code.hold(value)}))"
    known = frame.value(left)
    if kinds in (NULL, BOOLEAN):
        return f"({known} is {value})"
    return f"({known} == {frame.code.constant(value) if kinds in (NUMBER, STRING) else frame.code.hold(value)})"


def _equal(frame: Frame, left: Node, right: Node) -> str:
    kinds = frame.kinds(left), frame.kinds(right)
    plain = any(not kind & (NUMBER | BOOLEAN) for kind in kinds) or not any(kind & BOOLEAN for kind in kinds)
    if plain:
        return f"({frame.value(left)} == {frame.value(right)})"
    (once_left, again_left), (once_right, again_right) = frame.pair(frame.value(left)), frame.pair(frame.value(right))
    return f"({once_left} == {once_right} and same_sort({again_left}, {again_right}))"


def _order(frame: Frame, node: Node) -> str:
    operator, function = _ORDERINGS[node.value]
    left, right = node.parts
    kinds = frame.kinds(left), frame.kinds(right)
    if kinds in ((NUMBER, NUMBER), (STRING, STRING)):
        return f"({frame.value(left)} {operator} {frame.value(right)})"
    if right.operation == "literal" and right.kinds in (NUMBER, STRING):
        once, again = frame.pair(frame.value(left))
        limit = frame.code.constant(right.value)
        test = f"type({once}) in NUMBERS" if right.kinds == NUMBER else f"type({once}) is str"
        return f"({again} {operator} {limit} if {test} else {function}({again}, {limit}))"
    return f"{function}({frame.value(left)}, {frame.value(right)})"


def _and(frame: Frame, node: Node) -> str:
    left, right = node.parts
    value, branch = frame.value(left), frame.branch()
    other, kinds = branch.value(right), frame.kinds(left)
    if branch.block.items:
        return _in_steps(frame, "if {}:", frame.assign(value), kinds, branch, other)
    if not kinds & NUMBER:
        return f"({value} and {other})"
    once, again = frame.pair(value)
    return f"({other} if {is_true(once, again, kinds)} else {again})"


def _or(frame: Frame, node: Node) -> str:
    left, right = node.parts
    value, branch = frame.value(left), frame.branch()
    other, kinds = branch.value(right), frame.kinds(left)
    if branch.block.items:
        return _in_steps(frame, "if not {}:", frame.assign(value), kinds, branch, other)
    if not kinds & NUMBER:
        return f"({value} or {other})"
    once, again = frame.pair(value)
    return f"({again} if {is_true(once, again, kinds)} else {other})"


def _in_steps(frame: Frame, header: str, name: str, kinds: int, branch: Frame, other: str) -> str:
    branch.block.add(f"{name} = {other}")
    frame.put(header.format(is_true(name, name, kinds)), branch)
    return name


def _not(frame: Frame, node: Node) -> str:
    return f"(not {frame.truth(node.base)})"


def _then(frame: Frame, node: Node) -> str:
    left, right = node.parts
    frame.evaluate(left)
    return frame.value(right)


def _truth_of_and(frame: Frame, node: Node) -> str:
    return _truth_of_both(frame, node, "and", "if {}:")


def _truth_of_or(frame: Frame, node: Node) -> str:
    return _truth_of_both(frame, node, "or", "if not {}:")


def _truth_of_both(frame: Frame, node: Node, word: str, header: str) -> str:
    test, branch = frame.truth(node.parts[0]), frame.branch()
    other = branch.truth(node.parts[1])
    if not branch.block.items:
        return f"({test} {word} {other})"
    name = frame.assign(test)
    branch.block.add(f"{name} = {other}")
    frame.put(header.format(name), branch)
    return name


def _truth_of_literal(_: Frame, node: Node) -> str:
    return str(node.kinds == NUMBER or bool(node.value))


EMITTERS: dict[str, Emitter] = {
    "field": _field,
    "index": _index,
    "slice": _slice,
    "list": _list,
    "hash": _hash,
    "compare": _compare,
    "and": _and,
    "or": _or,
    "not": _not,
    "then": _then,
    "expref": lambda _, __: "fail()",
    "truth of and": _truth_of_and,
    "truth of or": _truth_of_or,
    "truth of literal": _truth_of_literal,
}
