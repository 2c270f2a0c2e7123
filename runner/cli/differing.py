"""What `runner replay events --dry-run` prints: the records that would not stay as they are, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from runner.authoring.report import counted
from runner.cli.output import table
from runner.engine.webhooks.compare import Comparison, Difference

SHOWN = 40
"""The longest value of a table."""


def plain(found: Comparison) -> dict[str, Any]:
    """As JSON values."""
    return asdict(found) | {"left_out": dict(found.left_out)}


def lines(found: Comparison) -> Iterator[str]:
    """For people: the differences, what would be refused, and the sum."""
    if found.differences:
        yield from table([_row(one) for one in found.differences], ("record", "field", "stored", "made", "event"))
        yield ""
    for refused in found.refused:
        yield f"refused: {refused.type} {refused.event_id}: {refused.reason}"
    for reason, count in found.left_out.most_common():
        yield f"left out: {counted(count, 'event')}: {reason}"
    if found.unheld and not found.compared:
        unheld = counted(found.unheld, "event")
        yield f"nothing could be compared: {unheld} hold no payload, only what it is of (--fetch asks the partner)"
        return
    yield (
        f"{counted(found.events, 'event')}: {counted(found.changed, 'record')} would change, {found.same} would not"
        + (f", {found.older} are known in a newer form" if found.older else "")
        + (f"; {len(found.refused)} refused" if found.refused else "")
        + (f"; {found.unheld} hold no payload (--fetch asks the partner)" if found.unheld else "")
    )


def _row(one: Difference) -> dict[str, str]:
    return {
        "record": f"{one.kind} {one.external_id}",
        "field": one.field,
        "stored": _short(one.stored),
        "made": _short(one.made),
        "event": one.event_id,
    }


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
