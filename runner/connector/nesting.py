"""The names in a record must be apart from each other, and records inside records must come to an end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.connector.connector import Connector
from runner.connector.document import Document
from runner.connector.processor import Processor
from runner.connector.relation import Relation
from runner.errors import Finding

RESERVED = ("id", "kind", "connector", "inactive", "links")
_SELECTING = {
    *("subexpression", "index_expression", "projection", "flatten", "filter_projection", "value_projection", "slice"),
    *("field", "index", "current", "identity", "pipe", "or_expression", "and_expression"),
}


def check(connector: Connector, document: Document) -> Iterator[Finding]:
    """Every clash of names, and every circle of relations without an end."""
    for name, processor in connector.processors.items():
        yield from _clashes(name, processor, document)
    yield from _circles(connector, document)


def _clashes(name: str, processor: Processor, document: Document) -> Iterator[Finding]:
    for part, names in (("fields", processor.fields.parts), ("relations", processor.relations)):
        for word in names:
            path = ("processors", name, part, word)
            if word in RESERVED:
                message = f"`{word}` is what delivery rules call something else of every record"
                remedy = f"choose another name than {', '.join(RESERVED)}"
                yield Finding(document.key_place(path), "reserved-name", message, remedy)
            elif part == "relations" and word in processor.fields.parts and processor.relations[word].each is None:
                message = f"`{word}` is a field of this processor already"
                yield Finding(document.key_place(path), "duplicate-name", message, "give the relation another name")


def _circles(connector: Connector, document: Document) -> Iterator[Finding]:
    """A circle ends when each of its steps only selects from the payload, and one of them goes deeper."""
    edges = {
        name: [(relation, part) for relation, part in processor.relations.items() if part.each is not None]
        for name, processor in connector.processors.items()
    }
    for start in edges:
        for circle in _walk(edges, start, [], start):
            if min(step[0] for step in circle) != start or _ends([part for _, _, part in circle]):
                continue
            names = " -> ".join([*(step[0] for step in circle), start])
            place = document.key_place(("processors", start, "relations", circle[0][1]))
            message = f"these relations can go round without an end: {names}"
            remedy = "let `each` go deeper into the payload, by its keys alone, or take one of them out"
            yield Finding(place, "endless-relation", message, remedy)


Step = tuple[str, str, Relation]


def _walk(
    edges: dict[str, list[tuple[str, Relation]]], start: str, so_far: list[Step], here: str
) -> Iterator[list[Step]]:
    for relation, part in edges.get(here, ()):
        steps = [*so_far, (here, relation, part)]
        if part.processor == start:
            yield steps
        elif part.processor is not None and part.processor not in [step[0] for step in steps]:
            yield from _walk(edges, start, steps, part.processor)


def _ends(circle: list[Relation]) -> bool:
    trees = [dict(part.each.tree.parsed) for part in circle if part.each is not None]
    return all(_selects(tree) for tree in trees) and any(_goes_deeper(tree) for tree in trees)


def _selects(tree: dict[str, Any]) -> bool:
    """Whether the value is a part of the payload itself, and not of `parent`."""
    if tree["type"] == "filter_projection":
        return all(_selects(child) for child in tree["children"][:2])
    if tree["type"] not in _SELECTING or (tree["type"] == "field" and tree["value"] == "parent"):
        return False
    return all(_selects(child) for child in tree["children"] if isinstance(child, dict))


def _goes_deeper(tree: dict[str, Any]) -> bool:
    if tree["type"] in ("field", "index"):
        return True
    children = [child for child in tree["children"] if isinstance(child, dict)]
    if tree["type"] in ("or_expression", "and_expression"):
        return all(_goes_deeper(child) for child in children)
    if tree["type"] == "filter_projection":
        return True
    return tree["type"] in ("projection", "value_projection") or any(_goes_deeper(child) for child in children)
