from __future__ import annotations

import httpx
import pytest

from runner.authoring.simulate.companycam import CompanyCam, companycam
from runner.authoring.simulate.dropbox import dropbox
from runner.authoring.simulate.googlecalendar import googlecalendar
from runner.authoring.simulate.jobber import jobber
from runner.authoring.simulate.servicetitan import servicetitan
from runner.authoring.simulate.table import NoSuchRowError

MAKERS = {  # and what is sized
    servicetitan: "jobs",
    jobber: "clients",
    companycam: "projects",
    googlecalendar: "events",
    dropbox: "entries",
}
TOKEN = {"Authorization": "Bearer companycam-token"}


def surface(partner: CompanyCam) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=partner.app)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=TOKEN)


@pytest.mark.parametrize("make", MAKERS)
def test_same_seed_and_clock_give_the_same_data(clock, make):
    first, second = make(now=clock), make(now=clock)
    assert all(list(first.tables[name]) == list(second.tables[name]) for name in first.tables)


@pytest.mark.parametrize("make", MAKERS)
def test_instances_stand_alone(clock, make):
    first, second = make(now=clock), make(now=clock)
    kind = MAKERS[make]
    first.add(kind)
    assert len(first.tables[kind]) == len(second.tables[kind]) + 1


@pytest.mark.parametrize("make", MAKERS)
def test_unknown_kind_is_answered_with_those_there_are(clock, make):
    with pytest.raises(NoSuchRowError, match=r"has no 'invoices'; it has .+, .+"):
        make(now=clock).change("invoices", 1)


@pytest.mark.parametrize("make", MAKERS)
def test_unknown_option_is_refused(clock, make):
    with pytest.raises(TypeError, match="colour"):
        make(now=clock, colour="red")


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("size", [1, 7])
def test_small_sizes_work(clock, make, size):
    rows = make(now=clock, size=size).tables[MAKERS[make]]
    assert len([row for row in rows if row.get(".tag") != "folder"]) == size


@pytest.mark.parametrize("make", [make for make in MAKERS if make is not companycam])
def test_company_of_nothing_is_refused(clock, make):
    with pytest.raises(ValueError, match="give a size of 1 or more"):
        make(now=clock, size=0)


def test_host_may_start_empty(clock):
    partner = companycam(now=clock, size=0)
    assert partner.add("projects", name="First") == "94772883"


async def test_calls_are_counted_by_endpoint(clock):
    partner = companycam(now=clock)
    for key in ("94772883", "94772884"):
        await surface(partner).get(f"/v2/projects/{key}")
    assert partner.calls == {"GET /v2/projects/{id}": 2}


@pytest.mark.parametrize(("failure", "made"), [("timeout", 0), ("lost", 1)])
async def test_without_an_answer_the_work_may_or_may_not_be_done(clock, failure, made):
    partner = companycam(now=clock, size=0)
    partner.fail_next(1, failure)
    with pytest.raises(httpx.ReadTimeout):
        await surface(partner).post("/v2/projects", json={"name": "x"})
    assert len(partner.tables["projects"]) == made
