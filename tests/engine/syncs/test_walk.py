from __future__ import annotations

from typing import Any

import orjson
import pytest

from runner.connector.endpoint import Endpoint
from runner.engine.pages.payloads import one, payloads, split
from runner.errors import UnexpectedResponse
from runner.model.http import LARGE, Response
from tests.partners import CONNECTORS

CLIENT = CONNECTORS.get("jobber").endpoints["client"]
JOB = CONNECTORS.get("servicetitan").endpoints["job"]
JOBS = CONNECTORS.get("servicetitan").endpoints["jobs"]


def answer(body: Any) -> Response:
    return Response(200, {}, body if isinstance(body, bytes) else orjson.dumps(body))


@pytest.mark.parametrize(
    ("body", "found"), [({"data": [1, 2]}, [1, 2]), ({"data": []}, []), ({"data": {"id": 1}}, [{"id": 1}])]
)
def test_payloads_are_a_list_or_one_object(body: Any, found: list[Any]) -> None:
    assert payloads(JOBS, "jobs", answer(body), is_first=True) == found


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"rows": []}, "has the keys rows"),
        ({}, "(none)"),
        ([1], "is list"),
        (b"<html>", "is not JSON"),
        (b"", "not JSON"),
    ],
)
def test_nothing_at_the_path_is_told_with_what_there_is(body: Any, words: str) -> None:
    with pytest.raises(UnexpectedResponse) as wrong:
        payloads(JOBS, "jobs", answer(body), is_first=True)
    assert words in str(wrong.value)


def test_an_answer_in_the_middle_of_a_walk_that_is_no_json_is_not_an_empty_page() -> None:
    with pytest.raises(UnexpectedResponse, match="is not JSON"):
        payloads(JOBS, "jobs", answer(b"<html>"), is_first=False)


def endpoint(records: str) -> Endpoint:
    return Endpoint.model_validate({"get": "/jobs", "records": records})


ROWS = [{"id": 1.5, "é": ["x" * 40_000]}, None, [1, None], "text", {"id": 2, "id2": None}]


@pytest.mark.parametrize("records", ["data.rows", "data.rows[*]", "data.rows || `[]`", "data.rows || other"])
def test_payloads_of_a_large_page_are_the_same_one_by_one(records: str) -> None:
    found = split(endpoint(records), "jobs", answer({"data": {"rows": ROWS, "next": 1}}))
    assert found is not None
    whole = payloads(endpoint(records), "jobs", answer({"data": {"rows": ROWS}}), is_first=True)
    assert (list(found), len(found)) == (whole, len(whole))


def test_a_page_that_is_a_list_is_split() -> None:
    rows = [{"id": number, "filler": "x" * 1_000} for number in range(50)]
    assert list(split(endpoint("@"), "jobs", answer(rows)) or []) == rows


@pytest.mark.parametrize("body", [{"rows": []}, {"rows": None}, {"rows": {"id": 1}}, {}, [1], {"rows": "x"}])
@pytest.mark.parametrize("records", ["rows", "rows[*]", "rows[]", "rows[?id]", "@ | rows"])
def test_what_is_no_list_with_something_in_it_is_read_at_once(body: Any, records: str) -> None:
    large = body | {"filler": "x" * LARGE} if isinstance(body, dict) else [*body, "x" * LARGE]
    assert split(endpoint(records), "jobs", answer(large)) is None


def test_a_small_page_is_read_at_once() -> None:
    assert split(JOBS, "jobs", answer({"data": [1]})) is None


def test_a_payload_that_cannot_be_read_is_told_by_its_number() -> None:
    body = b'{"data": [{"id": 1}, {"id": 1e999}], "filler": "' + b"x" * LARGE + b'"}'
    found = split(JOBS, "jobs", answer(body))
    assert found is not None
    with pytest.raises(UnexpectedResponse, match="raw payload 2 of a page is not JSON: number is infinity"):
        list(found)


def test_a_written_null_says_that_the_thing_is_gone() -> None:
    assert one(CLIENT, "client", answer({"data": {"client": None}})) == []


@pytest.mark.parametrize("body", [{"data": {}}, {"data": None}, {}, b"", b"oops"])
def test_a_path_that_leads_nowhere_does_not_look_like_a_deletion(body: Any) -> None:
    with pytest.raises(UnexpectedResponse):
        one(CLIENT, "client", answer(body))
    if not isinstance(body, dict):
        with pytest.raises(UnexpectedResponse):
            one(JOB, "job", answer(body))
