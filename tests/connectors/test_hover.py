"""Hover, from consent to stored records, against the simulated organisation's own truth."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from runner.authoring.simulate.hover import Hover
from runner.engine.actions.act import act
from runner.engine.actions.once import once
from runner.engine.integrations import connect, disconnect
from runner.engine.syncs import sync
from runner.errors import AuthenticationError, BadInput, RecordSkipped, UnexpectedResponse, UnknownOutcome
from runner.model.integration import Integration, Reason, State
from runner.model.run import RunState
from runner.store import integrations
from tests.partners import World, world

FIRST = "15084303"
USER = "tech@example.com"
JOB = {"name": "Reyes", "street": "100 Main St", "city": "Lincoln", "region": "NE", "number": "J-7"}
CAPTURE = {"person": "Sam Reyes", "email": "sam@example.com", "street": "100 Main St", "number": "J-7"}


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, partners=("hover",), size=23) as opened:
        yield opened


@pytest.fixture
def partner(here: World) -> Hover:
    found: Hover = here.partners["hover"]
    return found


@pytest.fixture
async def company(here: World) -> Integration:
    return await here.connect("hover", user_email=USER)


async def run(here: World, company: Integration, **options: Any) -> Any:
    return await sync.run(here.house, company, "jobs", **options)


async def told(here: World, partner: Hover) -> None:
    """Deliver what waits, and let the runner work on it."""
    assert all(one.accepted for one in await partner.deliver())
    here.clock.advance(15)
    await here.work()


async def confirmed(here: World, partner: Hover) -> dict[str, Any]:
    """The webhook, asked for and confirmed."""
    await here.work()
    await told(here, partner)
    (hook,) = partner.table("webhooks")
    return hook


async def test_the_organisation_is_known_by_the_token_answer(here: World, company: Integration) -> None:
    assert (company.state, company.account_id) == (State.ACTIVE, "orgs:785")


async def test_a_user_of_another_organisation_is_refused(here: World, partner: Hover) -> None:
    begun = await connect.begin(here.house, "acme", "hover", settings={"user_email": "stranger@example.com"})
    with pytest.raises(UnexpectedResponse, match="Act as"):
        await here.consent(begun)
    assert partner.violations == 0


async def test_what_is_stored_is_what_the_organisation_has(here: World, partner: Hover, company: Integration) -> None:
    one = await run(here, company)
    assert (one.state, one.counts.quarantined) == (RunState.DONE, 0)
    rows = {str(row["id"]): row for row in partner.table("jobs")}
    projects = await here.records(company, "project")
    assert projects.keys() == rows.keys()
    models = {str(model["id"]): model for row in rows.values() for model in row["models"]}
    assert (await here.records(company, "model")).keys() == models.keys()
    images = {str(image["id"]) for model in models.values() for image in model["images"]}
    assert (await here.records(company, "photo")).keys() == images
    assert (await here.records(company, "contact")).keys() == {
        key for key, row in rows.items() if row["customer"]["name"] or row["customer"]["email"]
    }
    assert partner.calls["GET /api/v3/jobs/{id}"] == 23
    assert partner.violations == 0


async def test_the_list_is_told_by_its_details(here: World, partner: Hover, company: Integration) -> None:
    await run(here, company)
    for key, record in (await here.records(company, "project")).items():
        row = partner.table("jobs").row(key)
        assert record.inactive is (row["archived_at"] is not None), key
        assert record.fields["number"] == row["external_identifier"], key
        assert record.fields["address"]["city"] == row["address"]["city"], key
        assert record.fields["coordinates"]["latitude"] == float(row["latitude"]), key
        assert (record.fields["status"] == "completed") is (row["state"] == "complete"), key


async def test_many_pages_stay_within_120_calls_a_minute(database_url: str) -> None:
    async with world(database_url, partners=("hover",), hover={"size": 230}) as here:
        company, partner = await here.connect("hover", user_email=USER), here.partners["hover"]
        await here.work(wait=timedelta(hours=1))
        assert len(await here.records(company, "project")) == 230
        assert partner.calls["GET /api/v3/jobs/{id}"] <= 2 * 230  # a page that had to wait asks anew
        assert partner.violations == 0


async def test_a_webhook_is_confirmed_by_its_code(here: World, partner: Hover, company: Integration) -> None:
    hook = await confirmed(here, partner)
    assert hook["verified_at"] is not None
    assert partner.calls["PUT /api/v2/webhooks/{code}/verify"] == 1


async def test_a_webhook_brings_the_job_with_its_models(here: World, partner: Hover, company: Integration) -> None:
    await confirmed(here, partner)
    before = partner.calls["GET /api/v3/jobs/{id}"]
    partner.change("jobs", 15084304, state="complete", name="Told by webhook")
    partner.outbox.disturb(copies=2, reverse=True)
    await told(here, partner)
    record = (await here.records(company, "project"))["15084304"]
    assert (record.fields["name"], record.fields["status"]) == ("Told by webhook", "completed")
    (made,) = partner.table("jobs").row(15084304)["models"]
    assert str(made["id"]) in await here.records(company, "model")
    assert partner.calls["GET /api/v3/jobs/{id}"] == before + 1


@pytest.mark.parametrize(("digest", "chosen"), [("sha1", True), ("sha256", False)])
async def test_a_signature_of_another_digest_is_refused(database_url: str, digest: str, chosen: bool) -> None:
    """The operator has chosen SHA-1, which is the default."""
    async with world(database_url, partners=("hover",), hover={"digest": digest}) as here:
        await here.connect("hover", user_email=USER)
        partner = here.partners["hover"]
        await here.work()
        await partner.deliver()
        await here.work()
        (hook,) = partner.table("webhooks")
        partner.table("webhooks").change(hook["id"], {"verified_at": here.clock.now()}, here.clock.now())
        partner.change("jobs", int(FIRST), state="working")
        assert {one.accepted for one in await partner.deliver()} == {chosen}


async def test_a_webhook_that_is_gone_is_asked_for_again(here: World, partner: Hover, company: Integration) -> None:
    hook = await confirmed(here, partner)
    partner.table("webhooks").remove(hook["id"])
    here.clock.advance(7200)
    again = await confirmed(here, partner)
    assert again["id"] != hook["id"]
    assert again["verified_at"] is not None


async def test_a_refresh_token_is_used_once(here: World, partner: Hover, company: Integration) -> None:
    here.clock.advance(7200)
    await run(here, company)
    here.clock.advance(7200)
    assert (await run(here, company)).state is RunState.DONE
    assert partner.calls["POST /oauth/token"] == 3


async def test_a_removed_integration_is_a_person_s_affair(here: World, partner: Hover, company: Integration) -> None:
    partner.disconnect()
    with pytest.raises(AuthenticationError, match="connect again"):
        await run(here, company)
    assert (await here.read(lambda c: integrations.get(c, company.id))).state is State.ERROR


async def test_disconnecting_removes_the_webhook(here: World, partner: Hover, company: Integration) -> None:
    await confirmed(here, partner)
    await disconnect.disconnect(here.house, company, Reason("disconnected", "the company asked for it"))
    await here.work()
    assert list(partner.table("webhooks")) == []


async def test_a_photo_s_signed_address_is_the_answer(here: World, partner: Hover, company: Integration) -> None:
    image = partner.table("jobs").row(FIRST)["models"][0]["images"][0]["id"]
    hover = here.house.connectors.get("hover")
    found = await here.house.caller.call(hover, hover.endpoints["image"], company, input={"id": str(image)})
    assert found.json["location"].startswith(f"https://hover-storage.example/photos/{image}.jpg?signature=")
    assert all(request.url.host == "hover.to" for request in here.wire.requests)


async def test_a_partner_that_stumbles_ends_in_the_same_records(
    here: World, partner: Hover, company: Integration
) -> None:
    for status in (500, 429, 408):
        partner.fail_next(1, status, on="GET /api/v")
    one = await run(here, company)
    assert (one.state, one.counts.quarantined) == (RunState.DONE, 0)
    assert (await here.records(company, "project")).keys() == {str(row["id"]) for row in partner.table("jobs")}


# Actions


async def test_a_job_is_made_changed_and_archived(here: World, partner: Hover, company: Integration) -> None:
    made = await act(here.house, company, "create_job", JOB)
    row = partner.table("jobs").row(made["id"])
    assert (row["name"], row["address"]["line_1"], row["external_identifier"]) == ("Reyes", "100 Main St", "J-7")
    again = await act(here.house, company, "update_job", {"id": made["id"], "name": "Reyes & Vega"})
    assert (again["id"], row["name"], row["external_identifier"]) == (made["id"], "Reyes & Vega", "J-7")
    await act(here.house, company, "archive_job", {"id": made["id"]})
    assert row["archived_at"] is not None
    assert partner.violations == 0


async def test_a_job_that_is_gone_is_not_changed(here: World, company: Integration) -> None:
    with pytest.raises(RecordSkipped, match="Job not found"):
        await act(here.house, company, "update_job", {"id": "1", "name": "x"})


async def test_what_a_job_lacks_is_said_before_anything_is_sent(
    here: World, partner: Hover, company: Integration
) -> None:
    with pytest.raises(BadInput, match="`street` is missing"):
        await act(here.house, company, "create_job", {"name": "Reyes"})
    assert partner.calls["POST /api/v2/jobs"] == 0


async def test_a_refused_job_is_told_in_their_words(here: World, company: Integration) -> None:
    with pytest.raises(UnexpectedResponse, match="location_line_1 is missing"):
        await act(here.house, company, "create_job", {**JOB, "street": ""})


@pytest.mark.parametrize(
    ("name", "given", "call", "what"),
    [
        ("create_job", JOB, "/api/v2/jobs", "jobs"),
        ("request_capture", CAPTURE, "/api/v2/capture_req", "capture_requests"),
    ],
)
async def test_what_was_made_though_the_answer_was_lost_is_found(
    here: World, partner: Hover, company: Integration, name: str, given: dict[str, Any], call: str, what: str
) -> None:
    before = len(partner.table(what))
    partner.fail_next(1, "lost", on=f"POST {call}")
    with pytest.raises(UnknownOutcome, match="ask again with the key k-1"):
        await once(here.house, company, name, given, "k-1")
    found = await once(here.house, company, name, given, "k-1")
    assert (found.repeated, len(partner.table(what))) == (True, before + 1)
    assert found.result["id"] == list(partner.table(what))[-1]["id"]


async def test_what_never_arrived_is_sent_again(here: World, partner: Hover, company: Integration) -> None:
    before = len(partner.table("jobs"))
    partner.fail_next(1, "timeout", on="POST /api/v2/jobs")
    with pytest.raises(UnknownOutcome):
        await once(here.house, company, "create_job", JOB, "k-1")
    made = await once(here.house, company, "create_job", JOB, "k-1")
    assert (made.repeated, len(partner.table("jobs"))) == (False, before + 1)


async def test_a_capture_is_asked_for_and_taken_back(here: World, partner: Hover, company: Integration) -> None:
    made = await act(here.house, company, "request_capture", CAPTURE)
    (row,) = partner.table("capture_requests")
    assert (str(row["id"]), row["capturing_user_email"]) == (str(made["id"]), "sam@example.com")
    assert row["job_attributes"] == {"location_line_1": "100 Main St", "external_identifier": "J-7"}
    for _ in range(2):
        await act(here.house, company, "cancel_capture", {"id": made["id"]})
    assert list(partner.table("capture_requests")) == []


async def test_a_capture_without_a_person_is_refused_in_their_words(here: World, company: Integration) -> None:
    with pytest.raises(UnexpectedResponse, match="capturing_user_name is missing"):
        await act(here.house, company, "request_capture", {**CAPTURE, "person": ""})
