"""The page of the record model: every kind, every field, and which processors fill it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runner.authoring.kinds import Kinds
from runner.authoring.reference.markdown import code, fenced, page, table
from runner.authoring.reference.processors import to_processor
from runner.authoring.reference.shape import Node, fields_of, leaves_of
from runner.connector.connector import Connector
from runner.connector.processor import Processor

_INTRO = """What a processor makes is a record: one canonical thing of one company, whatever the partner calls it. Two \
partners' things of a kind have the same fields, in the same units. Beside its fields, which satisfy \
`schemas/records/<kind>.schema.json`, a record has:

{envelope}

A field that is not required may be null, or left out where a partner does not know such a thing. Times are UTC and \
amounts are whole numbers of the smallest unit of their currency everywhere; the [shared types](#shared-types) say more.

The second table of a kind sets its processors side by side: `x` where a processor fills a field from what its partner \
sends."""

_ENVELOPE = (
    ("`kind`", "Which of the kinds below it is."),
    ("`id`", "The partner's id, as text; unique among the records of its kind of one integration."),
    ("`version`", "How new the payload was (UTC), where the partner says so: an older one never overwrites a newer."),
    ("`inactive`", "Whether it ended at the partner. Such records stay, marked: the host archives them."),
    ("`parent`", "The record inside whose payload it came, where it goes when that no longer holds it."),
)
_FILLED = "x"


@dataclass(frozen=True)
class Maker:
    """A processor that makes records of a kind."""

    connector: str
    name: str
    processor: Processor

    def fills(self, field: str) -> bool:
        """Whether it gives a value for the field, or for the whole object that the field is in."""
        known = {name for name, _ in self.processor.fields.flat()}
        known |= {name for name, relation in self.processor.relations.items() if relation.record is not None}
        steps = field.split(".")
        return any(".".join(steps[:depth]) in known for depth in range(1, len(steps) + 1))


def records_page(kinds: Kinds, connectors: Sequence[Connector]) -> str:
    """Every kind in the order of the alphabet, and the types that kinds share."""
    intro = _INTRO.format(envelope=table(("part", "meaning"), _ENVELOPE))
    parts = [part for kind, schema in kinds.schemas.items() for part in _kind(kind, schema, makers(kind, connectors))]
    return page("Records", intro, [*parts, *_shared_types(kinds)])


def makers(kind: str, connectors: Sequence[Connector]) -> list[Maker]:
    """Every processor that makes records of a kind, by connector."""
    return [
        Maker(connector.connector, name, processor)
        for connector in connectors
        for name, processor in connector.processors.items()
        if processor.record == kind
    ]


def matrix(schema: Node, filled_by: Sequence[Maker]) -> str:
    """Fields down, processors across: which processor fills which field."""
    columns = [
        to_processor(maker.name, f"connectors/{maker.connector}.md", f"{maker.connector}.{maker.name}")
        for maker in filled_by
    ]
    rows = [
        ("`version`", *(_FILLED if maker.processor.cursor is not None else "" for maker in filled_by)),
        ("`inactive`", *(_FILLED if "inactive" in maker.processor.when else "" for maker in filled_by)),
    ]
    rows += [(code(name), *(_FILLED if maker.fills(name) else "" for maker in filled_by)) for name in leaves_of(schema)]
    return table(("filled by", *columns), rows)


def _kind(kind: str, schema: Node, filled_by: Sequence[Maker]) -> Iterator[str]:
    yield f"## {kind}"
    yield str(schema.get("description", ""))
    yield _fields(schema)
    yield matrix(schema, filled_by) if filled_by else "No processor makes it."


def _fields(schema: Node) -> str:
    rows = [(code(one.name), one.type, one.unit, one.meaning, one.required) for one in fields_of(schema)]
    return table(("field", "type", "unit", "meaning", "required"), rows)


def _shared_types(kinds: Kinds) -> Iterator[str]:
    """Those of all kinds, which are the same in all."""
    shared = {name: node for schema in kinds.schemas.values() for name, node in schema.get("$defs", {}).items()}
    if shared:
        yield "## Shared types"
    for name, node in sorted(shared.items()):
        yield f"### {name}"
        unit = f" Unit: {node['x-unit']}." if "x-unit" in node else ""
        yield f"{node.get('description', '')}{unit}"
        if node.get("properties"):
            yield _fields(node)
        for example in node.get("examples", ()):
            yield fenced(str(example), "text")
