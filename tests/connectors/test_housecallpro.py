"""Housecall Pro, by key and by consent, from its lists to its webhooks, against the simulated company."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from runner.authoring.simulate.housecallpro import HousecallPro
from runner.engine.actions.act import act
from runner.engine.integrations import connect
from runner.engine.syncs import sync
from runner.errors import PartnerError
from runner.mapping.functions import iso8601
from runner.model.integration import Integration, State
from runner.model.run import RunState
from runner.store import integrations
from tests.partners import BASE, World, world

OWN, WEST = "00000000-1111-2222-3333-444444444444", "00000000-1111-2222-3333-555555555555"
STATES = {
    "needs scheduling": "unscheduled",
    "in progress": "in_progress",
    "complete rated": "completed",
    "complete unrated": "completed",
    "user canceled": "canceled",
    "pro canceled": "canceled",
}


def key(prefix: str, number: int) -> str:
    return f"{prefix}_{number:032d}"


JOB = key("job", 1)


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, partners=("housecallpro",), size=44) as opened:
        yield opened


@pytest.fixture
def partner(here: World) -> HousecallPro:
    found: HousecallPro = here.partners["housecallpro"]
    return found


@pytest.fixture
async def company(here: World, partner: HousecallPro) -> Integration:
    made = await here.connect("housecallpro")
    partner.hooks.url = f"{BASE}/webhooks/housecallpro/{made.id}"
    return made


async def run(here: World, company: Integration, *names: str, full: bool = False) -> list[Any]:
    here.clock.advance(600)
    return [await sync.run(here.house, company, name, full=full) for name in names]


def own(partner: HousecallPro, what: str, company_id: str = OWN) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in partner.table(what) if row["company_id"] == company_id}


async def told(here: World, partner: HousecallPro) -> None:
    """Deliver what waits, and let the runner work on it."""
    assert all(one.accepted for one in await partner.deliver())
    here.clock.advance(10)
    await here.work()


async def test_a_key_lets_in(company: Integration) -> None:
    assert (company.state, company.account_id, company.account_name) == (State.ACTIVE, OWN, "Sample Pros")


async def test_a_consent_lets_in_and_its_token_is_renewed(here: World, partner: HousecallPro) -> None:
    begun = await connect.begin(here.house, "acme", "housecallpro", settings={}, way="oauth")
    company = await here.consent(begun)
    assert (company.state, company.account_id) == (State.ACTIVE, OWN)
    here.clock.advance(30 * 86_400)
    (done,) = await run(here, company, "employees")
    assert done.state is RunState.DONE
    assert partner.calls["POST /oauth/token"] == 2


async def test_a_wrong_key_does_not(here: World) -> None:
    assert (await here.connect("housecallpro", api_key="other")).state is State.ERROR


async def test_a_second_location_is_an_integration_of_its_own(here: World, partner: HousecallPro) -> None:
    west = await here.connect("housecallpro", location_id=WEST)
    assert (west.account_id, west.account_name) == (WEST, "Sample Pros West")
    await run(here, west, "jobs")
    assert (await here.records(west, "project")).keys() == own(partner, "jobs", WEST).keys()


async def test_what_is_stored_is_what_the_company_has(here: World, partner: HousecallPro, company: Integration) -> None:
    runs = await run(here, company, "customers", "employees", "jobs", "estimates")
    assert [(one.state, one.counts.quarantined) for one in runs] == [(RunState.DONE, 0)] * 4
    for kind, what in (("project", "jobs"), ("estimate", "estimates")):
        assert (await here.records(company, kind)).keys() == own(partner, what).keys(), kind
    # customers of the other location are heard of in jobs only by their id
    assert (await here.records(company, "contact")).keys() == own(partner, "customers").keys()
    active = {row["id"] for row in partner.table("employees") if row["active"]}
    assert (await here.records(company, "user")).keys() == active
    assert partner.violations == 0


async def test_jobs_keep_their_cents_states_and_times(here: World, partner: HousecallPro, company: Integration) -> None:
    await run(here, company, "jobs")
    jobs = await here.records(company, "project")
    for own_key, row in own(partner, "jobs").items():
        fields = jobs[own_key].fields
        assert fields["total"] == row["total_amount"], own_key
        assert fields["status"] == STATES.get(row["work_status"], row["work_status"]), own_key
        assert fields["starts_at"] == (row["scheduled_start"] and iso8601(row["scheduled_start"])), own_key
        assert fields["users"] == row["employee_ids"], own_key
        assert jobs[own_key].inactive == bool(row["deleted_at"] or row["canceled_at"]), own_key
    booked = {one["id"] for row in own(partner, "jobs").values() for one in row["appointments"]}
    assert (await here.records(company, "appointment")).keys() == booked


async def test_only_changes_are_read_again(database_url: str) -> None:
    async with world(database_url, partners=("housecallpro",), housecallpro={"size": 1000}) as here:
        partner: HousecallPro = here.partners["housecallpro"]
        company = await here.connect("housecallpro")
        (first,) = await run(here, company, "jobs")
        partner.change("jobs", JOB, description="Changed")
        (second,) = await run(here, company, "jobs")
        assert (first.counts.pages, second.counts.pages) == (4, 1)
        assert (second.counts.changed, second.counts.created) == (1, 0)
        assert (await here.records(company, "project"))[JOB].fields["description"] == "Changed"
        assert partner.violations == 0


async def test_customers_that_are_gone_go_with_the_next_pass(
    here: World, partner: HousecallPro, company: Integration
) -> None:
    await run(here, company, "customers")
    partner.remove("customers", key("cus", 1))
    await run(here, company, "customers", full=True)
    assert (await here.records(company, "contact")).keys() == own(partner, "customers").keys()


async def test_a_company_that_takes_its_key_back_is_in_error(
    here: World, partner: HousecallPro, company: Integration
) -> None:
    partner.disconnect()
    with pytest.raises(PartnerError):
        await run(here, company, "jobs")
    assert (await here.read(lambda c: integrations.get(c, company.id))).state is State.ERROR


async def test_a_webhook_brings_the_job(here: World, partner: HousecallPro, company: Integration) -> None:
    await here.work()
    partner.change("jobs", JOB, description="Told")
    partner.outbox.disturb(copies=2)
    await told(here, partner)
    assert (await here.records(company, "project"))[JOB].fields["description"] == "Told"


async def test_a_late_webhook_undoes_nothing(here: World, partner: HousecallPro, company: Integration) -> None:
    await here.work()
    for words in ("First", "Second"):
        partner.change("jobs", JOB, description=words)
        here.clock.advance(5)
    partner.outbox.disturb(reverse=True)
    await told(here, partner)
    assert (await here.records(company, "project"))[JOB].fields["description"] == "Second"


async def test_deletions_are_told(here: World, partner: HousecallPro, company: Integration) -> None:
    await here.work()
    partner.remove("jobs", JOB)
    partner.remove("customers", key("cus", 1))
    await told(here, partner)
    assert JOB not in await here.records(company, "project")
    assert key("cus", 1) not in await here.records(company, "contact")


async def test_an_appointment_starts_the_sync(here: World, partner: HousecallPro, company: Integration) -> None:
    await here.work()
    eighth = key("job", 8)
    first, second = partner.table("jobs").row(eighth)["appointments"]
    partner.change("jobs", eighth, appointments=[{**first, "start_time": "2026-06-01T14:00:00Z"}])
    await told(here, partner)
    stored = await here.records(company, "appointment")
    assert stored[first["id"]].fields["starts_at"] == "2026-06-01T14:00:00.000000Z"
    assert stored[second["id"]].inactive


async def test_signatures_are_checked_and_trials_are_welcome(
    here: World, partner: HousecallPro, company: Integration
) -> None:
    partner.hooks.try_out()
    (trial,) = await partner.deliver()
    assert trial.status == 200
    forged = {**trial.headers, "Api-Signature": "0" * 64}
    url = f"{BASE}/webhooks/housecallpro/{company.id}"
    received = await here.receive("housecallpro", trial.body, forged, url=url, integration_id=company.id)
    assert received.status == 401


async def test_a_customer_is_made_and_a_note_written(here: World, partner: HousecallPro, company: Integration) -> None:
    given = {"first_name": "Robin", "last_name": "Vega", "email": "robin@example.com", "phone": "4025550100"}
    made = await act(here.house, company, "create_customer", given)
    assert partner.table("customers").row(made["id"])["mobile_number"] == "4025550100"
    await act(here.house, company, "add_note", {"job_id": JOB, "text": "Ring twice"})
    assert partner.table("jobs").row(JOB)["notes"][-1]["content"] == "Ring twice"


async def test_a_customer_without_a_name_is_refused_in_the_partner_s_words(here: World, company: Integration) -> None:
    with pytest.raises(PartnerError, match="At least one of these is needed"):
        await act(here.house, company, "create_customer", {})
