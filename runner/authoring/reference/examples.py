"""A processor's examples as Markdown: one in full, in and out, and a line for each of the others."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.authoring.cases import Case
from runner.authoring.folders import Folders
from runner.authoring.reference.markdown import code, fenced, link, table

TYPICAL = "typical"


def examples(connector: str, processor: str, cases: Sequence[Case], folders: Folders) -> Iterator[str]:
    """The parts: the typical case (else the first) with what the snapshot pins of it; the other cases in a table."""
    if not cases:
        wanted = folders.examples / connector / f"{processor}.{TYPICAL}.json"
        yield f"There is no example yet: put a payload of the partner's at `{wanted.as_posix()}`."
        return
    shown = next((case for case in cases if case.name == TYPICAL), cases[0])
    yield from _in_full(shown, folders)
    rows = [(_linked(case.path, case.name, folders), _told(case, folders)) for case in cases if case is not shown]
    if rows:
        yield f"Other cases:\n\n{table(('case', 'what comes of it'), rows)}"


def outcome(pinned: Mapping[str, Any]) -> str:
    """What a snapshot says came of a payload, in one line."""
    if "skipped" in pinned:
        return f"left out: {code(pinned['skipped'])}"
    if "gone" in pinned:
        return _of_deletion(pinned["gone"])
    if "error" in pinned:
        words = (code(pinned["error"].get(part)) for part in ("code", "message"))
        return "an error answer: " + (" ".join(word for word in words if word) or "without code or message")
    if "record" not in pinned:
        return "quarantined: " + "; ".join(code(flaw["message"]) for flaw in pinned.get("flaws", ()))
    return ", ".join(_of_record(pinned))


def _of_deletion(gone: Mapping[str, Any]) -> str:
    field = code(gone["field"]) if "field" in gone else "id"
    below = " and all below it" if gone.get("below") else ""
    return f"the {gone['kind']} with the {field} {code(gone['value'])}{below} is gone"


def _of_record(pinned: Mapping[str, Any]) -> Iterator[str]:
    record = pinned["record"]
    yield f"{record['kind']} {code(record['id'])}"
    if record.get("inactive"):
        yield "inactive"
    inside = sum(1 for _ in _records_inside(pinned))
    if inside:
        yield f"with {inside} record{'s' * (inside > 1)} from inside it"
    for flaw in pinned.get("flaws", ()):
        yield f"{code(flaw['part'])} is null: {code(flaw['message'])}"


def _records_inside(pinned: Mapping[str, Any]) -> Iterator[Any]:
    for inner in pinned.get("nested", ()):
        yield from (inner["record"],) if "record" in inner else ()
        yield from _records_inside(inner)


def _in_full(case: Case, folders: Folders) -> Iterator[str]:
    yield f"Example, {_linked(case.path, case.name, folders)}:"
    yield fenced(case.path.read_text(encoding="utf-8"), "json")
    path = _snapshot(case, folders)
    if path.exists():
        yield f"It {_linked(path, 'becomes', folders)}:"
        yield fenced(path.read_text(encoding="utf-8"), "json")
    else:
        yield _not_pinned(case)


def _told(case: Case, folders: Folders) -> str:
    path = _snapshot(case, folders)
    return outcome(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else _not_pinned(case)


def _not_pinned(case: Case) -> str:
    return f"What comes of it is not pinned yet: `runner test {case.connector} --update`."


def _snapshot(case: Case, folders: Folders) -> Path:
    return folders.snapshots / f"{case.id}.json"


def _linked(path: Path, text: str, folders: Folders) -> str:
    """A link to a file as seen from a connector's page."""
    return link(text, Path(os.path.relpath(path, folders.reference / "connectors")).as_posix())
