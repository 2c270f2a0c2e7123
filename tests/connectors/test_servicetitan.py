"""ServiceTitan's actions, asked for as the host asks, against a partner that checks what it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from runner.authoring.simulate.servicetitan import ServiceTitan
from runner.errors import ActionRefused, BadInput, UnknownOutcome
from tests.cdn import HOST, URL, Cdn
from tests.connectors.acting import Desk
from tests.partners import World, world

NOTES = "POST /jpm/v2/tenant/{tenant}/jobs/{id}/notes"


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, size=4) as opened:
        opened.wire.hosts[HOST] = Cdn(2_000)
        yield opened


@pytest.fixture
async def desk(here: World) -> Desk:
    return Desk(here, await here.connect("servicetitan"))


@pytest.fixture
def partner(here: World) -> ServiceTitan:
    return here.servicetitan


@pytest.fixture
def job(partner: ServiceTitan) -> int:
    return int(next(iter(partner.table("jobs")))["id"])


async def test_a_note_is_written_and_pinned(desk: Desk, partner: ServiceTitan, job: int) -> None:
    made = await desk.result("add_note", job_id=job, text="Gate 4", pinned=True)
    (note,) = partner.job_notes.notes[job]
    assert (note["text"], note["isPinned"], note["createdOn"]) == ("Gate 4", True, made["id"])


async def test_what_is_left_out_is_not_sent(desk: Desk, partner: ServiceTitan, job: int) -> None:
    await desk.result("add_note", job_id=job, text="Gate 4")
    assert partner.job_notes.notes[job][0]["isPinned"] is False


async def test_the_partner_says_what_is_wrong(desk: Desk, job: int) -> None:
    with pytest.raises(ActionRefused) as caught:
        await desk.result("add_note", job_id=job, text=" ")
    assert caught.value.words == ('One or more validation errors occurred. {"Text":["The Text field is required."]}')
    with pytest.raises(ActionRefused, match="Job 1 was not found"):
        await desk.result("add_note", job_id=1, text="Gate 4")


async def test_a_note_without_its_job_is_not_sent(desk: Desk) -> None:
    with pytest.raises(BadInput, match="`job_id` is missing"):
        await desk.result("add_note", text="Gate 4")


@pytest.mark.parametrize(("failure", "repeated"), [("lost", True), ("timeout", False)])
async def test_a_note_whose_answer_is_lost_stands_once(
    desk: Desk, partner: ServiceTitan, job: int, failure: str, repeated: bool
) -> None:
    partner.fail_next(1, "lost" if failure == "lost" else "timeout", on=NOTES)
    given = {"job_id": job, "text": "Gate 4"}
    with pytest.raises(UnknownOutcome):
        await desk.ask("add_note", given, "k1")
    assert (await desk.ask("add_note", given, "k1")).repeated is repeated
    assert [note["text"] for note in partner.job_notes.notes[job]] == ["Gate 4"]


async def test_an_older_note_with_the_same_words_is_not_taken_for_it(
    desk: Desk, partner: ServiceTitan, job: int
) -> None:
    given = {"job_id": job, "text": "Called"}
    await desk.ask("add_note", given, "k1")
    desk.here.clock.advance(60)
    partner.fail_next(1, "timeout", on=NOTES)
    with pytest.raises(UnknownOutcome):
        await desk.ask("add_note", given, "k2")
    await desk.ask("add_note", given, "k2")
    assert len(partner.job_notes.notes[job]) == 2


async def test_a_refused_token_is_no_outcome(desk: Desk, partner: ServiceTitan, job: int) -> None:
    partner.fail_next(1, 401, on=NOTES)
    await desk.result("add_note", job_id=job, text="Gate 4")
    assert len(partner.job_notes.notes[job]) == 1


async def test_a_file_is_attached(desk: Desk, partner: ServiceTitan, job: int) -> None:
    made = await desk.result("attach_file", job_id=job, file=URL)
    (held,) = partner.job_notes.attachments[job]
    assert (made["name"], held["fileName"], held["size"]) == ("roof.jpg", "roof.jpg", 2_000)


async def test_an_attachment_whose_answer_is_lost_is_never_sent_again(
    desk: Desk, partner: ServiceTitan, job: int
) -> None:
    partner.fail_next(1, "lost", on="/attachments")
    for _ in range(2):
        with pytest.raises(UnknownOutcome, match="look at ServiceTitan"):
            await desk.ask("attach_file", {"job_id": job, "file": URL}, "k1")
    assert len(partner.job_notes.attachments[job]) == 1
