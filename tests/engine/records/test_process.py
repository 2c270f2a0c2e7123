from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from runner.engine.records.admit import admit
from runner.engine.records.batch import Batch
from runner.engine.records.process import digest
from runner.model.integration import Integration
from runner.model.run import Counts
from runner.store import pushes, quarantine
from runner.store.columns import utc_text
from tests.partners import World


def job(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "jobNumber": str(number),
        "locationId": 5,
        "customerId": 6,
        "jobStatus": "Scheduled",
        "externalData": None,
        "modifiedOn": "2026-05-04T15:00:00Z",
        **more,
    }


def visit(*users: str, number: str = "v1", **more: Any) -> dict[str, Any]:
    crew = [{"id": user, "name": {"full": user, "first": user, "last": None}, "email": {"raw": None}} for user in users]
    return {
        "id": number,
        "title": "Mow",
        "visitStatus": "ACTIVE",
        "isComplete": False,
        "client": {"id": "c1", "name": "Ann"},
        "property": {"id": "p1", "address": {"street1": "1 Main St"}},
        "job": {"id": "j1", "jobNumber": 7, "jobStatus": "active"},
        "assignedUsers": {"nodes": crew},
        **more,
    }


class Hall:
    def __init__(self, here: World, connector: str, processor: str) -> None:
        self.here, self.connector, self.processor = here, here.house.connectors.get(connector), processor
        self.integration = Integration("i1", "acme", connector, "production")

    def digest(self, *payloads: Any, at: datetime | None = None) -> Batch:
        return digest(self.here.house, self.connector, self.processor, payloads, at or self.here.clock.now())

    async def admit(self, *payloads: Any, at: datetime | None = None) -> Counts:
        batch, now = self.digest(*payloads, at=at), self.here.clock.now()
        return await self.here.write(lambda c: admit(c, self.here.house, self.integration, batch, now))

    async def records(self, kind: str) -> dict[str, Any]:
        return await self.here.records(self.integration, kind)

    async def quarantined(self) -> list[Any]:
        return await self.here.read(lambda c: quarantine.find(c, "i1"))


@pytest.fixture
def jobs(here: World) -> Hall:
    return Hall(here, "servicetitan", "job")


@pytest.fixture
def visits(here: World) -> Hall:
    return Hall(here, "jobber", "visit")


async def test_one_bad_payload_is_quarantined_and_the_rest_goes_on(jobs: Hall) -> None:
    counts = await jobs.admit(job(1), job(2, locationId=None), job(3))
    assert (counts.seen, counts.created, counts.quarantined) == (3, 2, 1)
    assert set(await jobs.records("project")) == {"1", "3"}
    (bad,) = await jobs.quarantined()
    assert (bad.external_id, bad.processor, bad.payload["id"]) == ("2", "job", 2)
    assert "valid" in bad.flaws[0].part


async def test_a_payload_that_maps_again_leaves_the_quarantine(jobs: Hall) -> None:
    await jobs.admit(job(2, locationId=None))
    await jobs.admit(job(2))
    assert await jobs.quarantined() == []


async def test_an_unchanged_payload_that_maps_again_leaves_the_quarantine(jobs: Hall) -> None:
    await jobs.admit(job(2))
    await jobs.admit(job(2, locationId=None))
    await jobs.admit(job(2))
    assert await jobs.quarantined() == []


async def test_an_optional_field_that_does_not_fit_costs_only_itself(jobs: Hall) -> None:
    batch = jobs.digest(job(1, priority="Whenever"))
    assert [record.fields["priority"] for record in batch.records] == [None]
    assert [flaw.part for flaw in batch.warnings] == ["priority"]
    assert batch.bad == []


async def test_what_a_schema_refuses_is_told_with_the_expression_that_gave_it(jobs: Hall) -> None:
    (flaw,) = jobs.digest(job(1, priority="Whenever")).warnings
    assert (flaw.connector, flaw.external_id, flaw.got) == ("servicetitan", "1", "string")
    assert "priority" in flaw.expression
    assert "servicetitan.yaml:" in flaw.place


async def test_an_error_answer_is_quarantined_with_the_partners_words(jobs: Hall) -> None:
    await jobs.admit({"traceId": "t", "status": 500, "title": "Out of order"})
    (bad,) = await jobs.quarantined()
    assert "Out of order" in bad.flaws[0].message


@pytest.mark.parametrize("payload", [None, 5, "x", [], {}, {"id": None}, {"id": {"a": 1}}])
async def test_whatever_comes_is_told_and_breaks_nothing(jobs: Hall, payload: Any) -> None:
    counts = await jobs.admit(payload, job(1))
    assert (counts.created, counts.quarantined) == (1, 1)


async def test_older_news_never_overwrite_newer(jobs: Hall) -> None:
    await jobs.admit(job(1, jobStatus="Completed", modifiedOn="2026-05-04T15:00:00Z"))
    counts = await jobs.admit(job(1, jobStatus="Scheduled", modifiedOn="2026-05-04T14:59:59Z"))
    assert counts.stale == 1
    assert (await jobs.records("project"))["1"].fields["status"] == "completed"


async def test_what_has_no_cursor_is_as_new_as_the_time_it_was_asked_for(visits: Hall) -> None:
    now = visits.here.clock.now()
    await visits.admit(visit(title="new"), at=now)
    counts = await visits.admit(visit(title="old"), at=now - timedelta(seconds=5))
    assert counts.stale
    found = (await visits.records("appointment"))["v1"]
    assert (found.fields["title"], found.version) == ("new", utc_text(now))


async def test_records_inside_a_payload_become_records_of_their_own(visits: Hall) -> None:
    await visits.admit(visit("u1", "u2"))
    assert set(await visits.records("project")) == {"j1"}
    assert set(await visits.records("user")) == {"u1", "u2"}
    assert set(await visits.records("assignment")) == {"v1:u1", "v1:u2"}


async def test_an_owned_record_that_is_not_told_any_more_becomes_inactive(visits: Hall) -> None:
    await visits.admit(visit("u1", "u2"))
    visits.here.clock.advance(60)
    counts = await visits.admit(visit("u2"))
    assert {key: record.inactive for key, record in (await visits.records("assignment")).items()} == {
        "v1:u1": True,
        "v1:u2": False,
    }
    assert counts.changed >= 1


async def test_one_who_comes_back_is_active_again(visits: Hall) -> None:
    for users in (("u1",), (), ("u1",)):
        await visits.admit(visit(*users))
        visits.here.clock.advance(60)
    assert not (await visits.records("assignment"))["v1:u1"].inactive


async def test_older_news_retire_nobody(visits: Hall) -> None:
    now = visits.here.clock.now()
    await visits.admit(visit("u1"), at=now)
    await visits.admit(visit(), at=now - timedelta(seconds=5))
    assert not (await visits.records("assignment"))["v1:u1"].inactive


async def test_a_flawed_nested_payload_quarantines_the_outer_one_and_retires_nobody(visits: Hall) -> None:
    await visits.admit(visit("u1"))
    visits.here.clock.advance(60)
    broken = visit("u2")
    broken["assignedUsers"]["nodes"].append({"id": None, "name": {"full": "?"}})
    counts = await visits.admit(broken)
    assert counts.quarantined == 1
    assert set(await visits.records("appointment")) == {"v1"}
    assert not (await visits.records("assignment"))["v1:u1"].inactive
    (bad,) = await visits.quarantined()
    assert (bad.processor, bad.external_id) == ("visit", "v1")


async def test_changes_make_pushes_due_for_the_destination_of_the_company(jobs: Hall) -> None:
    host = await jobs.here.connect("companycam")
    await jobs.admit(job(1), job(2))
    await jobs.admit(job(1), job(2))
    found = await jobs.here.read(lambda c: pushes.find(c))
    assert {(one.rule, one.external_id, one.destination, one.marks) for one in found} == {
        ("projects", "1", host.id, 1),
        ("projects", "2", host.id, 1),
    }


async def test_no_push_for_another_companys_destination(jobs: Hall) -> None:
    await jobs.here.connect("companycam", "other")
    await jobs.admit(job(1))
    assert await jobs.here.read(lambda c: pushes.find(c)) == []


async def test_the_newest_cursor_of_all_payloads_is_known(jobs: Hall) -> None:
    batch = jobs.digest(
        job(1),
        job(2, modifiedOn="2026-05-04T15:00:01Z", locationId=None),
        job(3, modifiedOn=None),
        {"traceId": "t"},
    )
    assert batch.newest == "2026-05-04T15:00:01.000000Z"
    assert (batch.seen, batch.cursors, batch.errors) == (4, 2, 1)
