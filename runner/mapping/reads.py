"""What an expression reads of its data, found in its syntax tree: so that nobody decodes the rest for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jmespath.parser import ParsedResult

Path = tuple[str, ...]

_LEFT_FIRST = frozenset({"subexpression", "index_expression", "projection", "value_projection", "filter_projection"})
_LEFT_FIRST |= {"flatten", "pipe"}
_ALL = frozenset({"or_expression", "and_expression", "not_expression", "comparator", "multi_select_list"})
_ALL |= {"multi_select_dict", "key_val_pair", "function_expression", "expref"}


def reads(tree: ParsedResult) -> frozenset[Path] | None:
    """Paths of names such that the expression gives the same for any data that have the same there. None: it may look
    at the data as a whole."""
    found = frozenset(_reads(dict(tree.parsed)))
    return None if () in found else found


def list_path(tree: ParsedResult) -> tuple[Path, bool] | None:
    """Where the list is that the expression gives, provided that there is one with something in it, and whether nulls
    in it are left out: `a.b`, `a.b[*]`, `` a.b || `[]` ``, `@`. None for an expression that does more."""
    node: dict[str, Any] = dict(tree.parsed)
    if node["type"] == "or_expression":
        node = node["children"][0]
    path = _names(node)
    if path is not None:
        return path, False
    return _projected(node, ())


def _projected(node: dict[str, Any], before: Path) -> tuple[Path, bool] | None:
    """`a[*]`, or `a.b[*]`, in which the projection is the last part."""
    children = node["children"]
    if node["type"] == "subexpression":
        around = [_names(child) for child in children[:-1]]
        if any(path is None for path in around):
            return None
        return _projected(children[-1], sum((path for path in around if path), before))
    if node["type"] == "projection" and children[1]["type"] == "identity":
        path = _names(children[0])
        return (before + path, True) if path is not None else None
    return None


def _names(node: dict[str, Any]) -> Path | None:
    """The names of `a.b.c`, none for `@`; None for anything else."""
    if node["type"] == "field":
        return (node["value"],)
    if node["type"] in ("identity", "current"):
        return ()
    if node["type"] != "subexpression":
        return None
    parts = [_names(child) for child in node["children"]]
    return sum((part for part in parts if part is not None), ()) if None not in parts else None


def _reads(node: dict[str, Any]) -> Iterator[Path]:
    path = _names(node)
    if path is not None:
        yield path
    elif node["type"] == "subexpression":
        yield from _reads_in_turn(node["children"])
    elif node["type"] in _LEFT_FIRST:  # what stands on the right reads what the left gives
        yield from _reads(node["children"][0])
    elif node["type"] in _ALL:
        for child in node["children"]:
            yield from _reads(child)
    elif node["type"] != "literal":
        yield ()


def _reads_in_turn(parts: list[dict[str, Any]]) -> Iterator[Path]:
    """Each part reads what the one before it gives."""
    path: Path = ()
    for part in parts:
        names = _names(part)
        if names is None:
            yield from (path + inner for inner in _reads(part))
            return
        path += names
