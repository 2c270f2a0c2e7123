"""How projections, filters and flattening are written: one loop for a chain of them, left early where nothing can fail.

`sink` writes what is done with each value that comes out of the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runner.mapping.compiler.frame import Emitter, Frame, Use, is_name, is_path, reads_field
from runner.mapping.compiler.graph import Node
from runner.mapping.compiler.kinds import ARRAY, NULL, OBJECT

Sink = Callable[[Frame, str], None]
_LOOPS = ("project", "filter")
_FEW = 4


def _collect(frame: Frame, node: Node) -> str:
    out = frame.code.name()
    return _gather(frame, node, out, lambda inner, value: inner.block.add(f"{out}.append({value})"))


def _flatten(frame: Frame, node: Node) -> str:
    out = frame.code.name()

    def extend(inner: Frame, value: str) -> None:
        nested, single = inner.branch(), inner.branch()
        nested.block.add(f"{out}.extend({value})")
        single.block.add(f"{out}.append({value})")
        inner.put(f"if isinstance({value}, list):", nested)
        inner.put("else:", single)

    return _gather(frame, node, out, extend)


def _gather(frame: Frame, node: Node, out: str, sink: Sink) -> str:
    """A list of what `sink` puts into `out`; null when there is nothing to walk over."""
    source, chain = _chain(frame, node)
    walks_values = bool(chain) and chain[0].operation == "project_values"
    value, kinds = frame.value(source), frame.kinds(source)
    if kinds == (OBJECT if walks_values else ARRAY):
        _fill(frame, value, chain, out, sink)
        return out
    name = value if is_name(value) else frame.assign(value)
    found, missing = frame.branch(), frame.branch()
    _fill(found, name, chain, out, sink)
    missing.block.add(f"{out} = None")
    test = "hasattr({}, 'values')" if walks_values else _is_list(kinds)
    frame.put(f"if {test.format(name)}:", found)
    frame.put("else:", missing)
    return out


def _is_list(kinds: int) -> str:
    return "{} is not None" if kinds & ~NULL == ARRAY else "isinstance({}, list)"


def _chain(frame: Frame, node: Node) -> tuple[Node, list[Node]]:
    """The list that a chain of projections walks over, and the chain, innermost first."""
    if node.operation == "flatten":
        node = node.base
        if not (node.operation in (*_LOOPS, "project_values") and frame.used_once(node)):
            return node, []
    chain = [node]
    while chain[-1].operation in _LOOPS and frame.used_once(chain[-1].base):
        base = chain[-1].base
        if base.operation not in (*_LOOPS, "project_values"):
            break
        chain.append(base)
    return chain[-1].base, chain[::-1]


def _fill(frame: Frame, source: str, chain: Sequence[Node], out: str, sink: Sink) -> None:
    frame.block.add(f"{out} = []")
    if chain and chain[0].operation == "project_values":
        source = f"{source}.values()"
    _walk(frame, source, chain, sink)


def _walk(frame: Frame, source: str, chain: Sequence[Node], sink: Sink) -> None:
    element = frame.code.name()
    if chain:
        inner = _enter(frame, element, chain[0])
        _step(inner, chain, sink)
    else:
        inner = frame.branch()
        sink(inner, element)
    frame.put(f"for {element} in {source}:", inner)


def _enter(frame: Frame, element: str, node: Node) -> Frame:
    return frame.loop(element, node.parts[1:], trusted=node.operation != "project_values")


def _step(frame: Frame, chain: Sequence[Node], sink: Sink) -> None:
    """What the first of the chain does with the current element, and with what it makes, all the others."""
    node, *rest = chain
    test = frame.truth(node.parts[2]) if node.operation == "filter" else None
    inner = frame.branch() if test else frame
    value = inner.evaluate(node.parts[1])
    deepest = inner.branch() if inner.kinds(node.parts[1]) & NULL else inner
    if rest:
        following = _enter(deepest, value, rest[0])
        _step(following, rest, sink)
        deepest.block.items.extend(following.block.items)
    else:
        sink(deepest, value)
    if deepest is not inner:
        inner.put(f"if {value} is not None:", deepest)
    if inner is not frame:
        frame.put(f"if {test}:", inner)


def first(frame: Frame, node: Node) -> str:
    """The first that a chain of projections gives, or null; for chains in which nothing can fail."""
    out = frame.assign("None")

    def leave(inner: Frame, value: str) -> None:
        inner.block.add(f"{out} = {value}")
        inner.block.add("break")

    source, chain = _chain(frame, node)
    if chain[0].operation == "project_values":
        once, again = frame.pair(frame.value(source))
        items = f"({again}.values() if hasattr({once}, 'values') else ())"
    else:
        items = _items(frame, source, chain[0].parts[-1])
    _walk(frame, items, chain, leave)
    return out


def _items(frame: Frame, source: Node, body: Node) -> str:
    """What to walk over where the elements of a list, or none, are wanted; `body` is evaluated first for each."""
    value, kinds = frame.value(source), frame.kinds(source)
    if kinds == ARRAY:
        return value
    if kinds & ~NULL == ARRAY or (frame.scope.trusted and reads_field(body)):
        return f"({value} or ())"  # what is in a text or an object is no object: to read a field of it fails
    once, again = frame.pair(value)
    return f"({again} if isinstance({once}, list) else ())"


def search(frame: Frame, key: tuple[Node, ...], text: Node) -> str:
    """`list[?key == 'text'].value | [0]` by one pass over the list for all texts that it is searched for."""
    texts = frame.scope.uses.searches[key]
    found: Use = ("search", *key, text) if len(texts) <= _FEW else ("search", *key)
    if found not in frame.names:
        home = (frame.outermost or frame) if is_path(key[0]) else frame
        _search(home, key, texts if len(texts) <= _FEW else ())
    name = frame.names[found]
    return name if len(texts) <= _FEW else f"{name}.get({frame.code.constant(text.value)})"


def _search(frame: Frame, key: tuple[Node, ...], texts: Sequence[Node]) -> None:
    """The pass: into a name for each of a few texts, into a table for many."""
    source, label, body = key
    for text in texts:
        frame.names["search", *key, text] = frame.assign("None")
    if not texts:
        frame.names["search", *key] = frame.assign("{}")
    items, element = _items(frame, source, label), frame.code.name()
    loop = frame.loop(element, (body, label))
    known, word = loop.evaluate(label), "if"
    for text in texts:
        name, inner = frame.names["search", *key, text], loop.branch()
        inner.block.add(f"if {name} is None: {name} = {inner.value(body)}")
        loop.put(f"{word} {known} == {loop.code.constant(text.value)}:", inner)
        word = "elif"
    if not texts:
        _remember(loop, frame.names["search", *key], known, body)
    frame.put(f"for {element} in {items}:", loop)


def _remember(frame: Frame, table: str, known: str, body: Node) -> None:
    new = frame.branch()
    value = new.evaluate(body)
    new.block.add(f"if {value} is not None: {table}[{known}] = {value}")
    frame.put(f"if {known} not in {table}:", new)


def elements(frame: Frame, source: str, body: Node) -> str:
    """A list of the body's value for each element, null or not, as `map()` and the keys of `sort_by()` need it."""
    out, element = frame.assign("[]"), frame.code.name()
    inner = frame.loop(element, (body,))
    inner.block.add(f"{out}.append({inner.value(body)})")
    frame.put(f"for {element} in {source}:", inner)
    return out


EMITTERS: dict[str, Emitter] = {
    "project": _collect,
    "filter": _collect,
    "project_values": _collect,
    "flatten": _flatten,
}
