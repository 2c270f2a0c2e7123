from __future__ import annotations

import json
from typing import Any

import pytest

from runner.authoring.cases import cases
from runner.authoring.folders import Folders
from runner.authoring.reference.examples import examples, outcome

RECORD = {"kind": "project", "id": "7", "inactive": False}


def pin(bench: Folders, name: str, made: dict[str, Any]) -> None:
    path = bench.snapshots / "acme" / f"job.{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made), encoding="utf-8")


def told(bench: Folders) -> str:
    return "\n\n".join(examples("acme", "job", cases(bench), bench))


def test_typical_case_is_shown_in_and_out(bench: Folders) -> None:
    (bench.examples / "acme" / "job.other.json").write_text('{"id": 8}', encoding="utf-8")
    pin(bench, "typical", {"record": RECORD})
    pin(bench, "other", {"record": RECORD | {"inactive": True}})
    text = told(bench)
    payload = (bench.examples / "acme" / "job.typical.json").read_text(encoding="utf-8").strip()
    assert f"Example, [typical](../../../connectors/examples/acme/job.typical.json):\n\n```json\n{payload}\n```" in text
    assert '[becomes](../../../tests/snapshots/acme/job.typical.json):\n\n```json\n{"record"' in text
    assert "| [other](../../../connectors/examples/acme/job.other.json) | project `7`, inactive |" in text


def test_example_without_snapshot_says_how_to_pin_it(bench: Folders) -> None:
    assert "not pinned yet: `runner test acme --update`" in told(bench)


def test_no_example_says_where_to_put_one(bench: Folders) -> None:
    (bench.examples / "acme" / "job.typical.json").unlink()
    assert told(bench).endswith("connectors/examples/acme/job.typical.json`.")


@pytest.mark.parametrize(
    ("pinned", "line"),
    [
        ({"record": RECORD}, "project `7`"),
        (
            {"record": RECORD, "nested": [{"record": RECORD, "nested": [{"record": RECORD}, {"skipped": "x"}]}]},
            "project `7`, with 2 records from inside it",
        ),
        (
            {"record": RECORD, "flaws": [{"part": "fields.total", "message": "no number"}]},
            "project `7`, `fields.total` is null: `no number`",
        ),
        ({"skipped": "should_process is false: isLead"}, "left out: `should_process is false: isLead`"),
        ({"gone": {"kind": "payment", "value": "181"}}, "the payment with the id `181` is gone"),
        (
            {"gone": {"kind": "file", "field": "path", "value": "/a", "below": True}},
            "the file with the `path` `/a` and all below it is gone",
        ),
        ({"error": {"code": "NOT_FOUND", "message": None}}, "an error answer: `NOT_FOUND`"),
        ({"error": {"code": None, "message": None}}, "an error answer: without code or message"),
        ({"flaws": [{"message": "no id"}, {"message": "no name"}]}, "quarantined: `no id`; `no name`"),
    ],
)
def test_outcome_is_one_line(pinned: dict[str, Any], line: str) -> None:
    assert outcome(pinned) == line
