"""A YAML file as plain data, with the place of every key and value.

Only YAML's core schema is read, and less of it where it surprises: `NO`, `on`, `12:30:00`, `0123` and `2026-05-04` stay
the text that they look like. A key given twice, a tag, and aliases that multiply are refused.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from runner.connector.spots import split_lines, spots
from runner.connector.syntax import explain_syntax, quote_template, strange_key, template_at, undecoded
from runner.errors import ConnectorError, Finding, Place
from runner.model.text import Scalar

Path = tuple[Any, ...]
MOST_NODES = 100_000
DEEPEST = 50
SUSPICIOUS = 10_000

MOST_DIGITS = 100

_CUT = re.compile(r"[ \t]+(#[^\s#].*)")
_STR = "tag:yaml.org,2002:str"
_WORDS = {
    **dict.fromkeys(("~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
_PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str", "map", "seq")}


class _Loader(yaml.CSafeLoader):
    """libyaml's parser with no implicit types of its own: `_scalar` decides."""


_Loader.yaml_implicit_resolvers = {}


@dataclass
class Document:
    """`data` as plain dicts, lists, numbers and `Scalar` texts; `keys` and `values` give places by path.

    `cuts` are the comments without a space after their `#` that end a plain text: their places and what they say.
    """

    file: str
    data: Any = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    cuts: list[tuple[Place, str]] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """The place of the value at `path`, or of the nearest thing around it that exists."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Place(self.file))

    def key_place(self, path: Path) -> Place:
        return self.keys.get(path) or self.place(path)


def read(text: str, file: str) -> Document:
    """Parse `text`; raises ConnectorError with the findings that make it unreadable."""
    lines = split_lines(text)
    broken = undecoded(text, file)
    if broken:
        raise ConnectorError([broken])
    builder = _Builder(Document(file), lines)
    try:
        _refuse_depth(text, file)
        node = _Loader(text).get_single_node()
    except yaml.YAMLError as error:
        raise ConnectorError([explain_syntax(error, text, lines, file)]) from None
    if node is None:
        raise ConnectorError(
            [Finding(Place(file, 1, 1), "bad-yaml", "the file is empty", "`runner new` writes a first one")]
        )
    builder.document.data = builder.build(node, ())
    if builder.findings:
        raise ConnectorError(builder.findings)
    return builder.document


def _refuse_depth(text: str, file: str) -> None:
    """libyaml builds its nodes by recursion in C: a hundred thousand brackets would end the process."""
    if sum(text.count(opener) for opener in ("[", "{", "- ", ": ", "? ")) < SUSPICIOUS:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            mark = event.start_mark
            raise ConnectorError([_too_large(Place(file, mark.line + 1, mark.column + 1) if mark else Place(file))])


def _too_large(place: Place) -> Finding:
    what = f"more than {MOST_NODES} values or {DEEPEST} levels, aliases counted"
    return Finding(place, "too-large", what, "split the file, or use fewer aliases")


class _Builder:
    def __init__(self, document: Document, lines: list[str]) -> None:
        self.document = document
        self.lines = lines
        self.findings: list[Finding] = []
        self.count = 0

    def build(self, node: yaml.Node, path: Path) -> Any:
        place = self._place(node)
        self.document.values[path] = place
        self.count += 1
        if self.count > MOST_NODES or len(path) > DEEPEST:
            raise ConnectorError([_too_large(place)])
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, place) if isinstance(node, yaml.ScalarNode) else None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            wrong = self._no_key(key_node, made, path)
            if wrong:
                self.findings.append(wrong)
                continue
            key = str(key_node.value)
            self.document.keys[(*path, key)] = self._place(key_node)
            made[key] = self.build(value_node, (*path, key))
        return made

    def _no_key(self, node: yaml.Node, made: dict[str, Any], path: Path) -> Finding | None:
        """Why a node is no key of a mapping."""
        place = self._place(node)
        if not isinstance(node, yaml.ScalarNode):
            return self._complex_key(node)
        key = str(node.value)
        if key in made:
            remedy = f"the first is on line {self.document.keys[(*path, key)].line}; keep one"
            return Finding(place, "duplicate-key", f"`{key}` is given twice", remedy)
        if key == "<<" and not node.style:
            remedy = "use `groups` or `extends` of processors, or repeat the keys"
            return Finding(place, "bad-yaml", "YAML's merge key `<<` is not read here", remedy)
        blank = strange_key(key)
        return Finding(place, "bad-yaml", f"{blank} in the indentation", "indent with spaces") if blank else None

    def _complex_key(self, node: yaml.Node) -> Finding:
        """`{{ x }}` without quotes is a mapping in a mapping for YAML."""
        line, column = node.start_mark.line, node.start_mark.column
        found = template_at(self.lines[line], column)
        if found is None:
            return Finding(self._place(node), "bad-yaml", "a key must be a plain text", "put the key in quotes")
        return Finding(Place(self.document.file, line + 1, found[0] + 1), "bad-yaml", *quote_template(found[1]))

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:
        if node.tag not in _PLAIN_TAGS and node.tag != "!":
            what = f"the tag {node.tag} is not known here"
            self.findings.append(
                Finding(place, "bad-yaml", what, "nothing executes from YAML: write a plain value, or quote the `!`")
            )
            return None
        if not node.style and node.tag == _STR:
            value = _core(str(node.value))
            if isinstance(value, int | float) and not _fits(value):
                what = "this number is too large for JSON"
                self.findings.append(Finding(place, "wrong-value", what, "put it in quotes if it is a text"))
                return None
            if not isinstance(value, str):
                return value
        if not node.style:
            self._cut(node)
        if node.style == "|":
            return Scalar(node.value, place, self._indent(node))
        shift = 1 if node.style in ("'", '"') else 0
        start = Place(place.file, place.line, place.column + shift)
        return Scalar(node.value, start, spots=self._spots(node, shift))

    def _cut(self, node: yaml.ScalarNode) -> None:
        line, column = node.end_mark.line, node.end_mark.column
        found = _CUT.match(self.lines[line], column) if line < len(self.lines) else None
        if found:
            place = Place(self.document.file, line + 1, found.start(1) + 1)
            self.document.cuts.append((place, found[1].strip()))

    def _spots(self, node: yaml.ScalarNode, shift: int) -> tuple[tuple[int, int], ...] | None:
        """The places of the characters, where they do not simply follow each other on one line."""
        start = (node.start_mark.line, node.start_mark.column)
        end = (node.end_mark.line, node.end_mark.column)
        if start[0] == end[0] and end[1] - start[1] == len(node.value) + 2 * shift:
            return None
        if node.style == ">":
            start = (start[0] + 1, 0)
        return spots(node.value, self.lines, start, end, node.style)

    def _indent(self, node: yaml.ScalarNode) -> int:
        for line in self.lines[node.start_mark.line + 1 : node.end_mark.line + 1]:
            if line.strip():
                return len(line) - len(line.lstrip(" ")) + 1
        return 1

    def _place(self, node: yaml.Node) -> Place:
        return Place(self.document.file, node.start_mark.line + 1, node.start_mark.column + 1)


def _core(text: str) -> Any:
    if not text or text in _WORDS:
        return _WORDS.get(text)
    if text[0] not in "+-0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) < MOST_DIGITS else float("inf")
    return float(text) if _FLOAT.fullmatch(text) else text


def _fits(value: float) -> bool:
    return -(2**63) <= value < 2**64 if isinstance(value, int) else math.isfinite(value)


def value_at(data: Any, path: Path) -> Any:
    """The value at a path of plain data; None where there is none."""
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data
