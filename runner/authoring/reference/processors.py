"""A processor as Markdown: what it makes of which payload, and every expression with its meaning."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.kinds import Kinds
from runner.authoring.reference.markdown import anchor, code, link, table
from runner.authoring.reference.shape import Node, find
from runner.connector.processor import Processor
from runner.connector.relation import Relation

_MEANINGS = {
    "should_process": "When false, the payload is left out.",
    "valid": "When false, the payload is quarantined.",
    "inactive": "When true, the record is marked inactive, so that the host archives it.",
}
_OTHER = "Told beside the record."


def heading(name: str) -> str:
    """The heading of a processor's section."""
    return f"Processor {code(name)}"


def to_processor(name: str, page: str = "", text: str = "") -> str:
    """A link to a processor's section, of the same page and with its name unless others are given."""
    return link(text or code(name), f"{page}#{anchor(heading(name))}")


def to_kind(kind: str, kinds: Kinds) -> str:
    """A link from a connector's page to a kind of record, where kinds are known."""
    return link(kind, f"../records.md#{kind}") if kind in kinds else kind


def section(name: str, processor: Processor, kinds: Kinds) -> Iterator[str]:
    """The parts of a processor's section, all but its examples."""
    schema = kinds.schemas.get(processor.record, {})
    yield f"### {heading(name)}"
    yield " ".join(_summary(processor, kinds))
    yield field_table(processor, schema)
    if processor.relations:
        yield relation_table(processor, schema, kinds)
    if processor.when:
        rows = [(code(rule), code(test), _MEANINGS.get(rule, _OTHER)) for rule, test in processor.when.items()]
        yield table(("predicate", "expression", "meaning"), rows)
    if processor.errors is not None:
        yield _error_answer(processor)
    if (gone := processor.deletes) is not None:
        known = f"id {code(gone.id)}" if gone.id else f"{code(gone.field)} {code(gone.value)}"
        below = ", and all below it" if gone.below else ""
        yield f"Payloads with {code(gone.when)} say that the {to_kind(gone.record, kinds)} with {known}{below} is gone."


def field_table(processor: Processor, schema: Node) -> str:
    """A row a field, objects by the fields in them; the meaning is that of the schema of the kind."""
    rows = [(code(name), *_known(schema, name), code(rule)) for name, rule in processor.fields.flat()]
    return table(("field", "meaning", "required", "expression"), rows)


def relation_table(processor: Processor, schema: Node, kinds: Kinds) -> str:
    """A row a relation: records inside the payload, and fields that name other records by id."""
    rows = [
        (code(name), _leads_to(relation, kinds), *_known(schema if relation.record else {}, name), _read_by(relation))
        for name, relation in processor.relations.items()
    ]
    return table(("relation", "leads to", "meaning", "required", "expression"), rows)


def _summary(processor: Processor, kinds: Kinds) -> Iterator[str]:
    if processor.title:
        yield f"{processor.title}."
    yield f"Becomes a record of the kind {to_kind(processor.record, kinds)}; its id is {code(processor.id)}."
    if processor.cursor is None:
        yield "The payload does not say how new it is."
    else:
        yield f"How new it is: {code(processor.cursor)}; an older payload never overwrites a newer record."


def _known(schema: Node, name: str) -> tuple[str, str]:
    """The meaning of a field, and whether it is required; both empty for what the kind does not know."""
    found = find(schema, name)
    return (found.meaning, found.required) if found else ("", "")


def _leads_to(relation: Relation, kinds: Kinds) -> str:
    if relation.processor is None:
        several = "several of the kind" if relation.ids is not None else "one of the kind"
        return f"{several} {to_kind(relation.record or '', kinds)}"
    gone = "; those that are gone become inactive" if relation.owned else ""
    return f"records from inside, by {to_processor(relation.processor)}{gone}"


def _read_by(relation: Relation) -> str:
    rule = relation.each or relation.id or relation.ids
    down = ", ".join(f"{code(f'parent.{name}')}: {code(value)}" for name, value in relation.hand_down.items())
    return f"{code(rule)}, handed down {down}" if down else code(rule)


def _error_answer(processor: Processor) -> str:
    rule = processor.errors
    parts = [("code", rule.code), ("message", rule.message)] if rule else []
    told = "; ".join(f"{word}: {code(path)}" for word, path in parts if path is not None)
    when = code(rule.when) if rule else ""
    return f"An error answer in its place is known by {when}{f' ({told})' if told else ''}."
