"""The simulated Pipedrive, as pipedrive.readme.io and the official OpenAPI files say."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.limits import Window
from runner.authoring.simulate.outbox import WebhookTarget
from runner.authoring.simulate.pipedrive import Pipedrive, pipedrive

REDIRECT = "https://host.example/oauth/callback"
APP = ("pipedrive-app", "pipedrive-secret")
BASIC = {"Authorization": "Basic " + base64.b64encode(":".join(APP).encode()).decode()}
ASKED = {"client_id": "pipedrive-app", "redirect_uri": REDIRECT, "state": "s t"}
FIRST = 42


def surface(partner: Pipedrive) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=partner.app), base_url="https://example.pipedrive.com")


def inside(partner: Pipedrive) -> httpx.AsyncClient:
    client = surface(partner)
    client.headers["Authorization"] = f"Bearer {partner.grants.issue()['access_token']}"
    return client


async def token(partner: Pipedrive, **form: str) -> httpx.Response:
    return await surface(partner).post("/oauth/token", data=form, headers=BASIC)


async def renew(partner: Pipedrive, refresh: str) -> httpx.Response:
    return await token(partner, grant_type="refresh_token", refresh_token=refresh)


async def pages(partner: Pipedrive, path: str, **params: Any) -> list[list[dict[str, Any]]]:
    """Every page of a version 2 list."""
    client, found = inside(partner), []
    cursor: str | None = ""
    while cursor is not None:
        answer = (await client.get(path, params={**params, **({"cursor": cursor} if cursor else {})})).json()
        found.append(answer["data"])
        cursor = answer["additional_data"]["next_cursor"]
    return found


# Consent and tokens


async def test_consent_asks_for_no_scope_and_no_response_type(clock):
    partner = pipedrive(now=clock)
    page = await surface(partner).get("/oauth/authorize", params=ASKED)
    assert "deals:full" in page.text
    back = (await surface(partner).post("/oauth/authorize", data={**ASKED, "decision": "approve"})).headers["location"]
    assert httpx.URL(back).params.keys() == {"code", "state"}


async def test_a_refusal_is_called_user_denied(clock):
    answer = await surface(pipedrive(now=clock)).post("/oauth/authorize", data={**ASKED, "decision": "deny"})
    assert httpx.URL(answer.headers["location"]).params["error"] == "user_denied"


async def test_the_callback_must_match_exactly(clock):
    partner = pipedrive(now=clock, redirect_uris=(REDIRECT,))
    asked = {**ASKED, "redirect_uri": f"{REDIRECT}/", "decision": "approve"}
    assert (await surface(partner).post("/oauth/authorize", data=asked)).status_code == 400


async def test_the_token_answer_names_the_company_s_host(clock):
    partner = pipedrive(now=clock)
    code = partner.grants.consents.code(REDIRECT)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    answer = (await token(partner, **form)).json()
    assert (answer["api_domain"], answer["expires_in"], answer["token_type"]) == (
        "https://example.pipedrive.com",
        3600,
        "Bearer",
    )
    assert "contacts:full" in answer["scope"].split(",")
    assert (await token(partner, **form)).status_code == 400


async def test_a_code_is_good_for_five_minutes(clock):
    partner = pipedrive(now=clock)
    code = partner.grants.consents.code(REDIRECT)
    clock.pass_by(300)
    answer = await token(partner, grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_refresh_token_stays_and_lives_sixty_days_after_its_last_use(clock):
    partner = pipedrive(now=clock)
    first = partner.grants.issue()
    clock.pass_by(59 * 86_400)
    second = (await renew(partner, first["refresh_token"])).json()
    assert second["refresh_token"] == first["refresh_token"]
    clock.pass_by(59 * 86_400)
    assert (await renew(partner, first["refresh_token"])).status_code == 200
    clock.pass_by(60 * 86_400)
    answer = await renew(partner, first["refresh_token"])
    assert answer.status_code == 400
    assert answer.json() == {
        "success": False,
        "message": "Invalid grant: refresh_token is invalid",
        "error": "invalid_grant",
    }


@pytest.mark.parametrize(("kind", "alive"), [("refresh_token", False), ("access_token", True)])
async def test_revoking_a_refresh_token_takes_the_install_with_it(clock, kind, alive):
    partner = pipedrive(now=clock)
    given = partner.grants.issue()
    answer = await surface(partner).post(
        "/oauth/revoke", data={"token": given[kind], "token_type_hint": kind}, headers=BASIC
    )
    assert answer.status_code == 200
    assert ((await renew(partner, given["refresh_token"])).status_code == 200) is alive
    bearer = {"Authorization": f"Bearer {given['access_token']}"}
    assert (await surface(partner).get("/api/v1/users/me", headers=bearer)).status_code == 401
    assert (await surface(partner).post("/oauth/revoke", data={"token": "x"}, headers=BASIC)).status_code == 200


async def test_an_uninstall_is_told_to_the_callback_by_delete(clock, receiver):
    partner = pipedrive(now=clock, webhooks=WebhookTarget("", receiver.client))
    code = partner.grants.consents.code(REDIRECT)
    await token(partner, grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    partner.disconnect()
    await partner.deliver()
    (told,) = receiver.received
    assert (told.method, str(told.url)) == ("DELETE", REDIRECT)
    assert told.headers["authorization"] == BASIC["Authorization"]
    assert b'"company_id":1234567' in told.content


async def test_an_api_token_opens_what_the_app_opens(clock):
    partner = pipedrive(now=clock)
    header = {"x-api-token": "0123456789abcdef0123456789abcdef01234567"}
    assert (await surface(partner).get("/api/v2/deals", headers=header)).status_code == 200
    me = (await surface(partner).get("/api/v1/users/me", headers=header)).json()["data"]
    assert (me["company_id"], me["company_domain"]) == (1234567, "example")


async def test_an_app_without_the_scope_is_refused(clock):
    partner = pipedrive(now=clock, scopes=("base", "deals:read"))
    client = inside(partner)
    assert (await client.get("/api/v2/deals")).status_code == 200
    refused = await client.patch(f"/api/v2/deals/{FIRST}", json={"title": "x"})
    assert (refused.status_code, refused.json()["error"]) == (403, "Scope and URL mismatch: deals:full")
    assert (await client.get("/api/v1/webhooks")).status_code == 403


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v2/deals", {"error": "unauthorized access", "data": None}),
        ("/api/v1/users/me", {"error": "unauthorized access", "errorCode": 401}),
    ],
)
async def test_an_unknown_token_is_refused_in_the_words_of_the_version(clock, path, body):
    answer = await surface(pipedrive(now=clock)).get(path, headers={"Authorization": "Bearer x"})
    assert answer.status_code == 401
    assert body.items() <= answer.json().items()


# Lists


async def test_a_version_2_list_goes_on_by_cursor_until_it_is_null(clock):
    partner = pipedrive(now=clock)
    found = await pages(partner, "/api/v2/deals", limit=10)
    shown = [row["id"] for page in found for row in page]
    table = partner.table("deals")
    assert shown == [row["id"] for row in table if not row["is_archived"] and not row["is_deleted"]]
    assert all(len(page) == 10 for page in found[:-1])


async def test_archived_and_deleted_deals_have_lists_of_their_own(clock):
    partner = pipedrive(now=clock)
    archived = await pages(partner, "/api/v2/deals/archived")
    assert {row["is_archived"] for row in archived[0]} == {True}
    partner.remove("deals", FIRST)
    deleted = await pages(partner, "/api/v2/deals", status="deleted")
    assert [row["id"] for row in deleted[0]] == [
        FIRST,
        *(row["id"] for row in partner.table("deals") if row["is_deleted"] and row["id"] != FIRST),
    ]
    clock.pass_by(31 * 86_400)
    assert await pages(partner, "/api/v2/deals", status="deleted") == [[]]
    assert (await inside(partner).get(f"/api/v2/deals/{FIRST}")).status_code == 404


async def test_updated_since_includes_its_second_and_until_does_not(clock):
    partner = pipedrive(now=clock)
    partner.change("persons", 1102, first_name="Ada")
    at = clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    clock.pass_by(5)
    assert [row["id"] for row in (await pages(partner, "/api/v2/persons", updated_since=at))[0]] == [1102]
    until = await pages(partner, "/api/v2/persons", updated_since=at, updated_until=at)
    assert until == [[]]


async def test_what_changes_during_a_walk_comes_again_at_its_end(clock):
    partner = pipedrive(now=clock, size=4)
    client, params = inside(partner), {"sort_by": "update_time", "sort_direction": "asc", "limit": 2}
    first = (await client.get("/api/v2/persons", params=params)).json()
    moved = first["data"][0]["id"]
    partner.change("persons", moved, first_name="Moved")
    cursor = first["additional_data"]["next_cursor"]
    rest = (await client.get("/api/v2/persons", params={**params, "cursor": cursor, "limit": 2})).json()
    last = rest["additional_data"]["next_cursor"]
    end = (await client.get("/api/v2/persons", params={**params, "cursor": last})).json()
    assert [row["id"] for row in end["data"]] == [moved]


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"limit": 501}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"since": "2026-01-01"}, "since"),
        ({"updated_since": "2026-01-01 10:00:00"}, "RFC3339"),
        ({"sort_by": "title"}, "sort_by"),
        ({"ids": ",".join(map(str, range(101)))}, "ids"),
        ({"custom_fields": ",".join("abcdefghijklmnop")}, "custom_fields"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"status": "lukewarm"}, "status"),
        ({"owner_id": "x"}, "owner_id"),
    ],
)
async def test_version_2_is_strict(clock, params, word):
    answer = await inside(pipedrive(now=clock)).get("/api/v2/deals", params=params)
    assert answer.status_code == 400
    assert word in answer.json()["error"]
    assert answer.json().keys() == {"success", "error", "error_info", "data", "additional_data"}


async def test_a_cursor_belongs_to_its_question(clock):
    client = inside(pipedrive(now=clock))
    cursor = (await client.get("/api/v2/deals", params={"limit": 5})).json()["additional_data"]["next_cursor"]
    assert (await client.get("/api/v2/deals", params={"limit": 6, "cursor": cursor})).status_code == 400


async def test_leads_are_paged_by_offset_and_hold_custom_fields_at_the_root(clock):
    partner = pipedrive(now=clock, size=30)
    client, key = inside(partner), partner.fields[0].key
    first = (await client.get("/api/v1/leads", params={"limit": 5})).json()
    pagination = {"start": 0, "limit": 5, "more_items_in_collection": True, "next_start": 5}
    assert first["additional_data"]["pagination"] == pagination
    assert key in first["data"][1]
    last = (await client.get("/v1/leads", params={"start": 5, "limit": 500})).json()
    assert "next_start" not in last["additional_data"]["pagination"]
    later = (await client.get("/api/v1/leads", params={"updated_since": "2030-01-01T00:00:00Z"})).json()
    assert later["data"] is None


async def test_custom_fields_have_other_keys_in_every_account(clock):
    keys = []
    for seed in (1, 2):
        partner = pipedrive(now=clock, seed=seed)
        fields = (await inside(partner).get("/api/v1/dealFields")).json()["data"]
        keys.append({field["name"]: field["key"] for field in fields})
    assert keys[0].keys() == keys[1].keys()
    assert keys[0]["Title"] == keys[1]["Title"] == "title"
    assert keys[0]["Job number"] != keys[1]["Job number"]
    assert len(keys[0]["Job number"]) == 40


# Writing


async def test_a_deal_is_made_changed_and_deleted(clock):
    partner = pipedrive(now=clock)
    client = inside(partner)
    made = await client.post("/api/v2/deals", json={"title": "New roof", "value": 10.5, "currency": "USD"})
    assert made.status_code == 201
    key = made.json()["data"]["id"]
    won = (await client.patch(f"/api/v2/deals/{key}", json={"status": "won"})).json()["data"]
    assert won["won_time"] == clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (await client.delete(f"/api/v2/deals/{key}")).json()["data"] == {"id": key}
    assert (await client.get(f"/api/v2/deals/{key}")).json()["data"]["is_deleted"] is True
    assert (await client.put(f"/api/v2/deals/{key}", json={"title": "x"})).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": "x", "value": "10"},
        {"title": "x", "person_id": "1101"},
        {"title": "x", "unknown": 1},
        {"title": "x", "stage_id": 999},
        {"title": "x", "status": "lukewarm"},
        {"title": "x", "is_archived": 1},
        {"title": "x", "custom_fields": {"f" * 40: "x"}},
        [],
    ],
)
async def test_what_is_written_is_checked_strictly(clock, body):
    answer = await inside(pipedrive(now=clock)).post("/api/v2/deals", json=body)
    assert answer.status_code == 400
    assert answer.json()["success"] is False


async def test_an_address_that_is_written_in_part_loses_the_rest(clock):
    partner = pipedrive(now=clock)
    await inside(partner).patch("/api/v2/organizations/5", json={"address": {"value": "2 New Street"}})
    address = partner.table("organizations").row(5)["address"]
    assert (address["value"], address["locality"]) == ("2 New Street", None)


async def test_leads_are_linked_to_somebody_and_go_for_good(clock):
    partner = pipedrive(now=clock)
    client = inside(partner)
    assert (await client.post("/api/v1/leads", json={"title": "x"})).status_code == 400
    made = (await client.post("/api/v1/leads", json={"title": "x", "person_id": 1101})).json()["data"]
    assert (await client.delete(f"/api/v1/leads/{made['id']}")).status_code == 200
    assert (await client.get(f"/api/v1/leads/{made['id']}")).status_code == 404


async def test_a_search_wants_two_letters(clock):
    client = inside(pipedrive(now=clock))
    assert (await client.get("/api/v2/deals/search", params={"term": "R"})).status_code == 400
    found = (await client.get("/api/v2/itemSearch", params={"term": "roof rep"})).json()["data"]["items"]
    assert {one["item"]["type"] for one in found} == {"deal"}


# Limits


async def test_calls_cost_what_the_documents_say(clock):
    partner = pipedrive(now=clock)
    client = inside(partner)
    spent = []
    for method, path, body in (
        ("GET", "/api/v2/deals", None),
        ("GET", "/api/v2/deals/archived", None),
        ("GET", f"/api/v2/deals/{FIRST}", None),
        ("PATCH", f"/api/v2/deals/{FIRST}", {"title": "x"}),
        ("GET", "/api/v2/pipelines", None),
        ("GET", "/api/v1/leads", None),
        ("GET", "/api/v1/users/me", None),
        ("GET", "/api/v2/itemSearch?term=xx", None),
    ):
        before = partner.meter.spent
        answer = await client.request(method, path, json=body)
        assert answer.headers["x-daily-ratelimit-token-remaining"] == str(30_000 - partner.meter.spent)
        spent.append(partner.meter.spent - before)
    assert spent == [10, 20, 1, 5, 5, 20, 2, 20]


async def test_a_burst_is_refused_and_says_when_to_come_back(clock):
    partner = pipedrive(now=clock, burst=Window(2, 2.0))
    client = inside(partner)
    answers = [(await client.get(f"/api/v2/deals/{FIRST}")) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert (answers[2].headers["x-ratelimit-remaining"], answers[2].headers["x-ratelimit-reset"]) == ("0", "2")
    assert answers[2].json()["error"] == "Request over limit"
    assert "retry-after" not in answers[2].headers
    clock.pass_by(2)
    assert (await client.get(f"/api/v2/deals/{FIRST}")).status_code == 200
    assert partner.violations == 1


async def test_the_day_s_budget_comes_back_at_midnight(clock):
    partner = pipedrive(now=clock, daily=15)
    client = inside(partner)
    assert (await client.get("/api/v2/deals")).status_code == 200
    refused = await client.get("/api/v2/deals")
    assert refused.status_code == 429
    assert refused.headers["x-daily-ratelimit-token-remaining"] == "0"
    clock.time = datetime(2026, 5, 5, tzinfo=UTC)
    assert (await inside(partner).get("/api/v2/deals")).status_code == 200


async def test_who_does_not_listen_is_sent_a_page(clock):
    partner = pipedrive(now=clock, api_burst=Window(1, 2.0), block_after=3)
    header = {"x-api-token": partner.options.api_token}
    answers = [await surface(partner).get("/api/v2/deals", headers=header) for _ in range(6)]
    assert [one.status_code for one in answers] == [200, 429, 429, 429, 403, 403]
    assert answers[4].headers["content-type"].startswith("text/html")


async def test_an_account_that_is_not_paid_is_closed(clock):
    partner = pipedrive(now=clock)
    partner.is_paid = False
    assert (await inside(partner).get("/api/v2/deals")).status_code == 402
