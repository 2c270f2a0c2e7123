"""The data processor: one raw payload in, one outcome out."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.connector.library import Connectors
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
    outcome = process(GOOD, fields={"name": "title", "count": "length(missing)", "size": "sum(title)"})

    assert outcome.record is not None
    assert outcome.record.fields == {"name": "Roof", "count": None, "size": None, "location": "601", "users": []}
    assert [(flaw.part, flaw.expression, flaw.fatal) for flaw in outcome.flaws] == [
        ("count", "length(missing)", False),
        ("size", "sum(title)", False),
    ]


@pytest.mark.parametrize(
    ("payload", "changes", "part", "got"),
    [
        ({}, {}, "id", "null"),
        (GOOD | {"id": [1]}, {}, "id", "array"),
        (GOOD | {"updated": {}}, {}, "cursor", "object"),
        (GOOD, {"fields": {"size": "length(missing)"}}, "size", "null"),
        (GOOD, {"fields": {"size": "sum(title)"}}, "size", "string"),
        (GOOD, {"when": {"valid": "length(missing)"}}, "when.valid", "null"),
        (GOOD | {"place_id": 1}, {"relations": {"a": {"record": "user", "id": "sum(id)"}}}, "relations.a", "string"),
        (GOOD, {"errors": {"when": "sum(title)"}}, "errors", "string"),
    ],
)
def test_a_flaw_says_what_type_of_value_did_not_do(payload: Any, changes: Any, part: str, got: str) -> None:
    assert [(flaw.part, flaw.got) for flaw in process(payload, **changes).flaws] == [(part, got)]


@pytest.mark.parametrize("told", ["", "soon", "04/05/2026", 1e300])
def test_a_cursor_that_is_no_time_is_told_and_costs_no_record(told: Any) -> None:
    outcome = process(GOOD | {"updated": told})
    assert outcome.record is not None
    assert outcome.record.version is None
    (flaw,) = outcome.flaws
    assert (flaw.part, flaw.fatal, flaw.got) == ("cursor", False, "string" if isinstance(told, str) else "number")
    assert "unix seconds" in flaw.message


def test_the_payload_is_not_changed() -> None:
    payload = {**GOOD, "crew": [{"id": 1, "name": "Ann"}]}
    before = repr(payload)

    process(payload)

    assert repr(payload) == before


CONNECTORS = Connectors(Path(__file__).parents[2] / "connectors")
PROCESSORS = [(name, part) for name in CONNECTORS.names() for part in CONNECTORS.get(name).processors]
EXAMPLES = {
    pair: [
        orjson.loads(path.read_bytes())
        for path in sorted((Path(__file__).parents[2] / "connectors/examples" / pair[0]).glob(f"{pair[1]}.*.json"))
    ]
    for pair in PROCESSORS
}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**400, 10**401)
    | st.floats()
    | st.text()
    | st.just("\x00")
    | st.just("\ud800")
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


@st.composite
def spoiled(draw: st.DrawFn, value: Any) -> Any:
    """A payload in which any value may be any other."""
    if draw(st.integers(0, 9)) == 0:
        return draw(JSON)
    if isinstance(value, dict):
        return {key: draw(spoiled(part)) for key, part in value.items()}
    return [draw(spoiled(part)) for part in value] if isinstance(value, list) else value


def every(outcome: Processed) -> Iterator[Processed]:
    yield outcome
    for nested in outcome.nested:
        yield from every(nested)


@pytest.mark.parametrize("pair", PROCESSORS, ids=".".join)
@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_payload_has_an_outcome_and_stays_as_it_is(pair: tuple[str, str], data: st.DataObject) -> None:
    connector = CONNECTORS.get(pair[0])
    payload = data.draw(JSON | st.sampled_from(EXAMPLES[pair]).flatmap(spoiled))
    before = copy.deepcopy(payload)

    outcome = connector.processors[pair[1]].process(payload, pair[1], connector.processor)

    assert same(payload, before)
    for made in every(outcome):
        assert made.record or made.skipped or made.error or made.flaws or made.gone
        if made.record:
            assert made.record.external_id.encode().strip()


def same(one: Any, other: Any) -> bool:
    """Equal, where a NaN equals itself and true is not 1."""
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and (one == other or one != one)


@pytest.mark.parametrize(
    ("ids", "read"),
    [(7, ["7"]), ("7", ["7"]), (True, []), ({"a": 1}, []), ([7, None, {}, "8"], ["7", "8"]), ("", []), (None, [])],
)
def test_ids_may_be_anything(ids: object, read: list[str]) -> None:
    record = process(GOOD | {"ids": ids}, relations={"users": {"record": "user", "ids": "ids"}}).record

    assert record is not None
    assert record.fields["users"] == read


@pytest.mark.parametrize("text", [" ", "a\x00b", "\ud800", "x" * 501, "\n"])
def test_a_text_that_cannot_be_stored_is_no_id(text: str) -> None:
    assert process({**GOOD, "id": text}).flaws[0].part == "id"


def test_payloads_inside_payloads_have_an_end() -> None:
    payload: dict[str, Any] = {"id": 1}
    for number in range(2, 300):
        payload = {"id": number, "inner": payload}
    folder = Processor.model_validate(
        {"record": "folder", "id": "id", "fields": {}, "relations": {"in": {"processor": "folder", "each": "inner"}}}
    )

    outcomes = list(every(folder.process(payload, "folder", lambda _: folder)))

    assert len(outcomes) == 21
    assert "more than 20 deep" in outcomes[-1].flaws[0].message
