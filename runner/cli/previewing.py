"""What `runner sync --dry-run` prints: what a run would come to, record by record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from itertools import islice
from textwrap import indent
from typing import Any

from runner.cli.output import table
from runner.engine.syncs.preview import Changed, Preview, Refused
from runner.model.record import Record
from runner.store.record_table import Key

SHOWN = 40
"""The longest value of a table."""
MOST = 200
"""The most lines of each sort; `--json` has all."""


def dumped(found: Sequence[Preview]) -> Iterator[str]:
    """As a JSON text, in pieces: what is found may be much."""
    for number, one in enumerate(found):
        yield "[\n  {" if number == 0 else ",\n  {"
        for place, field in enumerate(fields(one)):
            yield f"{',' if place else ''}\n    {json.dumps(field.name)}: "
            yield from _value(getattr(one, field.name))
        yield "\n  }"
    yield "\n]" if found else "[]"


def _value(value: Any) -> Iterator[str]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        yield json.dumps(value, ensure_ascii=False)
        return
    number = -1
    for number, one in enumerate(value):
        yield "[\n" if number == 0 else ",\n"
        yield indent(json.dumps(plain(one), indent=2, ensure_ascii=False, default=str), " " * 6)
    yield "[]" if number < 0 else "\n    ]"


def plain(one: Record | Changed | Refused | Key) -> dict[str, Any]:
    """One thing that is found, as JSON values."""
    if isinstance(one, tuple):
        return {"kind": one[0], "external_id": one[1]}
    told = asdict(one)
    if isinstance(one, Changed):
        told["fields"] = {name: {"stored": old, "made": new} for name, (old, new) in one.fields.items()}
    return told


def lines(found: Preview) -> Iterator[str]:
    """For people: what would be made, changed field by field, deleted and quarantined, and the sum."""
    yield from _some(_rows(found))
    for refused in found.quarantined[:MOST]:
        yield f"quarantine  {refused.processor} {refused.external_id or 'without an id'}"
        yield from (f"    {reason}" for reason in refused.reasons)
    if found.doubt:
        yield f"not deleted: {found.doubt}"
    parts = [
        (len(found.created), "would be created"),
        (len(found.changed), "changed"),
        (found.unchanged, "stay as they are"),
        (found.stale, "are known in a newer form"),
        (len(found.deleted), "would be deleted"),
        (len(found.quarantined), "quarantined"),
        (found.skipped, "left out on purpose"),
    ]
    what = ", ".join(f"{count} {words}" for count, words in parts if count) or "nothing came"
    kind = "full pass" if found.full else "since the checkpoint"
    yield f"{found.sync} ({kind}): {found.seen} payloads in {found.pages} pages: {what}. Nothing was written."


def _rows(found: Preview) -> Iterator[dict[str, str]]:
    for made in found.created:
        yield _row("create", made.kind, made.external_id)
    for one in found.changed:
        yield from (_row("change", one.kind, one.external_id, name, *values) for name, values in one.fields.items())
    for kind, external_id in found.deleted:
        yield _row("delete", kind, external_id)


def _some(rows: Iterator[dict[str, str]]) -> Iterator[str]:
    shown = list(islice(rows, MOST))
    if shown:
        yield from table(shown, ("would", "record", "field", "stored", "made"))
        more = sum(1 for _ in rows)
        if more:
            yield f"... and {more} more lines (--json has all)"
        yield ""


def _row(would: str, kind: str, external_id: str, name: str = "", *values: Any) -> dict[str, str]:
    stored, made = map(_short, values) if values else ("", "")
    return {"would": would, "record": f"{kind} {external_id}", "field": name, "stored": stored, "made": made}


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
