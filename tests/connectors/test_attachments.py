"""Files that go to partners as parts of a form: what is held there afterwards is what lay at the address."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from runner.engine.actions.act import act
from runner.errors import FileUnreadable, PartnerUnavailable, UnexpectedResponse
from tests.cdn import HOST, URL, Cdn
from tests.partners import World, world


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, partners=("housecallpro", "pipedrive"), size=3) as opened:
        opened.wire.hosts[HOST] = Cdn(150_000)
        yield opened


async def test_a_file_is_attached_to_a_job_of_housecall_pro(here: World) -> None:
    company, partner = await here.connect("housecallpro"), here.partners["housecallpro"]
    job = next(iter(partner.table("jobs")))["id"]
    made = await act(here.house, company, "attach_file", {"job_id": job, "file": URL})
    (held,) = partner.table("jobs").row(job)["attachments"]
    assert (held["file_name"], held["file_type"], held["file_size"]) == ("roof.jpg", "image/jpeg", 150_000)
    assert made == {"id": held["id"], "url": held["url"]}


async def test_what_is_not_there_is_attached_to_nothing(here: World) -> None:
    company, partner = await here.connect("housecallpro"), here.partners["housecallpro"]
    job = next(iter(partner.table("jobs")))["id"]
    here.wire.hosts[HOST] = Cdn(0)
    with pytest.raises(UnexpectedResponse, match="empty"):
        await act(here.house, company, "attach_file", {"job_id": job, "file": URL})
    with pytest.raises(PartnerUnavailable):
        await act(here.house, company, "attach_file", {"job_id": job, "file": "https://nobody.example/x"})
    with pytest.raises(FileUnreadable):
        await act(here.house, company, "attach_file", {"job_id": job, "file": "http://user:secret@cdn.example/x"})
    assert partner.table("jobs").row(job)["attachments"] == []


async def test_an_attachment_whose_answer_was_lost_is_not_sent_twice(here: World) -> None:
    company, partner = await here.connect("housecallpro"), here.partners["housecallpro"]
    job = next(iter(partner.table("jobs")))["id"]
    partner.fail_next(1, "lost", on="attachments")
    with pytest.raises(PartnerUnavailable):
        await act(here.house, company, "attach_file", {"job_id": job, "file": URL})
    assert len(partner.table("jobs").row(job)["attachments"]) == 1


async def test_an_attachment_that_was_refused_for_now_is_read_and_sent_again(here: World) -> None:
    company, partner = await here.connect("housecallpro"), here.partners["housecallpro"]
    job = next(iter(partner.table("jobs")))["id"]
    partner.fail_next(2, 429, on="attachments")
    await act(here.house, company, "attach_file", {"job_id": job, "file": URL})
    (held,) = partner.table("jobs").row(job)["attachments"]
    assert held["file_size"] == 150_000


async def test_a_file_is_stored_with_a_deal_of_pipedrive(here: World) -> None:
    company, partner = await here.connect("pipedrive"), here.partners["pipedrive"]
    deal = next(iter(partner.table("deals")))["id"]
    made = await act(here.house, company, "add_file", {"deal": deal, "file": URL})
    (held,) = partner.files.stored
    assert (held["deal_id"], held["person_id"], held["file_name"]) == (str(deal), None, "roof.jpg")
    assert partner.files.contents[held["id"]] == Cdn(150_000).whole
    assert made == {"id": held["id"], "url": held["url"]}


async def test_a_deal_that_is_not_there_has_no_files(here: World) -> None:
    company = await here.connect("pipedrive")
    with pytest.raises(UnexpectedResponse, match="deal_id 7 was not found"):
        await act(here.house, company, "add_file", {"deal": 7, "file": URL})


async def test_a_file_is_attached_to_a_job_of_servicetitan(here: World) -> None:
    company = await here.connect("servicetitan")
    job = next(iter(here.servicetitan.table("jobs")))["id"]
    await act(here.house, company, "attach_file", {"job_id": str(job), "file": URL})
    (held,) = here.servicetitan.job_notes.attachments[job]
    assert "roof.jpg" in held.values()
