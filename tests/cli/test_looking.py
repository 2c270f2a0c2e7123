from __future__ import annotations

from datetime import UTC, datetime

import orjson

from runner.cli.looking import quarantined_lines
from runner.model.record import Flaw
from runner.service.record_shapes import QuarantinedShape
from runner.store.quarantine import Quarantined

AT = datetime(2026, 5, 4, 15, 20, tzinfo=UTC)
FLAW = Flaw("job", "total", "a.yaml:3:5: needs array, got null", "a.yaml:3:5", "sum(x)", "7", True, "acme", "null")
BAD = Quarantined(17, "int-1", "job", "7", {"name": "personal"}, (FLAW,), 3, AT, AT)


def test_a_quarantined_payload_is_told_with_every_reason() -> None:
    assert quarantined_lines(QuarantinedShape.of(BAD)) == [
        "17  int-1  job 7  (2026-05-04 15:20, 3 times)",
        "    a.yaml:3:5: acme job of 7: `total`: needs array, got null",
    ]


def test_as_json_a_reason_has_all_its_parts() -> None:
    shown = orjson.loads(QuarantinedShape.of(BAD).model_dump_json())
    assert shown["reasons"] == [
        {
            "connector": "acme",
            "processor": "job",
            "part": "total",
            "place": "a.yaml:3:5",
            "expression": "sum(x)",
            "got": "null",
            "external_id": "7",
            "fatal": True,
            "message": "needs array, got null",
        }
    ]


def test_the_payload_itself_is_not_shown() -> None:
    assert "personal" not in QuarantinedShape.of(BAD).model_dump_json()
