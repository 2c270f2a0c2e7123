from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.hubspot import HubSpot, hubspot
from runner.authoring.simulate.limits import Window
from runner.authoring.simulate.outbox import WebhookTarget

REDIRECT = "https://host.example/oauth/callback"
SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
APP = {"client_id": "hubspot-app", "client_secret": SECRET}
ASKED = {
    "client_id": "hubspot-app",
    "response_type": "code",
    "redirect_uri": REDIRECT,
    "scope": "oauth crm.objects.deals.read",
    "state": "s t",
}
FIRST = "5550001"


def surface(partner: HubSpot) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=partner.app), base_url="https://api.hubapi.com")


def inside(partner: HubSpot) -> httpx.AsyncClient:
    client = surface(partner)
    client.headers["Authorization"] = f"Bearer {partner.grants.issue()['access_token']}"
    return client


async def token(partner: HubSpot, version: str = "v3", **form: str) -> httpx.Response:
    return await surface(partner).post(f"/oauth/{version}/token", data={**APP, **form})


async def renew(partner: HubSpot, refresh: str, version: str = "v3") -> httpx.Response:
    return await token(partner, version, grant_type="refresh_token", refresh_token=refresh)


async def search(partner: HubSpot, type: str = "deals", **body: Any) -> httpx.Response:  # noqa: A002 - the path's word
    return await inside(partner).post(f"/crm/v3/objects/{type}/search", json=body)


def where(name: str, operator: str, value: str) -> list[dict[str, Any]]:
    return [{"filters": [{"propertyName": name, "operator": operator, "value": value}]}]


# Consent and tokens


async def test_consent_leads_back_with_a_code(clock):
    answer = await surface(hubspot(now=clock)).post("/oauth/authorize", data={**ASKED, "decision": "approve"})
    assert httpx.URL(answer.headers["location"]).params.keys() == {"code", "state"}


@pytest.mark.parametrize("scope", ["crm.objects.deals.read", "oauth e-commerce"])
async def test_a_scope_mismatch_is_told_on_a_page(clock, scope):
    answer = await surface(hubspot(now=clock)).post(
        "/oauth/authorize", data={**ASKED, "scope": scope, "decision": "approve"}
    )
    assert answer.status_code == 400
    assert "scope mismatch" in answer.text


@pytest.mark.parametrize(
    ("version", "more"), [("v1", set()), ("v3", {"hub_id", "scopes", "user_id", "token_use"}), ("2026-09", {"hub_id"})]
)
async def test_the_token_answer_grew_with_the_versions(clock, version, more):
    partner = hubspot(now=clock)
    code = partner.grants.consents.code(REDIRECT, scope="oauth")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    answer = (await token(partner, version, **form)).json()
    assert {"token_type", "refresh_token", "access_token", "expires_in"} | more <= answer.keys()
    assert ("hub_id" in answer) == bool(more)
    assert answer["expires_in"] == 1800


async def test_a_renewal_answers_the_same_refresh_token(clock):
    partner = hubspot(now=clock)
    first = partner.grants.issue()
    second = (await renew(partner, first["refresh_token"])).json()
    assert second["refresh_token"] == first["refresh_token"]
    assert second["access_token"] != first["access_token"]


async def test_the_client_must_come_in_the_body(clock):
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    answer = await surface(hubspot(now=clock)).post(
        "/oauth/v3/token", data=form, auth=(APP["client_id"], APP["client_secret"])
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_dead_refresh_token_is_told_in_each_versions_words(clock):
    partner = hubspot(now=clock)
    classic, newer = await renew(partner, "x", "v1"), await renew(partner, "x")
    assert (classic.status_code, classic.json()["status"]) == (400, "BAD_REFRESH_TOKEN")
    assert (newer.status_code, newer.json()["error"]) == (400, "invalid_grant")


async def test_an_uninstall_kills_every_token(clock):
    partner = hubspot(now=clock)
    client, refresh = inside(partner), partner.grants.issue()["refresh_token"]
    partner.disconnect()
    assert (await client.get("/crm/v3/owners")).status_code == 401
    assert (await renew(partner, refresh)).json()["error"] == "invalid_grant"


async def test_revocation_and_introspection(clock):
    partner = hubspot(now=clock)
    tokens = partner.grants.issue()
    form = {**APP, "token": tokens["refresh_token"]}
    told = (await surface(partner).post("/oauth/v3/token/introspect", data=form)).json()
    assert (told["active"], told["hub_id"]) == (True, 1234567)
    assert (await surface(partner).post("/oauth/v3/token/revoke", data=form)).status_code == 200
    assert (await surface(partner).post("/oauth/v3/token/introspect", data=form)).json() == {"active": False}
    assert (await renew(partner, tokens["refresh_token"])).status_code == 400


async def test_the_classic_deletion_leaves_the_access_token(clock):
    partner = hubspot(now=clock)
    tokens = partner.grants.issue()
    assert (await surface(partner).delete(f"/oauth/v1/refresh-tokens/{tokens['refresh_token']}")).status_code == 204
    assert (await renew(partner, tokens["refresh_token"])).status_code == 400
    told = (await surface(partner).get(f"/oauth/v1/access-tokens/{tokens['access_token']}")).json()
    assert told["hub_id"] == 1234567


async def test_tokens_live_for_half_an_hour(clock):
    partner = hubspot(now=clock)
    client = inside(partner)
    clock.pass_by(1800)
    answer = await client.get("/crm/v3/owners")
    assert (answer.status_code, answer.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")


async def test_a_scope_that_was_not_asked_for_opens_nothing(clock):
    partner = hubspot(now=clock)
    code = partner.grants.consents.code(REDIRECT, scope="oauth crm.objects.deals.read")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    client = surface(partner)
    client.headers["Authorization"] = f"Bearer {(await token(partner, **form)).json()['access_token']}"
    assert (await client.get("/crm/v3/objects/deals")).status_code == 200
    answer = await client.get("/crm/v3/objects/0-1")
    assert (answer.status_code, answer.json()["category"]) == (403, "MISSING_SCOPES")


# Reading


async def test_an_object_shows_default_properties_as_texts(clock):
    found = (await inside(hubspot(now=clock)).get(f"/crm/v3/objects/0-3/{FIRST}")).json()
    assert found["properties"].keys() == {
        "amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate", "hs_object_id", "pipeline",
    }  # fmt: skip
    assert all(value is None or isinstance(value, str) for value in found["properties"].values())
    assert (found["id"], found["archived"]) == (FIRST, False)
    assert found["updatedAt"] == found["properties"]["hs_lastmodifieddate"]
    assert "archivedAt" not in found
    assert "associations" not in found


async def test_contacts_name_their_change_otherwise(clock):
    found = (await inside(hubspot(now=clock)).get("/crm/v3/objects/contacts/51")).json()
    assert "lastmodifieddate" in found["properties"]
    assert "hs_lastmodifieddate" not in found["properties"]


async def test_unknown_properties_are_ignored_and_others_come_when_asked_for(clock):
    params = {"properties": "hubspot_owner_id,colour"}
    found = (await inside(hubspot(now=clock)).get(f"/crm/v3/objects/deals/{FIRST}", params=params)).json()
    assert {"hubspot_owner_id", "hs_object_id"} <= found["properties"].keys()
    assert not {"colour", "dealname"} & found["properties"].keys()


async def test_a_list_goes_on_after_the_last_id(clock):
    client = inside(hubspot(now=clock, size=25))
    ids, after, sizes = [], "0", []
    while after:
        page = (await client.get("/crm/v3/objects/deals", params={"after": after})).json()
        ids += [row["id"] for row in page["results"]]
        sizes.append(len(page["results"]))
        after = page.get("paging", {}).get("next", {}).get("after", "")
    assert sizes == [10, 10, 3]
    assert len(set(ids)) == 23
    assert (await client.get("/crm/v3/objects/deals", params={"limit": "101"})).status_code == 400


async def test_archived_objects_have_a_list_of_their_own(clock):
    partner = hubspot(now=clock, size=25)
    page = (await inside(partner).get("/crm/v3/objects/deals", params={"archived": "true"})).json()
    assert [row["archived"] for row in page["results"]] == [True, True]
    gone = page["results"][0]
    assert gone["archivedAt"]
    assert (await inside(partner).get(f"/crm/v3/objects/deals/{gone['id']}")).status_code == 404
    found = await inside(partner).get(f"/crm/v3/objects/deals/{gone['id']}", params={"archived": "true"})
    assert found.json()["id"] == gone["id"]


async def test_associations_come_once_for_each_label(clock):
    params = {"associations": "companies,contacts"}
    found = (await inside(hubspot(now=clock)).get(f"/crm/v3/objects/deals/{FIRST}", params=params)).json()
    assert found["associations"]["companies"]["results"] == [
        {"id": "9900000001", "type": "deal_to_company"},
        {"id": "9900000001", "type": "deal_to_company_unlabeled"},
    ]
    assert [row["id"] for row in found["associations"]["contacts"]["results"]] == ["51"]


async def test_an_unknown_object_and_an_unknown_type(clock):
    client = inside(hubspot(now=clock))
    missing, strange = await client.get("/crm/v3/objects/deals/1"), await client.get("/crm/v3/objects/tickets/1")
    assert (missing.status_code, missing.json()["category"]) == (404, "OBJECT_NOT_FOUND")
    assert strange.status_code == 400
    assert {"category", "correlationId", "message"} <= missing.json().keys()


async def test_a_url_can_be_too_long(clock):
    params = {"properties": ",".join(f"property_{n}" for n in range(1000))}
    assert (await inside(hubspot(now=clock)).get("/crm/v3/objects/deals", params=params)).status_code == 414


async def test_owners_and_pipelines(clock):
    client = inside(hubspot(now=clock))
    owners = (await client.get("/crm/v3/owners", params={"limit": "2"})).json()
    assert [owner["id"] for owner in owners["results"]] == ["8877", "8878"]
    assert owners["results"][0]["userId"] == 2210
    rest = (await client.get("/crm/v3/owners", params=owners["paging"]["next"])).json()
    assert [owner["id"] for owner in rest["results"]] == ["8879"]
    pipelines = (await client.get("/crm/v3/pipelines/deals")).json()["results"]
    labels = {stage["id"]: stage["label"] for pipeline in pipelines for stage in pipeline["stages"]}
    assert (labels["closedwon"], labels["141870001"]) == ("Closed Won", "Measured")


# Search


async def test_a_search_by_change_takes_milliseconds(clock):
    partner = hubspot(now=clock)
    clock.pass_by(60)
    partner.change("deals", FIRST, dealname="Changed")
    clock.pass_by(60)
    since = str(int((clock().timestamp() - 90) * 1000))
    found = (await search(partner, filterGroups=where("hs_lastmodifieddate", "GTE", since))).json()
    assert (found["total"], found["results"][0]["id"]) == (1, FIRST)
    assert "paging" not in found


async def test_a_change_is_not_found_in_the_first_moments(clock):
    partner = hubspot(now=clock)
    partner.change("deals", FIRST, dealname="Changed")
    query = where("dealname", "EQ", "changed")
    assert (await search(partner, filterGroups=query)).json()["total"] == 0
    clock.pass_by(5)
    assert (await search(partner, filterGroups=query)).json()["total"] == 1


async def test_a_search_pages_by_offset_and_leaves_archived_ones_out(clock):
    partner = hubspot(now=clock, size=25)
    sorts = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    first = (await search(partner, sorts=sorts, limit=20)).json()
    second = (await search(partner, sorts=sorts, limit=20, after=first["paging"]["next"]["after"])).json()
    assert (first["total"], first["paging"]["next"]["after"]) == (23, "20")
    ids = [int(row["id"]) for row in first["results"] + second["results"]]
    assert ids == sorted(set(ids))
    assert len(ids) == 23


async def test_a_search_ends_at_ten_thousand(clock):
    partner = hubspot(now=clock, deepest=20)
    assert (await search(partner, limit=10, after="10")).json()["total"] > 20
    answer = await search(partner, limit=10, after="20")
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")
    rest = await search(partner, limit=10, filterGroups=where("hs_object_id", "GT", "5550020"))
    assert int(rest.json()["results"][0]["id"]) > 5550020


@pytest.mark.parametrize(
    ("operator", "more", "found"),
    [
        ("IN", {"values": ["contractsent", "closedwon"]}, {"contractsent", "closedwon"}),
        ("EQ", {"value": "ContractSent"}, {"contractsent"}),
        (
            "HAS_PROPERTY",
            {},
            {"appointmentscheduled", "contractsent", "closedwon", "closedlost", "141870001", "141870002"},
        ),
        ("NOT_HAS_PROPERTY", {}, set()),
    ],
)
async def test_operators(clock, operator, more, found):
    groups = [{"filters": [{"propertyName": "dealstage", "operator": operator, **more}]}]
    answer = await search(hubspot(now=clock), filterGroups=groups, limit=200)
    assert {row["properties"]["dealstage"] for row in answer.json()["results"]} == found


async def test_filters_are_joined_within_and_groups_beside_each_other(clock):
    between = {"propertyName": "amount", "operator": "BETWEEN", "value": "1", "highValue": "20000"}
    open_ones = {"propertyName": "hs_is_closed", "operator": "EQ", "value": "false"}
    partner = hubspot(now=clock)
    both = (await search(partner, filterGroups=[{"filters": [between, open_ones]}], limit=200)).json()
    either = (await search(partner, filterGroups=[{"filters": [between]}, {"filters": [open_ones]}], limit=200)).json()
    assert 0 < both["total"] < either["total"]
    assert all(1 <= float(row["properties"]["amount"]) <= 20000 for row in both["results"])


FILTER = {"propertyName": "dealname", "operator": "EQ", "value": "x"}


@pytest.mark.parametrize(
    "body",
    [
        {"filterGroups": [{"filters": [FILTER]}] * 6},
        {"filterGroups": [{"filters": [FILTER] * 7}]},
        {"filterGroups": [{"filters": [FILTER] * 6}] * 4},
        {"sorts": [{"propertyName": "amount"}, {"propertyName": "dealname"}]},
        {"query": "x" * 3001},
        {"limit": 201},
        {"after": "MjAw"},
        {"filterGroups": where("colour", "EQ", "red")},
        {"filterGroups": where("dealname", "LIKE", "x")},
        {"filterGroups": where("hs_lastmodifieddate", "GTE", "yesterday")},
    ],
)
async def test_a_search_beyond_the_bounds_is_refused(clock, body):
    answer = await search(hubspot(now=clock), **body)
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


# Associations


async def test_associations_have_numbers_and_types(clock):
    answer = await inside(hubspot(now=clock)).get(f"/crm/v4/objects/deals/{FIRST}/associations/companies")
    assert answer.json()["results"] == [
        {
            "toObjectId": 9900000001,
            "associationTypes": [
                {"category": "HUBSPOT_DEFINED", "typeId": 5, "label": "Primary"},
                {"category": "HUBSPOT_DEFINED", "typeId": 341, "label": None},
            ],
        }
    ]


async def test_a_batch_of_associations_tells_those_that_have_none(clock):
    body = {"inputs": [{"id": FIRST}, {"id": "5550003"}]}
    answer = await inside(hubspot(now=clock)).post("/crm/v4/associations/deals/contacts/batch/read", json=body)
    assert answer.status_code == 207
    found = answer.json()
    assert found["results"][0]["from"] == {"id": FIRST}
    assert found["results"][0]["to"][0]["toObjectId"] == 51
    assert (found["status"], found["numErrors"]) == ("COMPLETE", 1)
    assert found["errors"][0]["context"] == {"fromObjectId": ["5550003"]}


async def test_many_associations_have_pages(clock):
    client = inside(hubspot(now=clock, ties_page=1))
    path = "/crm/v4/objects/deals/5550002/associations/contacts"
    first = (await client.get(path)).json()
    after = first["paging"]["next"]["after"]
    second = (await client.get(path, params={"after": after})).json()
    assert first["results"][0]["toObjectId"] != second["results"][0]["toObjectId"]
    assert "paging" not in second


async def test_an_association_is_made_once(clock, receiver):
    partner = hooked(clock, receiver)
    client, path = inside(partner), f"/crm/v4/objects/deals/{FIRST}/associations/default/contacts/60"
    for _ in range(2):
        assert (await client.put(path)).status_code == 200
    assert (await client.put(f"/crm/v4/objects/deals/{FIRST}/associations/default/contacts/1")).status_code == 404
    events = await told(partner, receiver)
    assert [(event["subscriptionType"], event["associationType"]) for event in events] == [
        ("deal.associationChange", "DEAL_TO_CONTACT"),
        ("contact.associationChange", "CONTACT_TO_DEAL"),
    ]
    assert (events[0]["fromObjectId"], events[0]["toObjectId"], events[0]["associationRemoved"]) == (5550001, 60, False)


# Writing


async def test_an_object_is_made_changed_and_archived(clock):
    client = inside(hubspot(now=clock))
    made = await client.post("/crm/v3/objects/deals", json={"properties": {"dealname": "New", "amount": 12.5}})
    path = f"/crm/v3/objects/deals/{made.json()['id']}"
    assert (made.status_code, made.json()["properties"]["amount"]) == (201, "12.5")
    changed = await client.patch(path, json={"properties": {"dealstage": "closedwon"}})
    assert changed.json()["properties"]["dealstage"] == "closedwon"
    closed = await client.get(path, params={"properties": "hs_is_closed_won"})
    assert closed.json()["properties"]["hs_is_closed_won"] == "true"
    assert (await client.delete(path)).status_code == 204
    assert (await client.patch(path, json={"properties": {"dealname": "x"}})).status_code == 404


@pytest.mark.parametrize(
    ("type", "values", "code"),
    [
        ("deals", {"amount": "much"}, "INVALID_INTEGER"),
        ("deals", {"colour": "red"}, "PROPERTY_DOESNT_EXIST"),
        ("deals", {"dealstage": "won"}, "INVALID_OPTION"),
        ("deals", {"hs_lastmodifieddate": "1"}, "READ_ONLY_VALUE"),
        ("contacts", {"email": "nobody"}, "INVALID_EMAIL"),
    ],
)
async def test_values_are_judged(clock, type, values, code):  # noqa: A002 - the path's word
    answer = await inside(hubspot(now=clock)).post(f"/crm/v3/objects/{type}", json={"properties": values})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)
    assert answer.json()["errors"][0]["context"] == {"propertyName": list(values)}


async def test_an_email_is_taken_once(clock):
    answer = await inside(hubspot(now=clock)).post(
        "/crm/v3/objects/contacts", json={"properties": {"email": "contact0@example.com"}}
    )
    assert (answer.status_code, answer.json()["category"]) == (409, "CONFLICT")
    assert "Existing ID: 51" in answer.json()["message"]


async def test_an_upsert_finds_by_email(clock):
    inputs = [
        {"idProperty": "email", "id": "contact0@example.com", "properties": {"firstname": "Eva"}},
        {"idProperty": "email", "id": "new@example.com", "properties": {"firstname": "Ida"}},
    ]
    answer = await inside(hubspot(now=clock)).post("/crm/v3/objects/contacts/batch/upsert", json={"inputs": inputs})
    old, new = answer.json()["results"]
    assert (answer.status_code, old["id"], old["new"], new["new"]) == (200, "51", False, True)
    assert new["properties"]["email"] == "new@example.com"


async def test_a_batch_read_with_missing_ids_is_a_207(clock):
    body = {"inputs": [{"id": FIRST}, {"id": "1"}], "properties": ["dealname"]}
    answer = await inside(hubspot(now=clock)).post("/crm/v3/objects/deals/batch/read", json=body)
    assert (answer.status_code, answer.json()["numErrors"], len(answer.json()["results"])) == (207, 1, 1)


async def test_a_batch_holds_a_hundred(clock):
    body = {"inputs": [{"id": str(n)} for n in range(101)]}
    answer = await inside(hubspot(now=clock)).post("/crm/v3/objects/deals/batch/read", json=body)
    assert answer.status_code == 400


async def test_merging_makes_a_third_object(clock, receiver):
    partner = hooked(clock, receiver)
    body = {"primaryObjectId": "51", "objectIdToMerge": "52"}
    made = (await inside(partner).post("/crm/v3/objects/contacts/merge", json=body)).json()
    assert made["id"] not in {"51", "52"}
    assert (await inside(partner).get("/crm/v3/objects/contacts/52")).status_code == 404
    (event,) = await told(partner, receiver)
    assert (event["primaryObjectId"], event["mergedObjectIds"], event["newObjectId"]) == (51, [52], int(made["id"]))


# Limits and failures


async def test_headers_say_what_is_left_but_not_on_searches(clock):
    partner = hubspot(now=clock)
    client = inside(partner)
    headers = (await client.get("/crm/v3/owners")).headers
    assert (headers["x-hubspot-ratelimit-max"], headers["x-hubspot-ratelimit-remaining"]) == ("110", "109")
    assert headers["x-hubspot-ratelimit-interval-milliseconds"] == "10000"
    assert "x-hubspot-ratelimit-daily" not in headers
    searched = await client.post("/crm/v3/objects/deals/search", json={})
    assert not [name for name in searched.headers if name.startswith("x-hubspot")]


async def test_a_private_app_has_a_daily_limit(clock):
    partner = hubspot(now=clock, daily=1)
    client = surface(partner)
    client.headers["Authorization"] = f"Bearer {partner.options.private_token}"
    assert (await client.get("/crm/v3/owners")).headers["x-hubspot-ratelimit-daily-remaining"] == "0"
    answer = await client.get("/crm/v3/owners")
    assert (answer.status_code, answer.json()["policyName"]) == (429, "DAILY")


async def test_the_burst_limit_and_that_of_searches(clock):
    partner = hubspot(now=clock, limits=(Window(6, 10.0),))
    client = inside(partner)
    searches = [await client.post("/crm/v3/objects/deals/search", json={}) for _ in range(6)]
    assert [answer.status_code for answer in searches] == [200] * 5 + [429]
    assert searches[-1].json()["policyName"] == "SECONDLY"
    assert (await client.get("/crm/v3/owners")).status_code == 200
    answer = await client.get("/crm/v3/owners")
    assert answer.json()["policyName"] == "TEN_SECONDLY_ROLLING"
    assert "retry-after" not in answer.headers
    assert partner.violations == 2


async def test_an_account_on_the_move_says_for_how_long(clock):
    partner = hubspot(now=clock)
    partner.fail_next(1, 477)
    answer = await inside(partner).get("/crm/v3/owners")
    assert (answer.status_code, answer.headers["retry-after"]) == (477, "3600")


# Webhooks


def hooked(clock: Any, receiver: Any, **options: Any) -> HubSpot:
    return hubspot(now=clock, webhooks=WebhookTarget("https://host.example/hook", receiver.client), **options)


async def told(partner: HubSpot, receiver: Any) -> list[dict[str, Any]]:
    """The events of what waits."""
    known = len(receiver.received)
    await partner.deliver()
    return [event for request in receiver.received[known:] for event in json.loads(request.content)]


async def test_each_changed_property_is_an_event(clock, receiver):
    partner = hooked(clock, receiver)
    partner.change("deals", FIRST, dealstage="closedwon", amount="5")
    events = await told(partner, receiver)
    assert len(receiver.received) == 1
    assert {event["propertyName"]: event["propertyValue"] for event in events} == {
        "dealstage": "closedwon",
        "amount": "5",
    }
    assert {event["subscriptionType"] for event in events} == {"deal.propertyChange"}
    assert (events[0]["objectId"], events[0]["portalId"], events[0]["appId"]) == (5550001, 1234567, 777001)
    assert (events[0]["attemptNumber"], events[0]["changeSource"]) == (0, "CRM_UI")
    assert events[0]["occurredAt"] == clock().timestamp() * 1000


async def test_the_apps_own_writes_come_back(clock, receiver):
    partner = hooked(clock, receiver)
    await inside(partner).patch(f"/crm/v3/objects/deals/{FIRST}", json={"properties": {"amount": "7"}})
    (event,) = await told(partner, receiver)
    assert event["changeSource"] == "INTEGRATION"


@pytest.mark.parametrize(
    ("act", "type"),
    [
        (lambda partner: partner.add("contacts"), "contact.creation"),
        (lambda partner: partner.remove("companies", "9900000001"), "company.deletion"),
        (lambda partner: partner.change("deals", "5550011", archived=False), "deal.restore"),
        (lambda partner: partner.forget("51"), "contact.privacyDeletion"),
    ],
)
async def test_each_happening_has_its_type(clock, receiver, act, type):  # noqa: A002 - the event's word
    partner = hooked(clock, receiver)
    act(partner)
    assert [event["subscriptionType"] for event in await told(partner, receiver)] == [type]


async def test_versions_one_and_three_sign_side_by_side(clock, receiver):
    partner = hooked(clock, receiver)
    partner.remove("deals", FIRST)
    await partner.deliver()
    headers = receiver.received[0].headers
    assert headers["x-hubspot-signature-version"] == "v1"
    assert len(headers["x-hubspot-signature"]) == 64
    assert headers["x-hubspot-request-timestamp"] == str(int(clock().timestamp() * 1000))
    assert len(headers["x-hubspot-signature-v3"]) == 44


async def test_a_webhook_is_tried_again_ten_times_with_a_new_signature(clock, receiver):
    partner = hooked(clock, receiver)
    receiver.answers = [404, httpx.ConnectError("down"), *[500] * 9]
    partner.remove("deals", FIRST)
    for _ in range(24):
        await partner.deliver()
        clock.pass_by(21_600)
    attempts = [json.loads(request.content)[0]["attemptNumber"] for request in receiver.received]
    assert attempts == list(range(11))
    assert len({request.headers["x-hubspot-signature-v3"] for request in receiver.received}) == 11
    assert len(partner.outbox.given_up) == 1


async def test_a_list_holds_a_hundred_events(clock, receiver):
    partner = hooked(clock, receiver, most_events=2)
    partner.change("contacts", "51", firstname="A", lastname="B", city="C")
    await partner.deliver()
    assert [len(json.loads(request.content)) for request in receiver.received] == [2, 1]


async def test_subscriptions_are_the_apps_own_affair(clock):
    partner = hubspot(now=clock)
    client, base = surface(partner), "/webhooks/v3/777001"
    key = {"hapikey": "hubspot-developer-key"}
    assert (await client.get(f"{base}/settings")).status_code == 401
    assert (await client.get(f"{base}/settings", params=key)).status_code == 404
    target = {"targetUrl": "https://host.example/hook", "throttling": {"maxConcurrentRequests": 5}}
    assert (await client.put(f"{base}/settings", params=key, json=target)).json() == target
    wrong = await client.post(f"{base}/subscriptions", params=key, json={"eventType": "deal.propertyChange"})
    assert wrong.status_code == 400
    made = await client.post(f"{base}/subscriptions", params=key, json={"eventType": "deal.creation", "active": False})
    assert made.status_code == 201
    path = f"{base}/subscriptions/{made.json()['id']}"
    assert (await client.patch(path, params=key, json={"active": True})).json()["active"] is True
    assert len((await client.get(f"{base}/subscriptions", params=key)).json()["results"]) == 1
    assert (await client.delete(path, params=key)).status_code == 204
