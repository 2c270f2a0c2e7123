"""Lays a file out, and proves that it still says the same before anybody writes it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from runner.authoring.inline import Uneven
from runner.authoring.layout import Layout
from runner.components.block import Block
from runner.connector.document import read
from runner.errors import ConnectorError, Finding, Place


def formatted(text: str, file: str, root: type[Block]) -> str:
    """The text in the one layout, saying the same.

    Raises ConnectorError when it is no YAML that the runner reads, or has a form that cannot be laid out safely.
    """
    data = read(text, file).data
    why = "it would not say the same"
    for known in (data, None):
        try:
            made = Layout(text, known).write(root)
        except Uneven as error:
            why = str(error)
            continue
        if _same(text, made, data):
            return made
    remedy = "write it in the plain form: `key: value`, `- item`"
    raise ConnectorError([Finding(Place(file, 1, 1), "unformatted", f"the file stays as it is: {why}", remedy)])


def _same(text: str, made: str, data: Any) -> bool:
    """Whether both say the same, comments included."""
    try:
        return bool(read(made, "").data == data) and _comments(text) == _comments(made)
    except ConnectorError:
        return False


def _comments(text: str) -> Counter[str]:
    """What follows each `#`, in texts as in comments: one that is lost or doubled shows."""
    return Counter("".join(line[line.index("#") :].split()) for line in text.split("\n") if "#" in line)
