"""What an integration must be given: of the fields that a connector declares, those that its way in reads."""

from __future__ import annotations

from typing import Literal

from runner.components.block import Block, parts
from runner.connector.connector import Connector
from runner.connector.field import Field
from runner.mapping.template import Template


def wanted(connector: Connector, section: Literal["app", "settings"], way: str | None) -> dict[str, Field]:
    """The fields of `app` or `settings` that are asked for where `way` is picked.

    Left out is what only other ways of a choice read. SettingsError when there is no such way.
    """
    own = _read(connector.auth.chosen(way), section)
    ways = [_read(option, section) for option in connector.auth.options.values()]
    theirs = set().union(*ways) - own
    elsewhere = _read_elsewhere(connector, section) if theirs else set()
    fields: dict[str, Field] = getattr(connector, section)
    return {name: field for name, field in fields.items() if name not in theirs or name in elsewhere}


def names_in(block: Block) -> set[tuple[str, ...]]:
    """The dotted names of two parts or more that the templates of a block read."""
    return {name for _, part in parts(block) for name in _names(part) if len(name) > 1}


def _read(block: Block, section: str) -> set[str]:
    return {name[1] for name in names_in(block) if name[0] == section}


def _read_elsewhere(connector: Connector, section: str) -> set[str]:
    outside = (part for path, part in parts(connector) if path[:2] != ("auth", "ways"))
    return {name[1] for part in outside for name in _names(part) if name[0] == section and len(name) > 1}


def _names(part: object) -> frozenset[tuple[str, ...]]:
    return part.names if isinstance(part, Template) else frozenset()
