"""Pipedrive, from consent to stored records, against the simulated company's own truth."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.outbox import WebhookTarget
from runner.authoring.simulate.pipedrive import Pipedrive
from runner.engine.actions.act import act
from runner.engine.actions.once import once
from runner.engine.integrations import connect, disconnect
from runner.engine.syncs import sync
from runner.errors import AuthenticationError, RateLimited, UnexpectedResponse, UnknownOutcome
from runner.model.integration import Integration, Reason, State
from runner.model.run import RunState
from runner.service import tickets
from runner.service.app import App
from runner.service.settings import Settings
from runner.store import integrations
from tests.browse import go_on
from tests.partners import BASE, World, world

FIRST = "42"
SYNCS = ("users", "organizations", "persons", "deals", "archived_deals", "deleted_deals", "leads", "archived_leads")


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, partners=("pipedrive",), size=23) as opened:
        yield opened


@pytest.fixture
def partner(here: World) -> Pipedrive:
    found: Pipedrive = here.partners["pipedrive"]
    return found


@pytest.fixture
async def company(here: World) -> Integration:
    return await here.connect("pipedrive", job_number_field="Job number")


async def run(here: World, company: Integration, *names: str, full: bool = False) -> list[Any]:
    return [await sync.run(here.house, company, name, full=full) for name in names]


def ids(partner: Pipedrive, what: str) -> set[str]:
    return {str(row["id"]) for row in partner.table(what)}


async def told(here: World, partner: Pipedrive) -> None:
    """Deliver what waits, and let the runner work on it."""
    assert all(one.accepted for one in await partner.deliver())
    here.clock.advance(10)
    await here.work()


def served(here: World) -> httpx.AsyncClient:
    """The service, as browsers and partners see it."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=App(here.house, Settings.read({}))), base_url=BASE)


async def state(here: World, company: Integration) -> Integration:
    found: Integration = await here.read(lambda c: integrations.get(c, company.id))
    return found


async def test_every_call_goes_to_the_host_of_the_token_answer(here: World, company: Integration) -> None:
    assert (company.state, company.account_id, company.account_name) == (State.ACTIVE, "1234567", "Example Roofing")
    assert company.account["api_domain"] == "https://example.pipedrive.com"
    assert here.wire.count("GET", "/api/v1/users/me") == 1


async def test_a_host_that_is_not_theirs_is_not_called(database_url: str) -> None:
    options = {"api_domain": "https://example.pipedrive.com.evil.example"}
    async with world(database_url, partners=("pipedrive",), pipedrive=options) as here:
        with pytest.raises(UnexpectedResponse, match="api_domain"):
            await here.connect("pipedrive")
        assert {request.url.host for request in here.wire.requests} == {"oauth.pipedrive.com"}


async def test_what_is_stored_is_what_the_company_has(here: World, partner: Pipedrive, company: Integration) -> None:
    runs = await run(here, company, *SYNCS)
    assert [one.state for one in runs] == [RunState.DONE] * len(SYNCS)
    assert [one.counts.quarantined for one in runs] == [0] * len(SYNCS)
    deals = ids(partner, "deals") - {
        str(row["id"]) for row in partner.table("deals") if row["is_deleted"] and row["is_archived"]
    }
    assert (await here.records(company, "deal")).keys() == deals | ids(partner, "leads")
    for kind, what in (("contact", "persons"), ("company", "organizations"), ("user", "users")):
        assert (await here.records(company, kind)).keys() == ids(partner, what), kind
    assert partner.violations == 0


async def test_amounts_stages_and_ties_of_deals(here: World, partner: Pipedrive, company: Integration) -> None:
    await run(here, company, "deals", "archived_deals", "deleted_deals")
    for key, record in (await here.records(company, "deal")).items():
        row = partner.table("deals").row(key)
        units = 1 if row["currency"] == "JPY" else 100
        assert record.fields["amount"] == (None if row["value"] is None else round(row["value"] * units)), key
        assert record.fields["stage"] == str(row["stage_id"])
        assert record.fields["contact"] == (row["person_id"] and str(row["person_id"])), key
        assert record.inactive is (row["is_archived"] or row["is_deleted"]), key


async def test_the_job_number_is_found_by_the_name_of_its_field(
    here: World, partner: Pipedrive, company: Integration
) -> None:
    await run(here, company, "deals")
    assert here.wire.count("GET", "/api/v1/dealFields") == 1
    for key, record in (await here.records(company, "deal")).items():
        numbered = partner.table("deals").row(key)["custom_fields"][partner.fields[0].key]
        assert record.fields["number"] == numbered, key


async def test_later_runs_ask_for_what_is_new(here: World, partner: Pipedrive, company: Integration) -> None:
    await run(here, company, "persons")
    here.clock.advance(3600)
    partner.change("persons", 1105, first_name="Ada", name="Ada New")
    (later,) = await run(here, company, "persons")
    assert later.counts.seen < 5
    assert (await here.records(company, "contact"))["1105"].fields["name"] == "Ada New"


async def test_what_was_deleted_goes_with_the_next_full_pass(
    here: World, partner: Pipedrive, company: Integration
) -> None:
    await run(here, company, "persons")
    partner.remove("persons", 1105)
    await run(here, company, "persons", full=True)
    assert (await here.records(company, "contact")).keys() == ids(partner, "persons") - {"1105"}


async def test_many_pages_stay_within_the_limits(database_url: str) -> None:
    async with world(database_url, partners=("pipedrive",), pipedrive={"size": 1700}) as here:
        company, partner = await here.connect("pipedrive"), here.partners["pipedrive"]
        people, leads = await run(here, company, "persons", "leads")
        assert (people.counts.pages, leads.counts.pages) == (4, 5)
        assert (await here.records(company, "contact")).keys() == ids(partner, "persons")
        assert partner.violations == 0


async def test_a_company_without_leads_is_no_trouble(here: World, partner: Pipedrive, company: Integration) -> None:
    for lead in ids(partner, "leads"):
        partner.remove("leads", lead)
    (one,) = await run(here, company, "leads")
    assert (one.state, one.counts.seen) == (RunState.DONE, 0)


@pytest.mark.parametrize("iso", [True, False])
async def test_a_webhook_brings_the_deal(database_url: str, iso: bool) -> None:
    async with world(database_url, partners=("pipedrive",), pipedrive={"iso_times": iso}) as here:
        company, partner = await here.connect("pipedrive"), here.partners["pipedrive"]
        await here.work()
        (hook,) = partner.table("webhooks")
        assert hook["http_auth_user"] == "runner"
        partner.change("deals", 42, title="Told by webhook", value=12.34, currency="EUR")
        partner.outbox.disturb(copies=2, reverse=True)
        before = here.wire.count("GET", "/api/v2/deals/42")
        await told(here, partner)
        deal = (await here.records(company, "deal"))[FIRST]
        assert (deal.fields["name"], deal.fields["amount"]) == ("Told by webhook", 1234)
        assert here.wire.count("GET", "/api/v2/deals/42") == before + 1


async def test_deletions_and_merges_are_followed(here: World, partner: Pipedrive, company: Integration) -> None:
    await here.work()
    lead = min(ids(partner, "leads"))
    partner.remove("deals", 42)
    partner.remove("organizations", 6)
    partner.remove("leads", lead)
    partner.merge("persons", 1102, 1101)
    await told(here, partner)
    assert FIRST not in await here.records(company, "deal")
    assert lead not in await here.records(company, "deal")
    assert "6" not in await here.records(company, "company")
    assert (await here.records(company, "contact")).keys() == ids(partner, "persons") - {"1102"}


async def test_new_things_of_every_kind_come_by_webhook(here: World, partner: Pipedrive, company: Integration) -> None:
    await here.work()
    made = {what: str(partner.add(what)) for what in ("persons", "organizations", "leads", "users", "activities")}
    await told(here, partner)
    for kind, what in (("contact", "persons"), ("company", "organizations"), ("deal", "leads"), ("user", "users")):
        assert made[what] in await here.records(company, kind), kind


async def test_a_webhook_without_the_secret_is_refused(here: World, partner: Pipedrive, company: Integration) -> None:
    await here.work()
    (hook,) = partner.table("webhooks")
    partner.table("webhooks").change(hook["id"], {"http_auth_password": "another"}, None)
    partner.change("deals", 42, title="Forged")
    assert [one.status for one in await partner.deliver()] == [401]


async def test_a_webhook_that_was_removed_is_asked_for_again(
    here: World, partner: Pipedrive, company: Integration
) -> None:
    await here.work()
    (hook,) = partner.table("webhooks")
    gone = {"is_active": 0, "remove_reason": "no successful delivery"}
    partner.table("webhooks").change(hook["id"], gone, None)
    here.clock.advance(7200)
    await here.work()
    assert [row["is_active"] for row in partner.table("webhooks")] == [1]


async def test_who_begins_in_the_marketplace_begins_again_here(here: World, partner: Pipedrive) -> None:
    """The install there comes back without our state: its code is not taken, and a consent of our own follows."""
    begun = await connect.begin(here.house, "acme", "pipedrive")
    web = served(here)
    await go_on(web, tickets.link(here.house, begun).url)
    code = partner.grants.consents.code(f"{BASE}/oauth/callback")
    back = await web.get("/oauth/callback", params={"code": code})
    asked = httpx.URL(back.headers["location"])
    assert (asked.host, code in str(asked)) == ("oauth.pipedrive.com", False)
    async with httpx.AsyncClient(transport=here.wire) as browser:
        approved = await browser.post(asked.copy_with(query=None), data={**dict(asked.params), "decision": "approve"})
    done = await web.get(approved.headers["location"])
    assert done.status_code in {200, 303}
    assert (await state(here, begun)).state is State.ACTIVE


async def test_an_app_that_is_removed_there_is_disconnected_here(database_url: str) -> None:
    houses: list[World] = []

    async def to_us(request: httpx.Request) -> httpx.Response:
        return await served(houses[0]).send(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(to_us)) as out:
        options = {"webhooks": WebhookTarget("", out)}
        async with world(database_url, partners=("pipedrive",), pipedrive=options) as here:
            houses.append(here)
            company, partner = await here.connect("pipedrive"), here.partners["pipedrive"]
            await here.work()
            partner.disconnect()
            (attempt,) = await partner.deliver()
            assert (attempt.topic, attempt.status) == ("uninstall", 200)
            after = await state(here, company)
            assert (after.state, after.reason and after.reason.code) == (State.DISABLED, "partner-disconnected")


async def test_disconnecting_removes_the_webhook_and_the_install(
    here: World, partner: Pipedrive, company: Integration
) -> None:
    await here.work()
    await disconnect.disconnect(here.house, company, Reason("disconnected", "the company asked for it"))
    await here.work()
    assert list(partner.table("webhooks")) == []
    assert partner.calls["POST /oauth/revoke"] == 1


async def test_a_closed_account_is_a_person_s_affair(here: World, partner: Pipedrive, company: Integration) -> None:
    partner.is_paid = False
    with pytest.raises(AuthenticationError, match="closed or not paid"):
        await run(here, company, "deals")
    assert (await state(here, company)).state is State.ERROR


async def test_a_deal_is_made_and_changed(here: World, partner: Pipedrive, company: Integration) -> None:
    made = await act(here.house, company, "create_deal", {"name": "By us", "amount": 10.5, "currency": "USD"})
    row = partner.table("deals").row(made["id"])
    assert (row["title"], row["value"], row["currency"]) == ("By us", 10.5, "USD")
    await act(here.house, company, "update_deal", {"id": made["id"], "status": "won", "stage": 4})
    row = partner.table("deals").row(made["id"])
    assert (row["status"], row["stage_id"], row["pipeline_id"]) == ("won", 4, 2)


async def test_a_lost_deal_says_why_and_a_deleted_one_is_gone(
    here: World, partner: Pipedrive, company: Integration
) -> None:
    await act(here.house, company, "update_deal", {"id": FIRST, "status": "lost", "lost_reason": "Too dear"})
    row = partner.table("deals").row(FIRST)
    assert (row["status"], row["lost_reason"], row["lost_time"]) == ("lost", "Too dear", here.clock.now())
    for _ in range(2):
        await act(here.house, company, "delete_deal", {"id": FIRST})
    assert row["is_deleted"]


async def test_a_change_whose_answer_was_lost_is_sent_again(
    here: World, partner: Pipedrive, company: Integration
) -> None:
    partner.fail_next(1, "lost", on="PATCH /api/v2")
    await act(here.house, company, "update_deal", {"id": FIRST, "name": "Gutter"})
    assert (partner.calls["PATCH /api/v2/{what}/{id}"], partner.table("deals").row(FIRST)["title"]) == (2, "Gutter")


async def test_a_note_is_written_changed_and_deleted(here: World, partner: Pipedrive, company: Integration) -> None:
    made = await act(here.house, company, "add_note", {"text": "Gate <b>4</b>", "deal": 42, "pinned": True})
    row = partner.table("notes").row(made["id"])
    assert (row["content"], row["deal_id"], row["pinned_to_deal_flag"]) == ("Gate <b>4</b>", 42, True)
    await act(here.house, company, "update_note", {"id": made["id"], "text": "Gate 5"})
    assert row["content"] == "Gate 5"
    for _ in range(2):
        await act(here.house, company, "delete_note", {"id": made["id"]})
    assert row["active_flag"] is False
    assert partner.violations == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "A note must be attached to a deal, a person, an organization or a lead"),
        ({"deal": 999}, "Validation failed: deal_id: 999 was not found"),
        ({"deal": 42, "text": ""}, "Validation failed: content: Required"),
    ],
)
async def test_a_note_that_is_refused_is_told_in_their_words(
    here: World, partner: Pipedrive, company: Integration, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(UnexpectedResponse, match=words):
        await act(here.house, company, "add_note", {"text": "Gate", **more})
    assert len(partner.table("notes")) == 0


@pytest.mark.parametrize(
    ("name", "given", "call", "what"),
    [
        ("add_note", {"text": "Gate", "deal": 42}, "/api/v1/notes", "notes"),
        ("create_deal", {"name": "By us", "amount": 10.5}, "/api/v2", "deals"),
    ],
)
async def test_what_was_made_though_the_answer_was_lost_is_found(
    here: World, partner: Pipedrive, company: Integration, name: str, given: dict[str, Any], call: str, what: str
) -> None:
    before = len(partner.table(what))
    partner.fail_next(1, "lost", on=f"POST {call}")
    with pytest.raises(UnknownOutcome, match="ask again with the key k-1"):
        await once(here.house, company, name, given, "k-1")
    found = await once(here.house, company, name, given, "k-1")
    assert (found.repeated, len(partner.table(what))) == (True, before + 1)
    assert found.result["id"] == list(partner.table(what))[-1]["id"]


async def test_a_deal_that_the_partner_refuses_is_told(here: World, company: Integration) -> None:
    with pytest.raises(UnexpectedResponse, match="Validation failed: person_id"):
        await act(here.house, company, "create_deal", {"name": "By us", "person": 999})


async def test_a_partner_that_stumbles_ends_in_the_same_records(
    here: World, partner: Pipedrive, company: Integration
) -> None:
    for status in (500, 503, 429):
        partner.fail_next(1, status, on="GET /api/v2")
    await run(here, company, "organizations", "persons")
    for kind, what in (("contact", "persons"), ("company", "organizations")):
        assert (await here.records(company, kind)).keys() == ids(partner, what), kind


async def test_the_day_s_budget_is_left_to_what_is_more_urgent_than_a_full_pass(database_url: str) -> None:
    """A full pass leaves a twentieth of the 30,000 points that the connector declares; what is new may use it."""
    async with world(database_url, partners=("pipedrive",), pipedrive={"daily": 1_515}) as here:
        company = await here.connect("pipedrive")
        await run(here, company, "persons")
        with pytest.raises(RateLimited) as limited:
            await run(here, company, "organizations")
        assert limited.value.wait is not None
        assert limited.value.wait >= 3600
        (again,) = await run(here, company, "persons")
        assert (again.full, again.state) == (False, RunState.DONE)


async def test_the_day_s_empty_budget_is_waited_for(database_url: str) -> None:
    async with world(database_url, partners=("pipedrive",), pipedrive={"daily": 1_515}) as here:
        company, partner = await here.connect("pipedrive"), here.partners["pipedrive"]
        await run(here, company, "persons")
        partner.meter.spent = 1_505
        await run(here, company, "persons")
        with pytest.raises(RateLimited) as limited:
            await run(here, company, "persons")
        assert limited.value.wait is not None
        assert limited.value.wait >= 3600
