"""What actions read of their own input to look something up: before they send, or after a try that broke off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runner.connector.action import Action
from runner.connector.connector import Connector
from runner.connector.document import Document, Path
from runner.connector.input import Input
from runner.errors import Finding
from runner.mapping.expression import Expression
from runner.model.words import suggest


def check(connector: Connector, document: Document) -> Iterator[Finding]:
    """Every name that the input does not have: it would be null, and the lookup find nothing, or the wrong thing."""
    for name, action in connector.actions.items():
        for path, rule in _handed(("actions", name), action):
            for read in sorted(rule.reads or ()):
                if not _is_known(read, action.input):
                    yield _finding(document, path, rule, ".".join(read), action)
        for place, rule in enumerate(action.find.same if action.find else ()):
            read_here = sorted(rule.reads or ())
            if read_here and not any(_is_known(read, action.input) for read in read_here):
                path = ("actions", name, "find", "same", place)
                yield _finding(document, path, rule, ".".join(read_here[0]), action)


def _handed(path: Path, action: Action) -> Iterator[tuple[Path, Expression]]:
    for part, block in (("find", action.find), ("before", action.before)):
        for key, rule in (block.hand_over if block else {}).items():
            yield (*path, part, "with", key), rule


def _is_known(read: tuple[str, ...], declared: Mapping[str, Input]) -> bool:
    """Whether a path leads to an input; into an object as far as its fields are declared."""
    if not read or read[0] not in declared:
        return not read
    inner = declared[read[0]].fields
    return inner is None or _is_known(read[1:], inner)


def _finding(document: Document, path: Path, rule: Expression, read: str, action: Action) -> Finding:
    place = rule.place if rule.place.line else document.place(path)
    message = f"`{read}` in `{rule}` is not an input of this action"
    return Finding(place, "unknown-name", message, suggest(read, action.input) or "declare it under `input`")
