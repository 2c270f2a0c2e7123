from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest

from runner.connector.sync import Sync
from runner.engine.walk import begun, one, payloads, resumed
from runner.errors import UnexpectedResponse
from runner.model.http import Response
from runner.model.run import Checkpoint
from tests.clock import START
from tests.partners import CONNECTORS

CLIENT = CONNECTORS.get("jobber").endpoints["client"]
JOB = CONNECTORS.get("servicetitan").endpoints["job"]
JOBS = CONNECTORS.get("servicetitan").endpoints["jobs"]
SYNC = Sync.model_validate(
    {
        "endpoint": "jobs",
        "processor": "job",
        "every": "15m",
        "incremental": {"type": "since", "overlap": "2m"},
        "full": {"every": "24h"},
    }
)


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


def test_a_written_null_says_that_the_thing_is_gone() -> None:
    assert one(CLIENT, "client", answer({"data": {"client": None}})) == []


@pytest.mark.parametrize("body", [{"data": {}}, {"data": None}, {}, b"", b"oops"])
def test_a_path_that_leads_nowhere_does_not_look_like_a_deletion(body: Any) -> None:
    with pytest.raises(UnexpectedResponse):
        one(CLIENT, "client", answer(body))
    if not isinstance(body, dict):
        with pytest.raises(UnexpectedResponse):
            one(JOB, "job", answer(body))


def test_the_first_walk_asks_for_everything() -> None:
    start = begun(SYNC, Checkpoint(), START, full=False, run_id="r")
    assert (start.full, start.scope["checkpoint"]) == (True, None)


def test_a_later_walk_asks_for_what_is_new_with_an_overlap() -> None:
    checkpoint = Checkpoint("2026-05-04T15:00:00.000000Z", None, START - timedelta(hours=1))
    start = begun(SYNC, checkpoint, START, full=False, run_id="r")
    assert (start.full, start.scope["checkpoint"]) == (False, "2026-05-04T14:58:00Z")


def test_a_full_walk_comes_after_a_day() -> None:
    checkpoint = Checkpoint("2026-05-04T15:00:00.000000Z", None, START - timedelta(hours=24))
    assert begun(SYNC, checkpoint, START, full=False, run_id="r").full


def test_a_walk_goes_on_with_what_it_began_with() -> None:
    start = begun(SYNC, Checkpoint(), START, full=True, run_id="r")
    kept = orjson.loads(orjson.dumps(start.progress({"number": 7}, "2026-05-04T15:00:00.000000Z")))
    again = resumed(Checkpoint("old", kept))
    assert again is not None
    assert (again.scope, again.began_at, again.full, again.run_id) == (start.scope, START, True, "r")
    assert (again.page, again.newest, again.unbroken) == ({"number": 7}, "2026-05-04T15:00:00.000000Z", False)


def test_no_walk_to_go_on_with() -> None:
    assert resumed(Checkpoint("x")) is None
