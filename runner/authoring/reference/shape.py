"""What the JSON Schema of a kind of record says of its fields, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.authoring.reference.markdown import codes, link

Node = Mapping[str, Any]

_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
}
ONE_OF_THESE = "one of these"


@dataclass(frozen=True)
class RecordField:
    """One field of a kind. `name` is dotted (`address.city`), with `[]` for what stands in a list. `type` is Markdown
    with links to the shared types (`#money`); `unit` is empty for what has none; `required` is `yes`, `one of these`
    or empty."""

    name: str
    type: str
    unit: str
    meaning: str
    required: str


def fields_of(schema: Node) -> Iterator[RecordField]:
    """Every field of a kind in the schema's order, those of its own objects after them; what is inside a shared type
    is told where the type is."""
    yield from _fields(schema, schema, "")


def leaves_of(schema: Node) -> Iterator[str]:
    """The dotted names that a processor can fill: fields, and in place of an object those inside it."""
    for name, node in schema.get("properties", {}).items():
        inner = _target(schema, node).get("properties", {})
        yield from (f"{name}.{part}" for part in inner) if inner else (name,)


def find(schema: Node, dotted: str, owner: Node | None = None) -> RecordField | None:
    """The field of that dotted name, inside a shared type too, by the last of its names; None when there is none.
    `owner` is where to look, the schema itself when left out."""
    here = schema if owner is None else owner
    name, _, rest = dotted.partition(".")
    node = here.get("properties", {}).get(name)
    if node is None:
        return None
    return find(schema, rest, _target(schema, node)) if rest else _field(schema, node, name, required(here, name))


def required(schema: Node, name: str) -> str:
    """Whether a field must be there: `yes`, `one of these`, or empty."""
    if name in schema.get("required", ()):
        return "yes"
    return ONE_OF_THESE if any(name in choice.get("required", ()) for choice in schema.get("anyOf", ())) else ""


def _fields(schema: Node, owner: Node, prefix: str) -> Iterator[RecordField]:
    for name, node in owner.get("properties", {}).items():
        yield _field(schema, node, prefix + name, required(owner, name))
        core = _core(node)
        if "properties" in core.get("items", {}):
            yield from _fields(schema, core["items"], f"{prefix}{name}[].")
        elif "properties" in core:
            yield from _fields(schema, core, f"{prefix}{name}.")


def _field(schema: Node, node: Node, name: str, needed: str) -> RecordField:
    inside = _core(node).get("items", node)
    unit = node.get("x-unit") or _target(schema, inside).get("x-unit", "")
    return RecordField(name, _type(node), unit, node.get("description", ""), needed)


def _type(node: Node) -> str:
    core = _core(node)
    if "$ref" in core:
        name = _name_of(core)
        return link(name, f"#{name}")
    if "enum" in core:
        return codes(word for word in core["enum"] if word is not None)
    given = core.get("type", "anything")
    first = given if isinstance(given, str) else next(word for word in given if word != "null")
    if first == "array":
        return f"list of {_type(core.get('items', {}))}"
    by_name = core.get("additionalProperties")
    return f"{_type(by_name)} by name" if isinstance(by_name, Mapping) else _WORDS.get(first, first)


def _target(schema: Node, node: Node) -> Node:
    """What a field holds when it is not null, behind a reference too."""
    core = _core(node)
    return schema.get("$defs", {}).get(_name_of(core), {}) if "$ref" in core else core


def _core(node: Node) -> Node:
    choices = [choice for choice in node.get("anyOf", ()) if choice.get("type") != "null"]
    return choices[0] if choices else node


def _name_of(node: Node) -> str:
    return str(node["$ref"]).rpartition("/")[2]
