"""What a processor made of a payload, as plain JSON: what `runner map` prints and what snapshots pin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from runner.authoring.kinds import Kinds
from runner.connector.connector import Connector
from runner.model.record import Flaw, Processed, Record


def of(processed: Processed) -> str:
    """One word: `record`, `skipped`, `gone`, `error` or `quarantined`."""
    if processed.record is not None:
        return "record"
    if processed.skipped is not None:
        return "skipped"
    if processed.gone is not None:
        return "gone"
    return "error" if processed.error is not None else "quarantined"


def process(connector: Connector, processor: str, payload: Any) -> Processed:
    """The outcome of one payload by a connector's processor, which the caller knows to exist."""
    return connector.process(processor, payload)


def plain(processed: Processed, *, places: bool = True) -> dict[str, Any]:
    """The outcome as JSON values. Without `places` no line of the YAML shows, so that moving lines changes nothing."""
    made: dict[str, Any] = {"outcome": of(processed)}
    if processed.record is not None:
        made["record"] = _record(processed.record)
    if processed.skipped is not None:
        made["skipped"] = processed.skipped
    if processed.gone is not None:
        made["gone"] = {name: value for name, value in asdict(processed.gone).items() if value not in (None, False)}
    if processed.error is not None:
        made["error"] = processed.error
    if processed.predicates:
        made["predicates"] = dict(processed.predicates)
    if processed.flaws:
        made["flaws"] = [_flaw(flaw, places) for flaw in processed.flaws]
    if processed.nested:
        made["nested"] = [plain(inner, places=places) for inner in processed.nested]
    return made


def every(processed: Processed) -> Iterator[Processed]:
    """The outcome and those of all records nested in it."""
    yield processed
    for inner in processed.nested:
        yield from every(inner)


def unfit(processed: Processed, kinds: Kinds) -> list[str]:
    """Where records, nested ones too, do not satisfy the schema of their kind."""
    records = [inner.record for inner in every(processed) if inner.record is not None]
    return [
        f"{record.kind} {record.external_id}: {flaw}"
        for record in records
        for flaw in kinds.flaws(record.kind, record.fields)
    ]


def _record(record: Record) -> dict[str, Any]:
    made: dict[str, Any] = {
        "kind": record.kind,
        "id": record.external_id,
        "version": record.version,
        "inactive": record.inactive,
        "fields": record.fields,
    }
    return made | ({"parent": record.parent} if record.parent is not None else {})


def _flaw(flaw: Flaw, places: bool) -> dict[str, Any]:
    made: dict[str, Any] = {
        "processor": flaw.processor,
        "part": flaw.part,
        "message": flaw.reason,
        "expression": flaw.expression,
    }
    if places:
        more: dict[str, Any] = {
            "place": flaw.place,
            "got": flaw.got,
            "connector": flaw.connector,
            "id": flaw.external_id,
        }
        more["warning"] = not flaw.fatal
        made |= {name: value for name, value in more.items() if value}
    return made
