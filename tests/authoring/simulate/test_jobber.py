from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from runner.authoring.simulate.jobber import ACCOUNT_ID, GONE, Jobber, jobber, seal
from runner.authoring.simulate.jobber_data import gid
from runner.authoring.simulate.limits import Window
from runner.authoring.simulate.outbox import WebhookTarget

REDIRECT = "https://host.example/oauth/callback"
APP = {"client_id": "jobber-app", "client_secret": "jobber-secret"}
VERSION = {"X-JOBBER-GRAPHQL-VERSION": "2025-04-16"}
FIRST_CLIENT = gid("Client", 123)


def surface(partner: Jobber) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=partner.app), base_url="https://api.getjobber.com/api/")


def inside(partner: Jobber) -> httpx.AsyncClient:
    client = surface(partner)
    client.headers.update({**VERSION, "Authorization": f"Bearer {partner.grants.issue()['access_token']}"})
    return client


async def post(partner: Jobber, query: str, **variables: Any) -> httpx.Response:
    return await inside(partner).post("graphql", json={"query": query, "variables": variables})


async def ask(partner: Jobber, query: str, **variables: Any) -> dict[str, Any]:
    answer = (await post(partner, query, **variables)).json()
    assert "errors" not in answer, answer
    return answer["data"]


async def exchange(partner: Jobber, **form: str) -> httpx.Response:
    return await surface(partner).post("oauth/token", data={**APP, **form})


async def redeem(partner: Jobber, code: str, **more: str) -> httpx.Response:
    return await exchange(partner, grant_type="authorization_code", code=code, redirect_uri=REDIRECT, **more)


async def renew(partner: Jobber, token: str) -> httpx.Response:
    return await exchange(partner, grant_type="refresh_token", refresh_token=token)


# Consent and tokens


async def consent(partner: Jobber, decision: str, **more: str) -> httpx.Response:
    asked = {"client_id": "jobber-app", "redirect_uri": REDIRECT, "response_type": "code", "state": "s t", **more}
    return await surface(partner).post("oauth/authorize", data={**asked, "decision": decision})


async def test_consent_page_names_the_account_and_passes_the_question_on(clock):
    asked = {"client_id": "jobber-app", "redirect_uri": REDIRECT, "response_type": "code", "state": '"><script>'}
    page = await surface(jobber(now=clock)).get("oauth/authorize", params=asked)
    assert page.status_code == 200
    assert "Sample Landscaping" in page.text
    assert "Approve" in page.text
    assert "Deny" in page.text
    assert "<script>" not in page.text


async def test_approval_leads_back_with_code_and_state_and_the_code_opens_once(clock):
    partner = jobber(now=clock)
    answer = await consent(partner, "approve")
    target = urlsplit(answer.headers["location"])
    query = parse_qs(target.query)
    assert (answer.status_code, target.netloc, query["state"]) == (302, "host.example", ["s t"])
    assert (await redeem(partner, query["code"][0])).status_code == 200
    assert (await redeem(partner, query["code"][0])).json()["error"] == "invalid_grant"


async def test_denial_leads_back_with_access_denied(clock):
    answer = await consent(jobber(now=clock), "deny")
    assert parse_qs(urlsplit(answer.headers["location"]).query) == {"error": ["access_denied"], "state": ["s t"]}


@pytest.mark.parametrize(
    "wrong", [{"client_id": "other"}, {"redirect_uri": "https://evil.example/"}, {"response_type": "token"}]
)
async def test_bad_question_is_not_redirected(clock, wrong):
    answer = await consent(jobber(now=clock, redirect_uris=(REDIRECT,)), "approve", **wrong)
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_token_is_a_jwt_of_sixty_minutes_and_the_answer_has_no_expires_in(clock):
    partner = jobber(now=clock)
    answer = (await redeem(partner, partner.grants.code(REDIRECT))).json()
    assert answer.keys() == {"access_token", "refresh_token"}
    claims = answer["access_token"].split(".")[1]
    decoded = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert decoded["exp"] == clock().timestamp() + 3600


@pytest.mark.parametrize(
    "spoil",
    [{"redirect_uri": "https://other.example/"}, {"client_secret": "wrong"}, {"code": "unknown"}],
)
async def test_code_must_come_with_the_same_redirect_and_the_app(clock, spoil):
    partner = jobber(now=clock)
    form = {"grant_type": "authorization_code", "code": partner.grants.code(REDIRECT), "redirect_uri": REDIRECT}
    answer = await exchange(partner, **{**form, **spoil})
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] in {"invalid_grant", "invalid_client"}


async def test_code_dies_with_time(clock):
    partner = jobber(now=clock)
    code = partner.grants.code(REDIRECT)
    clock.pass_by(600)
    assert (await redeem(partner, code)).status_code == 400


async def test_code_with_a_challenge_wants_its_verifier(clock):
    partner = jobber(now=clock)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"verifier").digest()).decode().rstrip("=")
    wrong, right = (partner.grants.code(REDIRECT, challenge) for _ in range(2))
    assert (await redeem(partner, wrong)).status_code == 400
    assert (await redeem(partner, right, code_verifier="verifier")).status_code == 200


async def test_refresh_token_rotates_and_the_old_one_dies_at_once(clock):
    partner = jobber(now=clock)
    old = partner.grants.issue()["refresh_token"]
    new = (await renew(partner, old)).json()["refresh_token"]
    assert new != old
    refused = await renew(partner, old)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert (await renew(partner, new)).status_code == 200


async def test_without_rotation_the_same_token_comes_back_with_a_warning(clock):
    partner = jobber(now=clock, rotating=False)
    old = partner.grants.issue()["refresh_token"]
    answer = (await renew(partner, old)).json()
    assert (answer["refresh_token"], "warning" in answer) == (old, True)


async def test_token_endpoint_speaks_json_too(clock):
    partner = jobber(now=clock)
    form = {**APP, "grant_type": "refresh_token", "refresh_token": partner.grants.issue()["refresh_token"]}
    assert (await surface(partner).post("oauth/token", json=form)).status_code == 200


# Before GraphQL


async def test_unknown_or_old_token_is_not_recognized(clock):
    partner = jobber(now=clock)
    client = inside(partner)
    clock.pass_by(3600)
    answer = await client.post("graphql", json={"query": "{ account { id } }"})
    assert (answer.status_code, answer.json()) == (401, {"message": "Token not recognized"})


async def test_schema_may_be_asked_for_without_a_token(clock):
    query = {"query": "{ __schema { queryType { name } } }"}
    answer = await surface(jobber(now=clock)).post("graphql", json=query, headers=VERSION)
    assert answer.json()["data"]["__schema"]["queryType"]["name"] == "Query"


@pytest.mark.parametrize("version", ["1999-01-01", ""])
async def test_version_must_be_known(clock, version):
    client = inside(jobber(now=clock))
    client.headers["X-JOBBER-GRAPHQL-VERSION"] = version
    answer = await client.post("graphql", json={"query": "{ account { id } }"})
    expected = {"message": f"GraphQL API version '{version}' does not exist"}
    assert (answer.status_code, answer.json()) == (404, expected)


async def test_form_is_refused(clock):
    answer = await inside(jobber(now=clock)).post("graphql", data={"query": "{ account { id } }"})
    assert answer.status_code == 415


@pytest.mark.parametrize("body", [{}, {"query": ""}, [], {"query": "{ account { id } }", "variables": [1]}])
async def test_what_is_no_query_is_invalid(clock, body):
    answer = await inside(jobber(now=clock)).post("graphql", json=body)
    assert (answer.status_code, answer.json()) == (400, {"message": "Invalid query"})


# Queries


async def test_account(clock):
    assert await ask(jobber(now=clock), "{ account { id name } }") == {
        "account": {"id": ACCOUNT_ID, "name": "Sample Landscaping"}
    }


CLIENTS = """query ($after: String, $since: ISO8601DateTime, $first: Int) {
  clients(first: $first, after: $after, filter: {updatedAt: {after: $since}}) {
    nodes { id name firstName lastName companyName isCompany isArchived updatedAt
            emails { address primary } phones { number primary smsAllowed }
            billingAddress { street1 street2 city province postalCode country }
            clientProperties(first: 2) { nodes { id name address { street1 coordinates { latitudeString } } } } }
    pageInfo { endCursor hasNextPage } } }"""


async def test_clients_page_by_page(clock):
    partner = jobber(now=clock, size=60)
    ids: list[str] = []
    page = {"endCursor": None, "hasNextPage": True}
    while page["hasNextPage"]:
        clients = (await ask(partner, CLIENTS, first=25, after=page["endCursor"]))["clients"]
        ids += [client["id"] for client in clients["nodes"]]
        page = clients["pageInfo"]
    assert ids == [gid("Client", 123 + n) for n in range(60)]


async def test_updated_at_after_is_exclusive_and_sees_changes(clock):
    partner = jobber(now=clock)
    before = clock().isoformat()
    assert (await ask(partner, CLIENTS, first=10, since=before))["clients"]["nodes"] == []
    clock.pass_by(1)
    partner.change("clients", FIRST_CLIENT, firstName="Other")
    nodes = (await ask(partner, CLIENTS, first=10, since=before))["clients"]["nodes"]
    assert [(node["id"], node["name"]) for node in nodes] == [(FIRST_CLIENT, "Other Client")]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ('{ clients(first: 1, filter: {updatedAt: {gte: "2026-01-01T00:00:00Z"}}) { nodes { id } } }', "gte"),
        ("{ visits(first: 1) { nodes { id updatedAt } } }", "updatedAt"),
        ("{ properties(first: 1) { nodes { id updatedAt } } }", "updatedAt"),
        ('{ visits(first: 1, filter: {updatedAt: {after: "2026-01-01T00:00:00Z"}}) { nodes { id } } }', "updatedAt"),
        ('{ jobs(first: 1, filter: {updatedAt: {after: "2026-01-01T00:00:00Z"}}) { nodes { id } } }', "updatedAt"),
        ("{ users(first: 1) { nodes { id } } }", "filter"),
        ("{ users(first: 1, filter: {}) { nodes { id } } }", "status"),
        ('{ clients(first: 1, filter: {updatedAt: {after: "yesterday"}}) { nodes { id } } }', "yesterday"),
        ("{ clients(first: 1) { nodes { id } ", "Expected"),
    ],
)
async def test_what_the_schema_lacks_is_an_error_without_data(clock, query, words):
    answer = await post(jobber(now=clock), query)
    assert answer.status_code == 200
    assert words in answer.json()["errors"][0]["message"]
    assert "data" not in answer.json()


async def test_bad_date_in_a_variable_is_an_error(clock):
    answer = await post(jobber(now=clock), CLIENTS, first=1, since="yesterday")
    assert "yesterday" in answer.json()["errors"][0]["message"]


async def test_visits_in_a_window_of_start_times(clock):
    query = """query ($a: ISO8601DateTime, $b: ISO8601DateTime) {
      visits(first: 50, filter: {startAt: {after: $a, before: $b}}) { nodes { startAt job { jobNumber } } } }"""
    bounds = {"a": "2026-05-06T00:00:00+00:00", "b": "2026-05-09T00:00:00+00:00"}
    nodes = (await ask(jobber(now=clock), query, **bounds))["visits"]["nodes"]
    assert nodes
    assert all("2026-05-06" <= node["startAt"] < "2026-05-09" for node in nodes)


async def test_jobs_come_newest_first(clock):
    query = "{ jobs(first: 30, sort: {key: UPDATED_AT, direction: DESCENDING}) { nodes { updatedAt } } }"
    times = [node["updatedAt"] for node in (await ask(jobber(now=clock), query))["jobs"]["nodes"]]
    assert times == sorted(times, reverse=True)


async def test_users_of_a_status(clock):
    query = "{ users(first: 10, filter: {status: ACTIVATED}) { nodes { name { full } email { raw } } } }"
    assert (await ask(jobber(now=clock), query))["users"]["nodes"][0] == {
        "name": {"full": "Sample Tech"},
        "email": {"raw": "tech0@example.com"},
    }


@pytest.mark.parametrize(
    ("many", "fields"),
    [
        ("clients", ("companyName", "secondaryName", "title", "billingAddress { city }")),
        ("properties", ("name", "routingOrder")),
        ("visits", ("title", "startAt", "endAt", "duration", "completedAt", "completedBy", "instructions")),
    ],
)
async def test_nullable_field_is_null_somewhere_and_filled_elsewhere(clock, many, fields):
    nodes = (await ask(jobber(now=clock), f"{{ {many}(first: 60) {{ nodes {{ {' '.join(fields)} }} }} }}"))[many][
        "nodes"
    ]
    for field in fields:
        assert {node[field.split()[0]] is None for node in nodes} == {True, False}, field


async def test_coordinates_are_strings_or_null(clock):
    query = "{ properties(first: 60) { nodes { address { coordinates { latitudeString } } } } }"
    places = [node["address"]["coordinates"] for node in (await ask(jobber(now=clock), query))["properties"]["nodes"]]
    assert None in places
    assert all(isinstance(place["latitudeString"], str) for place in places if place)


async def test_relations_can_be_followed_for_every_visit(clock):
    query = "{ visits(first: 40) { nodes { client { name } property { client { id } } job { client { id } } } } }"
    nodes = (await ask(jobber(now=clock, size=37), query))["visits"]["nodes"]
    assert all(node["property"]["client"] == node["job"]["client"] for node in nodes)


async def test_removed_client_is_null_and_not_found(clock):
    partner = jobber(now=clock)
    partner.remove("clients", FIRST_CLIENT)
    answer = (await post(partner, "query ($id: EncodedId!) { client(id: $id) { id } }", id=FIRST_CLIENT)).json()
    assert answer["data"] == {"client": None}
    assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_property_change_does_not_move_its_client(clock):
    partner = jobber(now=clock)
    before = partner.table("clients").row(FIRST_CLIENT)["updatedAt"]
    clock.pass_by(60)
    partner.change("properties", gid("Property", 456), name="Barn")
    assert partner.table("clients").row(FIRST_CLIENT)["updatedAt"] == before


# Limits


async def test_cost_is_answered_and_what_was_used_is_spent(clock):
    answer = (
        await post(jobber(now=clock), "{ clients(first: 2) { nodes { id name } pageInfo { hasNextPage } } }")
    ).json()
    assert answer["extensions"]["cost"] == {
        "requestedQueryCost": 9,
        "actualQueryCost": 7,
        "throttleStatus": {"maximumAvailable": 10000, "currentlyAvailable": 9993, "restoreRate": 500},
    }
    assert answer["extensions"]["versioning"] == {"version": "2025-04-16"}


async def test_query_beyond_the_budget_is_throttled_with_status_200_until_points_come_back(clock):
    partner = jobber(now=clock, budget=100, restore=10)
    query = "{ clients(first: 60) { nodes { id } } }"
    assert (await post(partner, query)).json()["extensions"]["cost"]["requestedQueryCost"] == 61
    answer = await post(partner, query)
    assert answer.status_code == 200
    assert "data" not in answer.json()
    assert answer.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert partner.violations == 1
    clock.pass_by(3)
    assert "data" in (await post(partner, query)).json()


async def test_request_beyond_the_window_is_429_without_retry_after(clock):
    partner = jobber(now=clock, limits=(Window(2, 300),))
    client = inside(partner)
    answers = [await client.post("graphql", json={"query": "{ account { id } }"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].text == "Too Many Requests"
    assert "Retry-After" not in answers[2].headers


async def test_told_timeout_gives_no_answer(clock):
    partner = jobber(now=clock)
    partner.fail_next(1, "timeout")
    with pytest.raises(httpx.ReadTimeout):
        await post(partner, "{ account { id } }")


async def test_token_endpoint_fails_only_when_named(clock):
    partner = jobber(now=clock)
    partner.fail_next(1, 503)
    refresh = partner.grants.issue()["refresh_token"]
    assert (await renew(partner, refresh)).status_code == 200
    partner.fail_next(1, 503, on="oauth/token")
    assert (await renew(partner, refresh)).status_code == 503


# Webhooks and disconnecting


def listening(clock, client: httpx.AsyncClient, **options: Any) -> Jobber:
    return jobber(now=clock, webhooks=WebhookTarget("https://host.example/webhooks/jobber", client), **options)


def test_signature_vector():
    body = (
        b'{"data":{"webHookEvent":{"topic":"APP_CONNECT","appId":"id","accountId":"id","itemId":"id",'
        b'"occurredAt":"ISO8601DateTime"}}}'
    )
    assert seal("my app's OAuth client secret", body) == "+PXo5mRPCuHqX3CePBACS8afHQPY9rXzPlp9AG/a8BI="


async def test_webhook_is_a_signed_notice_with_an_offset(clock, receiver):
    partner = listening(clock, receiver.client)
    partner.change("clients", FIRST_CLIENT, lastName="Other")
    await partner.deliver()
    (request,) = receiver.received
    assert json.loads(request.content)["data"]["webHookEvent"] == {
        "topic": "CLIENT_UPDATE",
        "appId": "3ef22a50-072d-430c-a78f-b7646657560b",
        "accountId": ACCOUNT_ID,
        "itemId": FIRST_CLIENT,
        "occurredAt": "2026-05-04T09:20:11-06:00",
    }
    assert request.headers["X-Jobber-Hmac-SHA256"] == seal("jobber-secret", request.content)


async def test_old_apps_get_the_old_spelling_and_duplicates_can_be_asked_for(clock, receiver):
    partner = listening(clock, receiver.client, old_spelling=True, duplicates=2)
    partner.change("visits", gid("Visit", 789), title="Other")
    await partner.deliver()
    first, second = (request.content for request in receiver.received)
    assert first == second
    assert b'"occuredAt"' in first


@pytest.mark.parametrize(
    ("what", "verb", "topics"),
    [
        ("clients", "add", ["CLIENT_CREATE"]),
        ("clients", "remove", ["VISIT_DESTROY", "VISIT_DESTROY", "JOB_DESTROY", "PROPERTY_DESTROY", "CLIENT_DESTROY"]),
        ("visits", "complete", ["VISIT_UPDATE", "VISIT_COMPLETE"]),
    ],
)
async def test_topics(clock, receiver, what, verb, topics):
    partner = listening(clock, receiver.client)
    if verb == "add":
        partner.add(what)
    elif verb == "remove":
        partner.remove(what, FIRST_CLIENT)
    else:
        visit = next(row for row in partner.table("visits") if not row["isComplete"])
        partner.change("visits", visit["id"], isComplete=True)
    assert [attempt.topic for attempt in await partner.deliver()] == topics


async def test_slow_answer_counts_as_failure_and_comes_again(clock):
    async def slowly(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        return httpx.Response(200)

    partner = listening(clock, httpx.AsyncClient(transport=httpx.MockTransport(slowly)), answer_within=0.01)
    partner.change("clients", FIRST_CLIENT, lastName="Other")
    (attempt,) = await partner.deliver()
    assert (attempt.status, attempt.accepted) == (None, False)
    assert [letter.attempt for letter in partner.outbox.waiting] == [2]


async def test_disconnect_tells_the_app_and_kills_its_tokens(clock, receiver):
    partner = listening(clock, receiver.client)
    tokens, client = partner.grants.issue(), inside(partner)
    partner.disconnect()
    answer = await client.post("graphql", json={"query": "{ account { id } }"})
    assert (answer.status_code, answer.json()["message"]) == (401, GONE)
    assert (await renew(partner, tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert [attempt.topic for attempt in await partner.deliver()] == ["APP_DISCONNECT"]


async def test_app_may_disconnect_itself(clock):
    partner = jobber(now=clock)
    client = inside(partner)
    query = {"query": "mutation { appDisconnect { userErrors { message } } }"}
    assert (await client.post("graphql", json=query)).json()["data"] == {"appDisconnect": {"userErrors": []}}
    assert (await client.post("graphql", json=query)).status_code == 401
