"""Whether what a delivery rule reads is there: fields of its record and of included ones, and its links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.authoring.kinds import Kinds
from runner.connector.delivery_rule import DeliveryRule
from runner.connector.document import Document, Path
from runner.errors import Finding, Place
from runner.mapping.expression import Expression
from runner.model.words import suggest

IDENTITY = ("id", "kind", "connector", "inactive")
"""What is read beside the fields."""
NEIGHBOUR = ("id", "inactive")
"""What is read of an included record beside its fields."""


def unread(rule: DeliveryRule, path: Path, document: Document, kinds: Kinds) -> Iterator[Finding]:
    """Every name that would be null whatever comes: nothing would be written, or all records let through."""
    known = kinds.fields(rule.record) if rule.record in kinds else None
    if known is None:
        return
    for where, place, reads in _read(rule, path, document):
        for read in sorted(reads):
            if (flaw := _flaw(rule, read, known, kinds)) is not None:
                message, step, words = flaw
                there = place if place.line else document.place(where)
                yield Finding(there, "unknown-record-field", message, suggest(step, words) or "leave it out")


def _read(rule: DeliveryRule, path: Path, document: Document) -> Iterator[tuple[Path, Place, Iterable[Path]]]:
    """Where something is read, and the paths that are."""
    for where, expression in _expressions(rule):
        yield (*path, *where), expression.place, expression.reads or ()
    for name, template in rule.write.items():
        yield (*path, "write", name), document.place((*path, "write", name)), template.names


def _expressions(rule: DeliveryRule) -> Iterator[tuple[Path, Expression]]:
    if rule.when is not None:
        yield ("when",), rule.when
    for dotted, expression in rule.input.flat():
        yield ("input", *dotted.split(".")), expression
    for name, expression in rule.after.items():
        yield ("after", name), expression
    for name, linked in rule.links.items():
        yield ("links", name, "id"), linked.id


def _flaw(rule: DeliveryRule, read: Path, known: set[str], kinds: Kinds) -> tuple[str, str, Iterable[str]] | None:
    """What is wrong with a path, the step that leads nowhere, and what it could be; None when nothing is."""
    first, *rest = (str(step) for step in read)
    if first == "links":
        wrong = bool(rest) and rest[0] not in rule.links
        return (f"this rule has no link `{rest[0]}`", rest[0], rule.links) if wrong else None
    if first in rule.include:
        return _inside(rule.include[first].record, rest, kinds, NEIGHBOUR)
    if first in IDENTITY:
        return None
    if first not in known:
        return f"a record of kind {rule.record} has no field `{first}`", first, [*known, *rule.include, "links"]
    return _inside(rule.record, [first, *rest], kinds, ())


def _inside(kind: str, steps: list[str], kinds: Kinds, beside: Iterable[str]) -> tuple[str, str, Iterable[str]] | None:
    if not steps or kind not in kinds or steps[0] in beside:
        return None
    for depth, step in enumerate(steps):
        known = kinds.fields(kind, tuple(steps[:depth]))
        if known is None:
            return None
        if step not in known:
            return f"a record of kind {kind} has no field `{'.'.join(steps[: depth + 1])}`", step, known
    return None
