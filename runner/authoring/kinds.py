"""The kinds of record that the host takes, out of `schemas/records/`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import Finding, Place

_OTHER_WORDS = {
    "attachment": "file",
    "client": "contact",
    "customer": "contact",
    "document": "file",
    "employee": "user",
    "image": "photo",
    "job": "project",
    "member": "user",
    "opportunity": "deal",
    "organization": "company",
    "person": "contact",
    "picture": "photo",
    "property": "location",
    "quote": "estimate",
    "site": "location",
    "technician": "user",
    "visit": "appointment",
}
"""What partners call them, and the kind of record that is."""
SUFFIX = ".schema.json"


@dataclass(frozen=True)
class Kinds:
    """The JSON Schema of each kind. Empty where there is no `schemas/records`: then kinds cannot be checked."""

    schemas: Mapping[str, Mapping[str, Any]]

    def __contains__(self, kind: str) -> bool:
        return kind in self.schemas

    def fields(self, kind: str, path: tuple[str, ...] = ()) -> set[str] | None:
        """The names of the fields of a kind (or inside a field of it); None where any name will do."""
        schema = self.schemas[kind]
        nodes = [schema]
        for step in path:
            inner = [_properties(schema, node) for node in nodes]
            nodes = [found[step] for found in inner if found and step in found]
        names = [_properties(schema, node) for node in nodes]
        known = [found for found in names if found is not None]
        return {name for found in known for name in found} if known else None

    def flaws(self, kind: str, fields: Mapping[str, Any]) -> Iterator[str]:
        """Why a record's fields do not satisfy the schema of their kind, one sentence each."""
        from jsonschema_rs import validator_for

        if kind not in self.schemas:
            return
        for error in validator_for(dict(self.schemas[kind])).iter_errors(dict(fields)):
            where = ".".join(str(step) for step in error.instance_path) or "the record"
            yield f"`{where}` does not satisfy {kind}{SUFFIX}: {error.message}"


def read_kinds(folder: Path) -> Kinds:
    """Every `<kind>.schema.json` of a folder."""
    files = sorted(folder.glob(f"*{SUFFIX}"))
    return Kinds({path.name.removesuffix(SUFFIX): json.loads(path.read_text(encoding="utf-8")) for path in files})


def unknown_kind(place: Place, kind: str, kinds: Kinds) -> Iterator[Finding]:
    """A finding when there is no such kind."""
    from runner.model.words import suggest

    if kinds.schemas and kind not in kinds:
        other = _OTHER_WORDS.get(kind.lower(), "")
        remedy = f"did you mean `{other}`?" if other in kinds else suggest(kind, kinds.schemas)
        yield Finding(place, "unknown-record", f"there is no kind of record `{kind}`", remedy)


def _properties(schema: Mapping[str, Any], node: Mapping[str, Any]) -> dict[str, Any] | None:
    if "$ref" in node:
        name = str(node["$ref"]).removeprefix("#/$defs/")
        return _properties(schema, schema["$defs"][name])
    found = dict(node["properties"]) if "properties" in node else None
    for choice in (*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())):
        inner = _properties(schema, choice)
        if inner:
            found = {**inner, **(found or {})}
    return found
