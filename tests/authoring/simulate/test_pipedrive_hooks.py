"""Webhooks of the simulated Pipedrive, as guide-for-webhooks-v2 says."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.outbox import WebhookTarget
from runner.authoring.simulate.pipedrive import Pipedrive, pipedrive

URL = "https://hooks.example.com/pipedrive"
ASKED = {
    "subscription_url": URL,
    "event_action": "*",
    "event_object": "*",
    "name": "all",
    "http_auth_user": "hook-user",
    "http_auth_password": "hook-pass",
}


@pytest.fixture
def partner(clock, receiver) -> Pipedrive:
    return pipedrive(now=clock, size=12, webhooks=WebhookTarget("", receiver.client))


def inside(partner: Pipedrive) -> httpx.AsyncClient:
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=partner.app), base_url="https://example.pipedrive.com/api/v1"
    )
    client.headers["Authorization"] = f"Bearer {partner.grants.issue()['access_token']}"
    return client


async def ask(partner: Pipedrive, **changes: Any) -> httpx.Response:
    return await inside(partner).post("/webhooks", json={**ASKED, **changes})


async def listed(partner: Pipedrive) -> dict[str, Any]:
    found: dict[str, Any] = (await inside(partner).get("/webhooks")).json()["data"][0]
    return found


async def test_a_webhook_is_made_listed_and_removed(partner):
    made = await ask(partner)
    assert made.status_code == 201
    assert (made.json()["data"]["id"], made.json()["data"]["is_active"]) == (901, 1)
    assert (await listed(partner))["last_http_status"] is None
    assert (await inside(partner).delete("/webhooks/901")).status_code == 200
    assert (await inside(partner).delete("/webhooks/901")).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"subscription_url": "http://hooks.example.com/x"},
        {"subscription_url": "https://other.pipedrive.com/x"},
        {"subscription_url": None},
        {"event_action": "updated"},
        {"event_object": "invoice"},
        {"name": ""},
    ],
)
async def test_what_is_wrong_is_told_field_by_field(partner, wrong):
    answer = await ask(partner, **wrong)
    assert answer.status_code == 400
    assert answer.json().keys() == {"status", "success", "errors"}


async def test_more_than_forty_are_refused(partner):
    for _ in range(40):
        assert (await ask(partner)).status_code == 201
    assert (await ask(partner)).status_code == 422


async def test_a_change_tells_the_thing_and_what_it_was(partner, receiver):
    await ask(partner)
    partner.change("deals", 42, stage_id=3)
    await partner.deliver()
    told = json.loads(receiver.received[0].content)
    assert receiver.received[0].headers["authorization"] == "Basic aG9vay11c2VyOmhvb2stcGFzcw=="
    assert told["previous"].keys() == {"stage_id", "update_time"}
    assert told["data"]["stage_id"] == 3
    assert told["data"]["custom_fields"][partner.fields[0].key] == {"type": "varchar", "value": "JOB-1001"}
    meta = told["meta"]
    assert (meta["action"], meta["entity"], meta["entity_id"], meta["company_id"]) == (
        "change",
        "deal",
        "42",
        "1234567",
    )
    assert (meta["version"], meta["attempt"], meta["change_source"]) == ("2.0", 1, "app")


async def test_creation_has_no_before_and_deletion_no_after(partner, receiver):
    await ask(partner)
    key = partner.add("persons")
    partner.remove("persons", key)
    lead = partner.add("leads")
    partner.remove("leads", lead)
    await partner.deliver()
    told = [json.loads(one.content) for one in receiver.received]
    assert [one["meta"]["action"] for one in told] == ["create", "delete", "create", "delete"]
    assert told[0]["previous"] is None
    assert (told[1]["data"], told[1]["previous"]["id"]) == (None, key)
    assert told[3]["meta"]["entity_id"] == lead


async def test_only_what_was_asked_for_is_told(partner, receiver):
    await ask(partner, event_action="delete", event_object="organization")
    partner.change("deals", 42, title="x")
    partner.remove("organizations", 5)
    await partner.deliver()
    assert len(receiver.received) == 1


async def test_a_merge_names_both(partner, receiver):
    await ask(partner)
    partner.merge("persons", 1102, 1101)
    await partner.deliver()
    gone, kept = (json.loads(one.content)["meta"] for one in receiver.received)
    assert (gone["entity_id"], gone["merged_to_id"]) == ("1102", "1101")
    assert (kept["entity_id"], kept["merged_from_id"]) == ("1101", "1102")


async def test_a_failure_is_repeated_after_3_30_and_150_seconds(partner, clock, receiver):
    await ask(partner)
    receiver.answers = [500] * 4
    partner.change("deals", 42, title="x")
    for wait in (0, 3, 30, 150):
        clock.pass_by(wait)
        (attempt,) = await partner.deliver()
        assert attempt.status == 500
    told = [json.loads(one.content)["meta"] for one in receiver.received]
    assert [one["attempt"] for one in told] == [1, 2, 3, 4]
    assert len({one["id"] for one in told}) == 1
    assert not partner.outbox.waiting
    assert (await listed(partner))["last_http_status"] == 500


async def test_ten_failures_ban_it_for_half_an_hour_and_what_happens_then_is_lost(partner, clock, receiver):
    await ask(partner)
    receiver.answers = [500] * 10
    for number in range(10):
        partner.change("deals", 42, title=f"{number}")
    await partner.deliver()
    assert partner.hooks.is_banned(901)
    partner.outbox.withdraw("901")
    partner.change("deals", 42, title="lost")
    assert await partner.deliver() == []
    clock.pass_by(1800)
    partner.change("deals", 42, title="heard")
    assert [one.accepted for one in await partner.deliver()] == [True]


async def test_three_days_without_success_remove_it(partner, clock, receiver):
    await ask(partner)
    receiver.answers = [500]
    partner.change("deals", 42, title="x")
    await partner.deliver()
    clock.pass_by(3 * 86_400 + 1)
    gone = await listed(partner)
    assert (gone["is_active"], gone["remove_reason"]) == (0, "no successful delivery")


@pytest.mark.parametrize(("iso", "form"), [(True, "2026-05-04T15:20:11.000Z"), (False, "1777908011")])
async def test_the_time_is_of_either_form(clock, receiver, iso, form):
    partner = pipedrive(now=clock, iso_times=iso, webhooks=WebhookTarget("", receiver.client))
    await ask(partner)
    partner.change("deals", 42, title="x")
    await partner.deliver()
    assert json.loads(receiver.received[0].content)["meta"]["timestamp"] == form
