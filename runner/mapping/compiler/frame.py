"""Where generated code is being written: the block, the current value, and the names that hold values already.

A scope is a body with a current value of its own: the whole function, or a loop over elements. Within a scope a value
that is used more than once gets a name; a path gets it at the scope's beginning, so that every branch can use it.
"""

from __future__ import annotations

from collections import ChainMap, Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from runner.mapping.compiler.code import Block, Code
from runner.mapping.compiler.graph import Node
from runner.mapping.compiler.kinds import ANY, NULL, NUMBER, OBJECT

Use = tuple[str | Node, ...]
Emitter = Callable[["Frame", Node], str]


@dataclass
class Uses:
    """How often each value is read in a scope, as such or as an object; and how often a list is searched by a key."""

    reads: Counter[Use] = field(default_factory=Counter)
    searches: defaultdict[tuple[Node, ...], list[Node]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def count(cls, nodes: Iterable[Node]) -> Uses:
        uses = cls()
        for node in nodes:
            uses._visit("value", node)
        return uses

    def _visit(self, form: str, node: Node) -> None:
        self.reads[form, node] += 1
        if self.reads[form, node] > 1:
            return
        if form == "object":
            self._visit("value", node)
            return
        found = search_of(node)
        if found:
            self.searches[found[0]].append(found[1])
        for part in node.inputs:
            self._visit("object" if node.operation == "field" else "value", part)


def search_of(node: Node) -> tuple[tuple[Node, ...], Node] | None:
    """What `list[?key == 'text'].value | [0]` searches, as (list, key, value), and the text; None for other nodes."""
    if node.operation != "index" or node.value != 0 or node.base.operation != "filter":
        return None
    source, body, condition = node.base.parts
    if condition.operation != "compare" or condition.value != "eq" or not body.total:
        return None
    key, text = condition.parts
    if key.operation == "literal":
        key, text = text, key
    if text.operation != "literal" or not isinstance(text.value, str) or not key.total:
        return None
    return (source, key, body), text


@dataclass(frozen=True)
class Scope:
    """A body and its current value. `trusted`: what is read by field is an object or empty, or the code may fail."""

    code: Code
    emitters: Mapping[str, Emitter]
    current: str
    uses: Uses
    trusted: bool
    kinds: int


@dataclass(frozen=True)
class Frame:
    """A block of a scope that is being written."""

    scope: Scope
    block: Block
    names: ChainMap[Use, str]
    outermost: Frame | None = None

    @classmethod
    def begin(cls, scope: Scope) -> Frame:
        return cls(scope, Block(), ChainMap())

    @property
    def code(self) -> Code:
        return self.scope.code

    def branch(self) -> Frame:
        """A block inside this one, not yet put in its place."""
        return Frame(self.scope, Block(), self.names.new_child(), self.outermost or self)

    def loop(self, current: str, bodies: Sequence[Node], trusted: bool = True) -> Frame:
        """A scope inside this one, for elements; the last body is what is evaluated first for each."""
        trusted = trusted and self.scope.trusted
        kinds = OBJECT if trusted and reads_field(bodies[-1]) else ANY
        return Frame.begin(Scope(self.code, self.scope.emitters, current, Uses.count(bodies), trusted, kinds))

    def put(self, header: str, inner: Frame) -> None:
        self.block.add(header)
        self.block.add(inner.block)

    def assign(self, value: str) -> str:
        name = self.code.name()
        self.block.add(f"{name} = {value}")
        return name

    def evaluate(self, node: Node) -> str:
        """The name of a node's value, evaluated here."""
        value = self.value(node)
        return value if is_name(value) else self.assign(value)

    def value(self, node: Node) -> str:
        """A Python expression of a node's value."""
        if node.operation == "current":
            return self.scope.current
        if node.operation == "literal":
            return self.code.constant(node.value)
        return self._shared("value", node, self.scope.emitters[node.operation])

    def object(self, node: Node) -> str:
        """An expression of what a field of the node is read from: an object, an empty one in place of other values."""
        return self._shared("object", node, Frame._as_object)

    def used_once(self, node: Node) -> bool:
        return self.scope.uses.reads["value", node] <= 1

    def kinds(self, node: Node) -> int:
        """The node's kinds, with what is known of the current value here."""
        if node.operation == "current":
            return self.scope.kinds
        if node.operation in ("list", "hash") and node.base.operation == "current":
            return node.kinds & (~NULL | self.scope.kinds)
        return node.kinds

    def pair(self, value: str) -> tuple[str, str]:
        """An expression for the first reading of a value, and one for later ones."""
        if is_name(value):
            return value, value
        name = self.code.name()
        return f"({name} := {value})", name

    def either(self, test: str, yes: Callable[[Frame], str], no: str = "None") -> str:
        """`yes` if `test` else `no`; what `yes` needs is evaluated only then."""
        branch = self.branch()
        value = yes(branch)
        if not branch.block.items:
            return f"({value} if {test} else {no})"
        name = self.code.name()
        branch.block.add(f"{name} = {value}")
        self.put(f"if {test}:", branch)
        other = self.branch()
        other.block.add(f"{name} = {no}")
        self.put("else:", other)
        return name

    def truth(self, node: Node) -> str:
        """An expression whose truth in Python is the node's in JMESPath: 0 is true there."""
        logic = self.scope.emitters.get(f"truth of {node.operation}")
        if logic and ("value", node) not in self.names:
            return logic(self, node)
        return self.truth_of(self.value(node), self.kinds(node))

    def truth_of(self, value: str, kinds: int) -> str:
        once, again = self.pair(value) if kinds & NUMBER else (value, value)
        return is_true(once, again, kinds)

    def _shared(self, form: str, node: Node, emitter: Emitter) -> str:
        known = self.names.get((form, node))
        if known is not None:
            return known
        if self.scope.uses.reads[form, node] <= 1:
            return emitter(self, node)
        home = (self.outermost or self) if is_path(node) else self
        value = emitter(home, node)
        name = value if is_name(value) else home.assign(value)
        home.names[form, node] = name
        return name

    def _as_object(self, node: Node) -> str:
        value = self.value(node)
        if self.kinds(node) == OBJECT or (self.scope.trusted and node.operation == "current"):
            return value
        if self.scope.trusted:
            return f"({value} or E)"
        first, again = self.pair(value)
        return f"(E if {first} is None else {again} if isinstance({again}, dict) else as_object({again}))"


def is_true(once: str, again: str, kinds: int) -> str:
    """The test for a value of these kinds: Python's truth but for 0."""
    return f"({once} or ({again} == 0 and {again} is not False))" if kinds & NUMBER else once


def is_name(value: str) -> bool:
    """True for a local's name; a constant (`K1`) is no name, since Python warns of `'text' is None`."""
    return value.isidentifier() and value[0] in "vp"


def reads_field(node: Node) -> bool:
    """True when the evaluation of `node` always reads a field of the current value, and so fails, where values are
    trusted, unless that is an object."""
    if node.operation == "field":
        return node.base.operation == "current" or reads_field(node.base)
    if node.operation in ("and", "or") or node.bodies:
        return node.operation != "expref" and reads_field(node.base)
    if node.operation in ("list", "hash") and node.base.operation != "current":
        return reads_field(node.base)
    return node.value != "not_null" and any(map(reads_field, node.parts))


def is_path(node: Node) -> bool:
    while node.operation in ("field", "index"):
        node = node.base
    return node.operation == "current"
