"""An endpoint that is walked once for every record of another kind."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from runner.connector.loader import check
from runner.model.run import SyncRun
from tests.engine.depot import CONTACT, HEAD, Killed, Yard, yard

SPEC = (
    CONTACT
    + """
  job: {record: project, id: id, cursor: updated, fields: {name: name}}
endpoints:
  contacts: {get: /numbered, records: rows, paginate: {type: page_number, size_param: size, size: 50, more: more}}
  jobs:
    with: {contact: {}}
    get: "/contacts/{{ input.contact }}/jobs"
    params: {since: "{{ checkpoint }}"}
    records: jobs
    errors: [{status: [404], do: skip_record}]
    paginate: {type: page_number, size: 2}
syncs:
  contacts: {endpoint: contacts, processor: contact, every: 1h}
  jobs: {endpoint: jobs, processor: job, every: 1h, for: {record: contact, with: {contact: id}, at_once: 3}}
"""
)
SINCE = SPEC.replace("at_once: 3}}", "at_once: 3}, incremental: {type: since, overlap: 5m}}")


class Jobs:
    """The partner's jobs: contact number n has n % 4 of them, in pages of two; some contacts are gone."""

    def __init__(self, here: Yard) -> None:
        self.here, self.running, self.at_once = here, 0, 0
        self.asked: list[tuple[str, str, str | None]] = []
        self.jobs = {
            id_: [f"{id_}-{number}" for number in range(int(id_[1:]) % 4)] for id_ in here.depot.rows if id_ != "c003"
        }
        self.updated = "2026-05-01T00:00:00+00:00"
        self.kill = 0
        here.depot.before = self.answer

    async def answer(self, request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.startswith("/contacts/"):
            return None
        contact, page = request.url.path.split("/")[2], request.url.params["page"]
        self.kill -= 1
        if self.kill == 0:
            raise Killed
        self.asked.append((contact, page, request.url.params.get("since")))
        self.running += 1
        self.at_once = max(self.at_once, self.running)
        await asyncio.sleep(0.005)
        self.running -= 1
        if contact not in self.jobs:
            return httpx.Response(404)
        found = [] if request.url.params.get("since") else self.jobs[contact]
        start = (int(page) - 1) * 2
        rows = [{"id": id_, "name": id_, "updated": self.updated} for id_ in found[start : start + 2]]
        return httpx.Response(200, json={"jobs": rows})

    def expected(self) -> set[str]:
        return {id_ for jobs in self.jobs.values() for id_ in jobs}


async def persevere(here: Yard, jobs: Jobs, kills: list[int]) -> SyncRun:
    for kill in kills:
        jobs.kill = kill
        try:
            return await here.run("jobs")
        except Killed:
            jobs.kill = 0
    return await here.run("jobs")


async def test_the_endpoint_is_walked_for_each_record(database_url: str) -> None:
    async with yard(database_url, SPEC, rows=10) as here:
        jobs = Jobs(here)
        await here.run()
        run = await here.run("jobs")
        assert set(await here.records("project")) == jobs.expected()
        assert run.counts.created == len(jobs.expected())
        assert 1 < jobs.at_once <= 3


async def test_pages_are_stored_in_the_order_of_the_parents(database_url: str) -> None:
    async with yard(database_url, SPEC, rows=10) as here:
        Jobs(here)
        await here.run()
        await here.run("jobs")
        stored = list(await here.records("project"))
        assert stored == sorted(stored)


@pytest.mark.parametrize("rows", [0, 1, 4])
async def test_a_walk_with_few_or_no_parents_ends(database_url: str, rows: int) -> None:
    async with yard(database_url, SPEC, rows=rows) as here:
        jobs = Jobs(here)
        if rows:
            await here.run()
        run = await here.run("jobs")
        assert (run.state, set(await here.records("project"))) == ("done", jobs.expected())


@pytest.mark.parametrize("kill", range(1, 17))
async def test_a_killed_walk_goes_on_at_its_parent(database_url: str, kill: int) -> None:
    async with yard(database_url, SPEC, rows=10) as here:
        jobs = Jobs(here)
        await here.run()
        run = await persevere(here, jobs, [kill, 2])
        assert set(await here.records("project")) == jobs.expected()
        assert run.counts.created == len(jobs.expected())


async def test_no_parent_that_was_done_is_asked_for_again(database_url: str) -> None:
    async with yard(database_url, SPEC, rows=10) as here:
        jobs = Jobs(here)
        await here.run()
        jobs.kill = 12
        with pytest.raises(Killed):
            await here.run("jobs")
        before = len(jobs.asked)
        jobs.kill = 0
        await here.run("jobs")
        assert min(contact for contact, _, _ in jobs.asked[before:]) > "c004"


async def test_new_records_are_asked_for_everything_and_others_for_what_is_new(database_url: str) -> None:
    async with yard(database_url, SINCE, rows=3) as here:
        jobs = Jobs(here)
        await here.run()
        here.clock.advance(60)
        await here.run("jobs")
        here.clock.advance(3600)
        here.depot.put("c006", "New")
        jobs.jobs["c006"] = ["c006-0"]
        await here.run()
        before = len(jobs.asked)
        run = await here.run("jobs")
        assert {contact: since is None for contact, _, since in jobs.asked[before:]} == {
            "c000": False,
            "c001": False,
            "c002": False,
            "c006": True,
        }
        assert not run.full
        assert "c006-0" in await here.records("project")


async def test_a_walk_that_is_given_up_leaves_no_call_behind(database_url: str) -> None:
    async with yard(database_url, SPEC, rows=10) as here:
        jobs = Jobs(here)
        await here.run()
        before = asyncio.all_tasks()
        jobs.kill = 5
        with pytest.raises(Killed):
            await here.run("jobs")
        assert asyncio.all_tasks() == before


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("for: {record: contact, ", "for: {record: contakt, ", "unknown-record"),
        ("with: {contact: id}", "with: {kontakt: id}", "unknown-input"),
        ("for: {record: contact, with: {contact: id}, at_once: 3}", "ways: []", "missing-input"),
        ("at_once: 3}}", "at_once: 3}, incremental: {type: only_newer}}", "wrong-value"),
        ("at_once: 3}}", "at_once: 3}, incremental: {type: window, slice: 31d}}", "wrong-value"),
    ],
)
def test_what_does_not_fit_is_found(old: str, new: str, code: str) -> None:
    assert not check(HEAD + SPEC, "depot.yaml")[1]
    assert old in SPEC
    assert code in [finding.code for finding in check(HEAD + SPEC.replace(old, new), "depot.yaml")[1]]
