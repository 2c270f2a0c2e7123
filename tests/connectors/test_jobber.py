"""Jobber's actions, asked for as the host asks, against a schema that checks what it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from runner.authoring.simulate.jobber import Jobber
from runner.errors import ActionRefused, BadInput, UnknownOutcome
from tests.connectors.acting import Desk
from tests.partners import World, world

CALL = "POST /api/graphql"
FILES = [{"url": "https://files.example/a.jpg"}]


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, size=4) as opened:
        yield opened


@pytest.fixture
async def desk(here: World) -> Desk:
    return Desk(here, await here.connect("jobber"))


@pytest.fixture
def partner(here: World) -> Jobber:
    return here.jobber


@pytest.fixture
def job(partner: Jobber) -> str:
    return str(next(iter(partner.table("jobs")))["id"])


def notes(partner: Jobber, job: str) -> list[tuple[Any, ...]]:
    return [(one["message"], one["pinned"], one["files"]) for one in partner.notes.of[job]]


async def test_a_note_is_written_with_its_files(desk: Desk, partner: Jobber, job: str) -> None:
    made = await desk.result("add_note", job_id=job, text="Gate 4", pinned=True, attachments=FILES)
    assert notes(partner, job) == [("Gate 4", True, ["https://files.example/a.jpg"])]
    await desk.result("attach_files", job_id=job, note_id=made["id"], attachments=FILES)
    assert notes(partner, job) == [("Gate 4", True, ["https://files.example/a.jpg"] * 2)]


async def test_what_is_left_out_is_not_sent(desk: Desk, partner: Jobber, job: str) -> None:
    await desk.result("add_note", job_id=job, text="Gate 4")
    assert notes(partner, job) == [("Gate 4", False, [])]


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("add_note", {"text": " "}, "Message can't be blank"),
        ("add_note", {"text": "Gate 4", "job_id": "MQ=="}, "Job not found"),
        ("attach_files", {"note_id": "MQ==", "attachments": FILES}, "Note not found"),
    ],
)
async def test_a_refusal_comes_with_status_200_and_was_not_done(
    desk: Desk, partner: Jobber, job: str, name: str, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(ActionRefused) as caught:
        await desk.ask(name, {"job_id": job, **given})
    assert (caught.value.words, caught.value.status, notes(partner, job)) == (words, 200, [])


async def test_a_wrong_value_is_named_by_its_path(desk: Desk, job: str) -> None:
    with pytest.raises(BadInput, match=r"`attachments\[0\]\.url` is no address"):
        await desk.result("add_note", job_id=job, text="Gate 4", attachments=[{"url": "a.jpg"}])


@pytest.mark.parametrize(("failure", "repeated"), [("lost", True), ("timeout", False), (500, False)])
async def test_a_note_whose_answer_is_lost_stands_once(
    desk: Desk, partner: Jobber, job: str, failure: Any, repeated: bool
) -> None:
    """A 500 may come after the deed: what `http.errors` says of reading does not make a mutation safe."""
    given = {"job_id": job, "text": "Gate 4"}
    partner.fail_next(1, failure, on=CALL)
    with pytest.raises(UnknownOutcome):
        await desk.ask("add_note", given, "k1")
    assert (await desk.ask("add_note", given, "k1")).repeated is repeated
    assert notes(partner, job) == [("Gate 4", False, [])]


async def test_files_whose_answer_is_lost_are_never_added_again(desk: Desk, partner: Jobber, job: str) -> None:
    made = await desk.result("add_note", job_id=job, text="Gate 4")
    partner.fail_next(1, "lost", on=CALL)
    for _ in range(2):
        with pytest.raises(UnknownOutcome, match="look at Jobber"):
            await desk.ask("attach_files", {"job_id": job, "note_id": made["id"], "attachments": FILES}, "k1")
    assert notes(partner, job) == [("Gate 4", False, ["https://files.example/a.jpg"])]


async def test_a_limit_is_waited_for(desk: Desk, partner: Jobber, job: str) -> None:
    partner.fail_next(2, 429, on=CALL)
    await desk.result("add_note", job_id=job, text="Gate 4")
    assert len(notes(partner, job)) == 1
