from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from runner.connector.deletes import Deletes
from runner.connector.document import read
from runner.connector.inherit import unfold
from runner.connector.processor import Processor
from runner.model.record import Deletion


def processor(**more: Any) -> Processor:
    return Processor.model_validate({"record": "payment", "id": "Id", "fields": {"amount": "TotalAmt"}} | more)


PAYMENT = processor(
    cursor="MetaData.LastUpdatedTime", deletes={"when": "status == 'Deleted'", "record": "payment", "id": "Id"}
)
ENTRY = processor(
    deletes={
        "when": "\".tag\" == 'deleted'",
        "record": "file",
        "field": "path_key",
        "value": "path_lower",
        "below": True,
    }
)


def outcome(made: Processor, payload: Any) -> Any:
    return made.process(payload, "made", lambda name: made)


def test_a_payload_says_that_its_record_is_gone() -> None:
    told = {"Id": "7", "status": "Deleted", "MetaData": {"LastUpdatedTime": "2026-03-04T10:00:00-07:00"}}
    made = outcome(PAYMENT, told)
    assert made.gone == Deletion("payment", "7", version="2026-03-04T17:00:00.000000Z")
    assert made.record is None
    assert not made.quarantined
    assert PAYMENT.explain(told, "made", lambda name: PAYMENT) == made


def test_it_needs_no_cursor_and_no_id_of_its_own() -> None:
    assert outcome(PAYMENT, {"Id": "7", "status": "Deleted"}).gone == Deletion("payment", "7")
    gone = outcome(ENTRY, {".tag": "deleted", "path_lower": "/a/b"}).gone
    assert gone == Deletion("file", "/a/b", "path_key", below=True)


def test_others_are_records_as_ever() -> None:
    assert outcome(PAYMENT, {"Id": "7", "TotalAmt": 5}).record.fields == {"amount": 5}


def test_one_that_does_not_say_what_is_gone_is_quarantined() -> None:
    made = outcome(PAYMENT, {"status": "Deleted"})
    assert made.quarantined
    assert made.flaws[0].part == "deletes"
    assert "does not say which payment is gone" in made.flaws[0].message


@pytest.mark.parametrize(
    "given", [{}, {"id": "a", "field": "b", "value": "c"}, {"field": "b"}, {"value": "c"}, {"id": "a", "value": "c"}]
)
def test_what_is_gone_is_known_in_one_way(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="known by its id or by a field"):
        Deletes.model_validate({"when": "a", "record": "file"} | given)


def test_one_that_extends_another_reads_its_part() -> None:
    text = """
processors:
  bare: {record: payment, id: Id, fields: {}, deletes: {when: gone, record: payment, id: Id}}
  wrapped: {extends: bare, of: data}
  kept: {extends: bare, deletes: null}
"""
    document = read(text, "acme.yaml")
    assert unfold(document) == []
    wrapped, kept = (Processor.model_validate(document.data["processors"][name]) for name in ("wrapped", "kept"))
    assert outcome(wrapped, {"data": {"Id": "7", "gone": True}}).gone == Deletion("payment", "7")
    assert kept.deletes is None
