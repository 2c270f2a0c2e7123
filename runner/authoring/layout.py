"""The one layout of a file: the keys of a block in the order of the language, two spaces a level, single spaces inside
`{}` and `[]`.

Lines are moved and shifted, never written from data: comments, block texts, quotes, and the choice between `{}` and
lines stay the author's. What stands in `{}` keeps its order: it is read as a phrase.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import yaml

from runner.authoring.inline import Uneven, laid_out
from runner.authoring.language import chosen_of, order, step
from runner.components.block import Block

STEP = 2


class Reader(yaml.SafeLoader):
    """Composes nodes; `*name` is a node where it stands, where yaml itself gives the anchor's, with its place."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.get_event()  # type: ignore[no-untyped-call]  # not in the stubs
            return yaml.ScalarNode("alias", f"*{event.anchor}", event.start_mark, event.end_mark)
        return super().compose_node(parent, index)


class Layout:
    """Lays out one text. `data` is what it says, by which the form of a block is known; None: keys stay in place."""

    def __init__(self, text: str, data: Any = None) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.data = data

    def write(self, root: type[Block]) -> str:
        """The whole text anew. Raises Uneven."""
        node = Reader(self.text).get_single_node()
        if not isinstance(node, yaml.MappingNode) or node.flow_style or not node.value:
            raise Uneven("only keys in lines are laid out")
        start = node.value[0][0].start_mark.line  # what stands above is about the file, and stays there
        end = len(self.lines)
        while end and (not self.lines[end - 1].strip() or self.lines[end - 1].startswith("#")):
            end -= 1
        made = self._mapping(node, start, end, 0, root, self.data)
        return "\n".join([*_bare(self.lines[:start]), *made, *_bare(self.lines[end:])]).strip("\n") + "\n"

    def _mapping(self, node: yaml.MappingNode, first: int, last: int, indent: int, here: Any, data: Any) -> list[str]:
        """The lines from `first` to before `last`, which hold this mapping and nothing else, at `indent`."""
        entries: list[tuple[str, list[str]]] = []
        bounds = self._bounds([key for key, _ in node.value], first, last)
        for (key, value), (start, end) in zip(node.value, bounds, strict=True):
            name = str(key.value)
            inner = data.get(name) if isinstance(data, dict) else None
            entries.append((name, self._entry(key, value, (start, end), indent, step(here, name, data), inner)))
        return [line for _, lines in _in_order(entries, here, data) for line in lines]

    def _entry(
        self, key: yaml.Node, value: Any, bounds: tuple[int, int], indent: int, here: Any, data: Any
    ) -> list[str]:
        line, column = key.start_mark.line, key.start_mark.column
        if self.lines[line][:column].strip(" -") or key.end_mark.line != line:
            raise Uneven(f"line {line + 1}: a key in an unusual form")
        by = indent - column
        lead = _shifted(_bare(self.lines[bounds[0] : line]), by)
        head = " " * indent + self.lines[line][column : key.end_mark.column] + ":"
        if isinstance(value, yaml.CollectionNode) and not value.flow_style:
            head += self._rest_of(line, self.lines[line].index(":", key.end_mark.column) + 1)
            return [*lead, head, *self._block(value, (line + 1, bounds[1]), indent + STEP, here, data)]
        if value.start_mark.line == line and value.end_mark != value.start_mark:
            head += " " + self._first_line(value)
        else:
            head += self._rest_of(line, self.lines[line].index(":", key.end_mark.column) + 1)
        return [*lead, head, *self._more(value, line, bounds[1], by, indent)]

    def _block(self, value: Any, bounds: tuple[int, int], indent: int, here: Any, data: Any) -> list[str]:
        if isinstance(value, yaml.MappingNode):
            return self._mapping(value, *bounds, indent, here, data)
        made: list[str] = []
        for index, (item, inner) in enumerate(zip(value.value, self._bounds(value.value, *bounds), strict=True)):
            said = data[index] if isinstance(data, list) else None
            made += self._item(item, inner, indent, step(here, index, data), said)
        return made

    def _item(self, item: Any, bounds: tuple[int, int], indent: int, here: Any, data: Any) -> list[str]:
        line, column = item.start_mark.line, item.start_mark.column
        before = self.lines[line][:column]
        if before.strip() != "-":
            raise Uneven(f"line {line + 1}: an item in an unusual form")
        lead = _shifted(_bare(self.lines[bounds[0] : line]), indent - before.index("-"))
        if isinstance(item, yaml.CollectionNode) and not item.flow_style:
            if not isinstance(item, yaml.MappingNode) or item.value[0][0].start_mark.column != column:
                raise Uneven(f"line {line + 1}: an item in an unusual form")
            inner = self._mapping(item, line, bounds[1], indent + STEP, here, data)
            if not inner[0].strip() or inner[0].lstrip().startswith("#"):
                raise Uneven(f"line {line + 1}: a comment would follow the dash")
            return [*lead, f"{' ' * indent}- {inner[0].lstrip()}", *inner[1:]]
        more = self._more(item, line, bounds[1], indent + STEP - column, indent)
        return [*lead, f"{' ' * indent}- {self._first_line(item)}", *more]

    def _first_line(self, value: yaml.Node) -> str:
        """What stands on a value's first line, with its comment."""
        line = value.start_mark.line
        if value.end_mark.line != line:
            text = self.lines[line][value.start_mark.column :]
            return text.rstrip()
        return laid_out(value, self.lines[line]) + self._rest_of(line, value.end_mark.column)

    def _rest_of(self, line: int, column: int) -> str:
        """A comment at the end of a line, with the spaces before it: those there are, at least two. Or an anchor."""
        rest = self.lines[line][column:]
        if not rest.strip():
            return ""
        gap = len(rest) - len(rest.lstrip())
        return (" " * max(2, gap) if rest.lstrip().startswith("#") else " ") + rest.strip()

    def _more(self, value: yaml.Node, line: int, last: int, by: int, indent: int) -> list[str]:
        """The lines of a value after its first. A block text stands one level in, and keeps the spaces at its ends."""
        rest = self.lines[line + 1 : last]
        if not isinstance(value, yaml.ScalarNode) or value.style not in ("|", ">"):
            return _shifted(_bare(rest), by)
        header = self.lines[line][value.start_mark.column :].partition("#")[0]
        own = next((len(text) - len(text.lstrip(" ")) for text in rest if text.strip()), None)
        return _shifted(rest, by if own is None or any(map(str.isdigit, header)) else indent + STEP - own)

    def _bounds(self, nodes: Sequence[yaml.Node], first: int, last: int) -> list[tuple[int, int]]:
        """The lines of each entry or item, with the comments and blank lines above it."""
        firsts = [first]
        for before, node in pairwise(nodes):
            firsts.append(self._above(node.start_mark.line, before.start_mark.line + 1, node.start_mark.column))
        return list(zip(firsts, [*firsts[1:], last], strict=True))

    def _above(self, line: int, least: int, column: int) -> int:
        """The first of the blank lines and comments right above `line`; a comment further in belongs to what is
        above it."""
        while line > least:
            text = self.lines[line - 1]
            if text.strip() and not (text.lstrip().startswith("#") and len(text) - len(text.lstrip()) <= column):
                break
            line -= 1
        return line


def _in_order(entries: list[tuple[str, list[str]]], here: Any, data: Any) -> list[tuple[str, list[str]]]:
    """The entries of a known block in the order of the language; those of other mappings as they are."""
    block = chosen_of(here, data)
    if data is None or not (isinstance(block, type) and issubclass(block, Block)):
        return entries
    ranks = {key: rank for rank, key in enumerate(order(block))}
    return sorted(entries, key=lambda entry: ranks.get(entry[0], len(ranks)))


def _shifted(lines: Sequence[str], by: int) -> list[str]:
    """Lines moved right, or left as far as they have room."""
    made = []
    for line in lines:
        text = line.lstrip(" ")
        made.append(" " * max(0, len(line) - len(text) + by) + text if text else "")
    return made


def _bare(lines: Sequence[str]) -> list[str]:
    return [line.rstrip() for line in lines]
