"""`{...}` and `[...]` on one line: single spaces, the author's order."""

from __future__ import annotations

import yaml


class Uneven(Exception):
    """The text uses a form that is not laid out here (`? key`, a list in a list); the message says where."""


def laid_out(node: yaml.Node, line: str) -> str:
    """A flow collection anew, or any other node as it stands on its line."""
    if not isinstance(node, yaml.CollectionNode) or not node.flow_style:
        return line[node.start_mark.column : node.end_mark.column]
    opening, closing = "{}" if isinstance(node, yaml.MappingNode) else "[]"
    anchor = line[node.start_mark.column :].partition(opening)[0]
    return f"{anchor}{opening}{', '.join(_parts(node, line))}{closing}"


def _parts(node: yaml.CollectionNode, line: str) -> list[str]:
    if isinstance(node, yaml.SequenceNode):
        return [laid_out(item, line) for item in node.value]
    return [_pair(key, value, line) for key, value in node.value]


def _pair(key: yaml.Node, value: yaml.Node, line: str) -> str:
    written = line[key.start_mark.column : key.end_mark.column]
    if not isinstance(key, yaml.ScalarNode) or line[: key.start_mark.column].rstrip().endswith("?"):
        raise Uneven(f"line {key.start_mark.line + 1}: a key in an unusual form")
    said = laid_out(value, line)
    return f"{written}: {said}" if said else f"{written}:"
