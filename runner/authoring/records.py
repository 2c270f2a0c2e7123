"""Whether processors make records of kinds that exist, with fields that exist."""

from __future__ import annotations

from collections.abc import Iterator

from runner.authoring.kinds import Kinds, unknown_kind
from runner.connector.connector import Connector
from runner.connector.document import Document
from runner.connector.processor import Processor
from runner.connector.reaction import Delete, Fetch
from runner.errors import Finding
from runner.model.words import suggest


def check(connector: Connector, document: Document, kinds: Kinds) -> Iterator[Finding]:
    """Every kind and field that `schemas/records` does not know."""
    if not kinds.schemas:
        return
    yield from _reactions(connector, document, kinds)
    for name, processor in connector.processors.items():
        yield from unknown_kind(document.place(("processors", name, "record")), processor.record, kinds)
        yield from _relations(name, processor, document, kinds)
        if (gone := processor.deletes) is not None:
            path = ("processors", name, "deletes")
            yield from unknown_kind(document.place((*path, "record")), gone.record, kinds)
            if gone.field is not None and gone.record in kinds:
                yield from _field(document, (*path, "field"), gone.record, (gone.field,), kinds)
        if processor.record in kinds:
            yield from _fields(name, processor, document, kinds)


def _reactions(connector: Connector, document: Document, kinds: Kinds) -> Iterator[Finding]:
    """The kinds that events say are gone: of another kind, nothing would ever be deleted."""
    for pattern, reaction in (connector.webhooks.on if connector.webhooks else {}).items():
        path = ("webhooks", "on", pattern)
        if isinstance(reaction, Delete):
            yield from unknown_kind(document.place((*path, "record")), reaction.record, kinds)
        elif isinstance(reaction, Fetch) and reaction.gone is not None:
            yield from unknown_kind(document.place((*path, "gone", "record")), reaction.gone.record, kinds)


def _relations(name: str, processor: Processor, document: Document, kinds: Kinds) -> Iterator[Finding]:
    for relation, declared in processor.relations.items():
        path = ("processors", name, "relations", relation)
        if declared.record is None:
            continue
        yield from unknown_kind(document.place((*path, "record")), declared.record, kinds)
        if processor.record in kinds:
            yield from _field(document, path, processor.record, (relation,), kinds)


def _fields(name: str, processor: Processor, document: Document, kinds: Kinds) -> Iterator[Finding]:
    told: set[tuple[str, ...]] = set()
    for dotted, _ in processor.fields.flat():
        steps = tuple(dotted.split("."))
        for depth in range(1, len(steps) + 1):
            if steps[:depth] in told:
                continue
            told.add(steps[:depth])
            path = ("processors", name, "fields", *steps[:depth])
            yield from _field(document, path, processor.record, steps[:depth], kinds)


def _field(
    document: Document, path: tuple[str, ...], kind: str, steps: tuple[str, ...], kinds: Kinds
) -> Iterator[Finding]:
    known = kinds.fields(kind, steps[:-1])
    if known is not None and steps[-1] not in known:
        message = f"a record of kind {kind} has no field `{'.'.join(steps)}`"
        yield Finding(document.key_place(path), "unknown-record-field", message, suggest(steps[-1], known))
