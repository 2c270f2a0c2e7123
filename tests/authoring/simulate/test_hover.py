"""The simulated Hover, as developers.hover.to says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.hover import Hover, hover
from runner.authoring.simulate.outbox import WebhookTarget

REDIRECT = "https://host.example/oauth/callback"
APP = {"client_id": "hover-app", "client_secret": "hover-secret"}
ASKED = {"client_id": "hover-app", "response_type": "code", "redirect_uri": REDIRECT, "state": "s"}
USER = {"current_user_email": "tech@example.com"}
CAPTURE = {
    "capturing_user_name": "Sam Reyes",
    "capturing_user_email": "owner@example.com",
    "job_attributes": {"location_line_1": "100 Main St"},
}
FIRST = 15084303


def surface(partner: Hover, base: str = "https://hover.to") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=partner.app), base_url=base)


def inside(partner: Hover) -> httpx.AsyncClient:
    client = surface(partner)
    client.headers["Authorization"] = f"Bearer {partner.grants.issue()['access_token']}"
    return client


async def token(partner: Hover, **fields: str) -> httpx.Response:
    return await surface(partner).post("/oauth/token", json={**APP, **fields})


@pytest.fixture
def partner(clock, receiver) -> Hover:
    return hover(now=clock, webhooks=WebhookTarget("", receiver.client))


# Consent and tokens


async def test_a_code_is_taken_as_json_and_as_a_form(partner):
    for send in ("json", "data"):
        back = (await surface(partner).post("/oauth/authorize", data={**ASKED, "decision": "approve"})).headers
        code = httpx.URL(back["location"]).params["code"]
        form = {**APP, "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        answer = (await surface(partner).post("/oauth/token", **{send: form})).json()
        assert (answer["expires_in"], answer["owner_id"], answer["owner_type"]) == (7200, 785, "orgs")
        assert answer["scope"] == "all"


async def test_the_way_back_must_be_https(partner):
    asked = {**ASKED, "redirect_uri": "http://host.example/x", "decision": "approve"}
    assert (await surface(partner).post("/oauth/authorize", data=asked)).status_code == 400


async def test_a_refresh_token_serves_once(partner):
    first = partner.grants.issue()
    again = await token(partner, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert again.json()["refresh_token"] != first["refresh_token"]
    used = await token(partner, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (used.status_code, used.json()["error"]) == (400, "invalid_grant")


async def test_an_access_token_lasts_two_hours(partner, clock):
    client = inside(partner)
    assert (await client.get("/api/v2/jobs", params=USER)).status_code == 200
    clock.pass_by(7200)
    assert (await client.get("/api/v2/jobs", params=USER)).status_code == 401


@pytest.mark.parametrize(
    ("params", "status"),
    [({}, 422), ({"current_user_email": "x@example.com"}, 422), (USER, 200), ({"current_user_id": 1537006}, 200)],
)
async def test_a_token_of_an_organisation_wants_a_user(partner, params, status):
    assert (await inside(partner).get("/api/v2/jobs", params=params)).status_code == status


async def test_a_token_of_a_user_wants_none(clock):
    assert (await inside(hover(now=clock, owner_type="users")).get("/api/v2/jobs")).status_code == 200


async def test_a_removed_integration_opens_nothing(partner):
    given = partner.grants.issue()
    partner.disconnect()
    again = await token(partner, grant_type="refresh_token", refresh_token=given["refresh_token"])
    assert again.json()["error"] == "invalid_grant"


# Jobs


async def test_the_list_is_paged_by_number(partner):
    first = (await inside(partner).get("/api/v2/jobs", params={**USER, "per": 25})).json()
    assert first["pagination"] == {"current_page": 1, "total_pages": 3, "total": 60}
    last = (await inside(partner).get("/api/v2/jobs", params={**USER, "per": 25, "page": 3})).json()
    assert len(last["results"]) == 10
    assert {"location_line_1", "location_region", "state", "archived"} <= last["results"][0].keys()
    assert "models" not in last["results"][0]


async def test_the_list_is_filtered_by_any_of_the_states(partner):
    params = {**USER, "states[]": ["failed", "working"], "per": 100}
    found = (await inside(partner).get("/api/v2/jobs", params=params)).json()["results"]
    assert {row["state"] for row in found} == {"failed", "working"}


async def test_one_job_in_three_versions(partner):
    client = inside(partner)
    new = (await client.get(f"/api/v3/jobs/{FIRST}", params=USER)).json()
    assert new["reconstruction_state"] == "completed"
    assert new["models"][0]["state"] == "complete"
    assert isinstance(new["address"]["latitude"], str)
    for version in ("v1", "v2"):
        old = (await client.get(f"/api/{version}/jobs/{FIRST}", params=USER)).json()["job"]
        assert (old["state"], old["location_lat"]) == ("complete", None)
        assert old["models"][0]["job_id"] == FIRST
    assert (await client.get("/api/v3/jobs/1", params=USER)).status_code == 404


async def test_share_links_are_paged_in_another_form(partner):
    meta = (await inside(partner).get("/api/v1/job_shares", params=USER)).json()["meta"]["pagination"]
    assert meta == {
        "total": 20,
        "total_count": 20,
        "current_page": 1,
        "next_page": None,
        "prev_page": None,
        "total_pages": 1,
    }


async def test_a_photo_leads_to_a_signed_address_that_takes_no_token(partner):
    client = inside(partner)
    image = (await client.get(f"/api/v3/jobs/{FIRST}", params=USER)).json()["models"][0]["images"][0]
    answer = await client.get(image["url"])
    assert answer.status_code == 302
    bare = surface(partner, "https://hover-storage.example")
    assert (await bare.get(answer.headers["location"])).content.startswith(b"\xff\xd8")
    assert (await client.get(answer.headers["location"])).status_code == 400
    assert (await bare.get(answer.headers["location"][:-1])).status_code == 403


async def test_over_120_a_minute_is_refused_without_a_word_about_when(partner, clock):
    client = inside(partner)
    for _ in range(120):
        assert (await client.get(f"/api/v3/jobs/{FIRST}", params=USER)).status_code == 200
    refused = await client.get(f"/api/v3/jobs/{FIRST}", params=USER)
    assert (refused.status_code, refused.json()) == (429, {"error": "Rate Limit Exceeded"})
    assert "retry-after" not in refused.headers
    assert partner.violations == 1
    clock.pass_by(60)
    assert (await client.get(f"/api/v3/jobs/{FIRST}", params=USER)).status_code == 200


# Webhooks


async def hooked(partner: Hover, url: str = "https://app.example/hook") -> dict[str, Any]:
    """A webhook that was confirmed."""
    client = inside(partner)
    made = (await client.post("/api/v2/webhooks", json={"webhook": {"url": url, "content-type": "json"}})).json()
    (row,) = [row for row in partner.table("webhooks") if row["id"] == made["id"]]
    await partner.deliver()
    assert (await client.put(f"/api/v2/webhooks/{row['code']}/verify")).status_code == 200
    return dict(made)


async def test_an_address_is_tried_at_once_and_hears_nothing_before_it_is_confirmed(partner, receiver):
    client = inside(partner)
    made = await client.post("/api/v2/webhooks", json={"webhook": {"url": "https://app.example/hook"}})
    assert (made.status_code, made.json()["verified_at"]) == (201, None)
    partner.change("jobs", FIRST, state="working")
    await partner.deliver()
    (trial,) = receiver.received
    told = json.loads(trial.content)
    assert (told["event"], told["webhook_id"]) == ("webhook-verification-code", made.json()["id"])
    assert (await client.put("/api/v2/webhooks/wrong/verify")).status_code == 404
    await client.post(f"/api/v2/webhooks/{made.json()['id']}/request_verification")
    await partner.deliver()
    assert json.loads(receiver.received[1].content)["code"] == told["code"]


async def test_the_secret_is_shown_once(partner):
    made = await hooked(partner)
    listed = (await inside(partner).get("/api/v2/webhooks")).json()[0]
    assert made["hmac_secret"]
    assert "hmac_secret" not in listed
    assert listed["verified_at"] is not None


@pytest.mark.parametrize(("digest", "scheme"), [("sha1", "APIAuth"), ("sha256", "APIAuth-HMAC-SHA256")])
async def test_an_event_is_signed_by_its_headers(clock, receiver, digest, scheme):
    partner = hover(now=clock, digest=digest, webhooks=WebhookTarget("", receiver.client))
    made = await hooked(partner)
    partner.change("jobs", FIRST, state="working")
    await partner.deliver()
    sent = receiver.received[1]
    assert json.loads(sent.content) == {
        "event": "job-state-changed",
        "webhook_id": made["id"],
        "job_external_identifier": "order-77",
        "job_id": FIRST,
        "state": "working",
        "content-available": 1,
        "job_estimated_hours_to_completion": 0,
    }
    hashed = base64.b64encode(hashlib.md5(sent.content).digest()).decode()
    assert sent.headers["content-md5"] == hashed
    said = f"application/json,{hashed},,{sent.headers['date']}"
    proof = base64.b64encode(hmac.digest(made["hmac_secret"].encode(), said.encode(), digest)).decode()
    assert sent.headers["authorization"] == f"{scheme} {made['id']}:{proof}"


async def test_the_newer_event_calls_the_end_otherwise(partner, receiver):
    await hooked(partner)
    partner.change("jobs", FIRST + 1, state="complete")
    await partner.deliver()
    told = {one["event"]: one.get("state") for one in (json.loads(sent.content) for sent in receiver.received[1:])}
    assert told == {
        "model-created": None,
        "model-state-changed": "complete",
        "job-state-changed": "complete",
        "job-state-changed-v2": "completed",
    }


async def test_a_job_that_is_made_is_told_by_nobody_and_a_test_job_is_free(partner):
    client = inside(partner)
    await hooked(partner)
    body = {"job": {"location_line_1": "1 New St"}, **USER}
    made = await client.post("/api/v2/jobs", json=body)
    assert (made.status_code, made.json()["job"]["state"]) == (201, "uploading")
    assert await partner.deliver() == []
    path = f"/api/v2/jobs/{made.json()['job']['id']}/set_test_state.json"
    assert (await client.patch(path, json={"state": "complete", "current_user_id": 1537006})).json() == {
        "success": True
    }
    assert len(await partner.deliver()) == 4
    assert (await client.patch(path, json={"state": "lost", **USER})).status_code == 422


async def test_a_capture_request_is_told(partner, receiver):
    client = inside(partner)
    await hooked(partner)
    body = {"capture_request": CAPTURE, **USER}
    key = (await client.post("/api/v2/capture_requests", json=body)).json()["id"]
    assert (await client.delete(f"/api/v2/capture_requests/{key}", params=USER)).status_code == 204
    await partner.deliver()
    assert [json.loads(sent.content)["state"] for sent in receiver.received[1:]] == ["new", "deleted"]


@pytest.mark.parametrize(
    ("without", "said"),
    [("capturing_user_name", "capturing_user_name"), ("job_attributes", "job_attributes.location_line_1")],
)
async def test_a_capture_request_needs_a_person_and_an_address(partner, without, said):
    body = {"capture_request": {name: value for name, value in CAPTURE.items() if name != without}, **USER}
    answer = await inside(partner).post("/api/v2/capture_requests", json=body)
    assert (answer.status_code, answer.json()) == (422, {"error": {"job": f"{said} is missing"}})


async def test_trouble_is_noted_on_the_webhook(partner, receiver, clock):
    await hooked(partner)
    receiver.answers = [503, 503]
    partner.change("jobs", FIRST, state="working")
    await partner.deliver()
    assert next(iter(partner.table("webhooks")))["last_error"] == "503"
    clock.pass_by(60)
    await partner.deliver()
    assert next(iter(partner.table("webhooks")))["last_error"] is None


async def test_a_webhook_that_was_removed_hears_nothing_more(partner):
    made = await hooked(partner)
    partner.change("jobs", FIRST, state="working")
    assert (await inside(partner).delete(f"/api/v2/webhooks/{made['id']}")).status_code == 204
    assert await partner.deliver() == []
