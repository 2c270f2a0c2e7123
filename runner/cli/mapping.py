"""How `runner map` shows outcomes: JSON for programs and pipes, a table of reasons for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from runner.authoring import explanation, outcome
from runner.authoring.explanation import Explained
from runner.connector.processor import Find, Processor
from runner.model.record import Processed

_WIDEST = 60


def explained_lines(explained: Sequence[Explained]) -> Iterator[str]:
    """Every part on one line with its value, below it the reason of a null, and where the expression is."""
    width = max(len(one.part) for one in explained)
    for one in explained:
        yield f"{one.part.ljust(width)}  {_shown(one.value)}"
        yield f"{'':{width}}    {_short(one.expression)}{'   ' + one.place if one.place else ''}"
        if one.why:
            yield f"{'':{width}}    because {one.why}"


def explained_json(explained: Sequence[Explained]) -> list[dict[str, Any]]:
    """The same as plain JSON."""
    return [
        {"part": one.part, "expression": one.expression, "place": one.place, "value": one.value, "why": one.why}
        for one in explained
    ]


def _shown(value: Any) -> str:
    return _short(json.dumps(value, ensure_ascii=False))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST else line[: _WIDEST - 3] + "..."


def shown(
    processor: Processor, find: Find, made: Sequence[tuple[Any, Processed]], *, explain: bool, as_json: bool
) -> Iterator[str]:
    """The lines that tell of payloads and their outcomes: as one JSON value, or explained."""
    if as_json or not explain:
        told = [_told(processor, find, payload, processed, explain) for payload, processed in made]
        yield json.dumps(told[0] if len(told) == 1 else told, indent=2, ensure_ascii=False)
        return
    for payload, processed in made:
        yield f"outcome: {outcome.of(processed)}"
        for one in outcome.every(processed):
            yield from (f"{'quarantined' if flaw.fatal else 'warning'}: {flaw}" for flaw in one.flaws)
        yield from explained_lines(explanation.explain(processor, payload, find))


def line(processor: Processor, find: Find, payload: Any, processed: Processed, explain: bool) -> str:
    """One payload's outcome as JSON on one line."""
    told = _told(processor, find, payload, processed, explain)
    try:
        return orjson.dumps(told).decode()
    except TypeError:  # a sum beyond 64 bits, or a half surrogate out of a function
        return json.dumps(told)


def _told(processor: Processor, find: Find, payload: Any, processed: Processed, explain: bool) -> dict[str, Any]:
    told = outcome.plain(processed)
    return told | {"explained": explained_json(explanation.explain(processor, payload, find))} if explain else told
