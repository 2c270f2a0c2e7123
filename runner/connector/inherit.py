"""What is declared once: groups of fields, and processors that extend another. Both are unfolded in the plain data,
before anything is built of it, so that nothing behind the loader knows of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.connector.document import Document, Path
from runner.errors import Finding
from runner.mapping.mistakes import mistakes
from runner.model.text import Scalar, place_of
from runner.model.words import suggest

Plain = dict[str, Any]

_PIPE = " | "
_READING = ("id", "cursor", "when", "fields", "errors")
_RELATION_READING = ("each", "id", "ids", "with")
_DELETES_READING = ("when", "id", "value")
_STAND_IN: Plain = {"record": "unknown", "id": "@", "fields": {}}
"""For a base that is not there: one mistake is one finding."""


def unfold(document: Document) -> list[Finding]:
    """Put groups and extended processors in the place of their names; returns the findings of those that fail."""
    data = document.data
    processors = data.get("processors") if isinstance(data, dict) else None
    if not isinstance(processors, dict):
        return []
    work = _Unfolding(document, data.get("groups"), processors)
    made = {name: work.processor(name) for name in processors}
    data["processors"] = {name: one for name, one in made.items() if name not in work.bases}
    return work.findings


class _Unfolding:
    def __init__(self, document: Document, groups: Any, processors: Plain) -> None:
        self.document = document
        self.groups: Plain = groups if isinstance(groups, dict) else {}
        self.processors = processors
        self.findings: list[Finding] = []
        self.done: dict[str, Any] = {}
        self.under_way: list[str] = []
        self.bases: set[str] = set()
        """Abstract processors that others extend; one that nothing extends is checked like any other."""

    def processor(self, name: str) -> Any:
        if name not in self.done:
            self.under_way.append(name)
            self.done[name] = self._unfolded(name)
            self.under_way.pop()
        return self.done[name]

    def _unfolded(self, name: str) -> Any:
        own = self.processors[name]
        if not isinstance(own, dict):
            return own
        made = dict(own)
        if isinstance(own.get("fields"), dict):
            made["fields"] = self._fields(own["fields"], ("processors", name, "fields"))
        of = own.get("of")
        if "extends" not in own:
            if of is not None:
                message = "`of` says what an extended processor reads, and none is extended"
                self._find(("processors", name, "of"), "unknown-field", message, "name one in `extends`, or remove it")
            return made
        base = self._base(name, own["extends"])
        if not isinstance(base, dict):
            return merge(_STAND_IN, made)
        if isinstance(of, str) and not any(mistakes(of)):  # a bad one is one finding, at `of` itself
            base = _rebased(base, of)
        return merge(base, made)

    def _base(self, name: str, extends: Any) -> Any:
        path = ("processors", name, "extends")
        if not isinstance(extends, str):
            return None
        if extends not in self.processors:
            message = f"there is no processor `{extends}`"
            self._find(
                path, "unknown-processor", message, suggest(extends, [key for key in self.processors if key != name])
            )
            return None
        if extends in self.under_way:
            chain = " -> ".join([*self.under_way, extends])
            self._find(path, "circular-extends", f"these processors extend each other: {chain}", "let one stand alone")
            return None
        base = self.processor(extends)
        if isinstance(base, dict) and base.get("abstract") is True:
            self.bases.add(extends)
            return {key: part for key, part in base.items() if key != "abstract"}
        return base

    def _fields(self, fields: Plain, path: Path) -> Plain:
        """The names of a mapping, at any depth; those of its group first, so that its own replace them."""
        own = dict(self._parts(fields, path))
        if "group" not in fields:
            return own
        group = self._group(fields["group"], fields.get("of"), path)
        return merge(group, {name: part for name, part in own.items() if name not in ("group", "of")})

    def _parts(self, fields: Plain, path: Path) -> Iterator[tuple[str, Any]]:
        for name, part in fields.items():
            yield name, self._fields(part, (*path, name)) if isinstance(part, dict) else part

    def _group(self, name: Any, of: Any, path: Path) -> Plain:
        group = self.groups.get(name) if isinstance(name, str) else None
        if not isinstance(group, dict):
            message = f"there is no group `{name}`"
            self._find((*path, "group"), "unknown-group", message, suggest(str(name), self.groups))
            return {}
        return _of(group, of) if isinstance(of, str) else dict(group)

    def _find(self, path: Path, code: str, message: str, remedy: str) -> None:
        self.findings.append(Finding(self.document.place(path), code, message, remedy))


def _rebased(base: Plain, of: str) -> Plain:
    """A processor that reads what `of` gives in place of the payload."""
    made = {**base, **_of({key: base[key] for key in _READING if key in base}, of)}
    if isinstance(base.get("deletes"), dict):
        made["deletes"] = _rebased_part(base["deletes"], of, _DELETES_READING)
    relations = base.get("relations")
    if isinstance(relations, dict):
        made["relations"] = {
            name: _rebased_part(relation, of, _RELATION_READING) for name, relation in relations.items()
        }
    return made


def _rebased_part(part: Any, of: str, reading: tuple[str, ...]) -> Any:
    if not isinstance(part, dict):
        return part
    return {**part, **_of({key: part[key] for key in reading if key in part}, of)}


def _of(group: Mapping[str, Any], of: str) -> Plain:
    """A group's expressions, each reading what `of` gives: JMESPath's pipe binds weakest, so texts may be joined."""
    made: Plain = {}
    for name, part in group.items():
        if isinstance(part, dict):
            made[name] = _of(part, of)
        else:
            made[name] = _piped(of, part) if isinstance(part, str) else part
    return made


def _piped(of: str, part: str) -> Scalar:
    """Both texts in one, every character still with its own place."""
    places = [*(place_of(of, offset) for offset in range(len(of))), *[place_of(of, len(of))] * len(_PIPE)]
    places += [place_of(part, offset) for offset in range(len(part))]
    return Scalar(f"{of}{_PIPE}{part}", place_of(of), spots=tuple((place.line, place.column) for place in places))


def merge(base: Plain, own: Plain) -> Plain:
    """`own` over `base`: mappings are merged name by name, a null takes a name away, all else replaces."""
    made = dict(base)
    for name, value in own.items():
        known = made.get(name)
        if value is None:
            made.pop(name, None)
        else:
            made[name] = merge(known if isinstance(known, dict) else {}, value) if isinstance(value, dict) else value
    return made
