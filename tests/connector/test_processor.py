"""The data processor: one raw payload in, one outcome out."""

from __future__ import annotations

from typing import Any

import pytest

from runner.connector.processor import Processor
from runner.model.record import Processed

JOB: dict[str, Any] = {
    "record": "project",
    "id": "id",
    "cursor": "updated",
    "when": {"should_process": "status != 'draft'", "valid": "title", "inactive": "status == 'gone'"},
    "fields": {"name": "title", "address": {"city": "city", "region": "state"}},
    "relations": {
        "location": {"record": "location", "id": "place_id"},
        "users": {"record": "user", "ids": "crew[].id"},
        "crew": {"processor": "member", "each": "crew", "with": {"job": "id"}, "owned": True},
    },
    "errors": {"when": "errors", "code": "errors[0].code", "message": "errors[0].message"},
}
MEMBER: dict[str, Any] = {
    "record": "assignment",
    "id": "join(':', [parent.job, text(id)])",
    "fields": {"name": "name", "project": "parent.job"},
}
GOOD = {"id": "7", "title": "Roof", "updated": "2026-05-04T09:00:00-06:00", "place_id": 601, "city": "Lincoln"}


def process(payload: object, **changes: Any) -> Processed:
    processors = {name: Processor.model_validate(spec) for name, spec in (("job", JOB | changes), ("member", MEMBER))}
    return processors["job"].process(payload, "job", processors.__getitem__)


def test_makes_a_record() -> None:
    record = process(GOOD).record

    assert record is not None
    assert (record.kind, record.external_id, record.inactive) == ("project", "7", False)
    assert record.fields["name"] == "Roof"
    assert record.fields["location"] == "601"


def test_says_how_new_it_is_in_one_form() -> None:
    record = process(GOOD).record

    assert record is not None
    assert record.version == "2026-05-04T15:00:00.000000Z"


def test_an_object_without_values_is_null() -> None:
    record = process({**GOOD, "city": None}).record

    assert record is not None
    assert record.fields["address"] is None


def test_leaves_out_what_should_not_be_processed() -> None:
    outcome = process({**GOOD, "status": "draft"})

    assert outcome.skipped == "should_process is false: status != 'draft'"
    assert outcome.record is None


def test_quarantines_what_is_not_valid() -> None:
    outcome = process({**GOOD, "title": None})

    assert outcome.quarantined
    assert [(flaw.part, flaw.external_id) for flaw in outcome.flaws] == [("valid", "7")]


def test_marks_what_is_inactive() -> None:
    record = process({**GOOD, "status": "gone"}).record

    assert record is not None
    assert record.inactive


def test_reads_an_error_answer() -> None:
    outcome = process({"errors": [{"code": "NOPE", "message": "No such job"}]})

    assert outcome.error == {"code": "NOPE", "message": "No such job"}
    assert not outcome.quarantined


def test_nested_payloads_become_records_and_hear_from_the_outer_one() -> None:
    outcome = process({**GOOD, "crew": [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Ben"}]})

    assert [nested.record and nested.record.external_id for nested in outcome.nested] == ["7:1", "7:2"]
    assert {nested.record.parent for nested in outcome.nested if nested.record} == {"project:7"}
    assert outcome.record is not None
    assert outcome.record.fields["users"] == ["1", "2"]


@pytest.mark.parametrize("payload", [None, [], "text", 7, {}, {"id": None}, {"id": True}, {"id": 1.5}, {"id": ""}])
def test_what_has_no_id_is_quarantined_with_a_reason(payload: object) -> None:
    outcome = process(payload)

    assert outcome.quarantined
    assert outcome.flaws[0].part == "id"


def test_a_field_that_fails_is_named_with_its_expression() -> None:
    outcome = process(GOOD, fields={"name": "title", "count": "length(missing)"})

    assert outcome.quarantined
    assert [(flaw.part, flaw.expression) for flaw in outcome.flaws] == [("count", "length(missing)")]


def test_the_payload_is_not_changed() -> None:
    payload = {**GOOD, "crew": [{"id": 1, "name": "Ann"}]}
    before = repr(payload)

    process(payload)

    assert repr(payload) == before
