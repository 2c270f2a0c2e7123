"""What `runner sync --dry-run` prints: what a run would come to, record by record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from runner.cli.output import table
from runner.engine.syncs.preview import Preview

SHOWN = 40
"""The longest value of a table."""
MOST = 200
"""The most lines of each sort; `--json` has all."""


def plain(found: Preview) -> dict[str, Any]:
    """As JSON values."""
    told = asdict(found)
    told["changed"] = [
        {**one, "fields": {name: {"stored": old, "made": new} for name, (old, new) in one["fields"].items()}}
        for one in told["changed"]
    ]
    told["deleted"] = [{"kind": kind, "external_id": external_id} for kind, external_id in found.deleted]
    return told


def lines(found: Preview) -> Iterator[str]:
    """For people: what would be made, changed field by field, deleted and quarantined, and the sum."""
    rows = [_row("create", one.kind, one.external_id) for one in found.created]
    for one in found.changed:
        rows += [_row("change", one.kind, one.external_id, name, *values) for name, values in one.fields.items()]
    rows += [_row("delete", kind, external_id) for kind, external_id in found.deleted]
    yield from _some(rows)
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


def _some(rows: Sequence[dict[str, str]]) -> Iterator[str]:
    if rows:
        yield from table(rows[:MOST], ("would", "record", "field", "stored", "made"))
        if len(rows) > MOST:
            yield f"... and {len(rows) - MOST} more lines (--json has all)"
        yield ""


def _row(would: str, kind: str, external_id: str, name: str = "", *values: Any) -> dict[str, str]:
    stored, made = map(_short, values) if values else ("", "")
    return {"would": would, "record": f"{kind} {external_id}", "field": name, "stored": stored, "made": made}


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
