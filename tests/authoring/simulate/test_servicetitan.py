from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.limits import Window
from runner.authoring.simulate.outbox import WebhookTarget
from runner.authoring.simulate.servicetitan import ServiceTitan, servicetitan

TENANT = 123456789
APP_KEY = {"ST-App-Key": "ak1.servicetitan-app"}
FORM = {
    "grant_type": "client_credentials",
    "client_id": "servicetitan-client",
    "client_secret": "servicetitan-secret",
}
EVER = {"modifiedOnOrAfter": "2020-01-01"}
BOUNDLESS = {"limits": ()}


def surface(partner: ServiceTitan) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=partner.app), base_url="https://api.servicetitan.io")


async def inside(partner: ServiceTitan) -> httpx.AsyncClient:
    client = surface(partner)
    answer = await client.post("/connect/token", data=FORM)
    client.headers.update({**APP_KEY, "Authorization": f"Bearer {answer.json()['access_token']}"})
    return client


async def get(partner: ServiceTitan, path: str, **params: Any) -> httpx.Response:
    module, _, rest = path.partition("/")
    client = await inside(partner)
    return await client.get(f"/{module}/v2/tenant/{TENANT}/{rest}", params=params)


async def data(partner: ServiceTitan, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = await get(partner, path, pageSize=5000, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


# Being let in


async def test_token_lives_900_seconds_by_the_clock(clock):
    partner = servicetitan(now=clock)
    client = await inside(partner)
    path = f"/jpm/v2/tenant/{TENANT}/jobs"
    clock.pass_by(899)
    assert (await client.get(path)).status_code == 200
    clock.pass_by(1)
    assert (await client.get(path)).status_code == 401


async def test_token_answer_has_the_documented_members(clock):
    answer = await surface(servicetitan(now=clock)).post("/connect/token", data=FORM)
    assert answer.json().keys() == {"access_token", "expires_in", "token_type", "scope"}
    assert (answer.json()["expires_in"], answer.json()["token_type"]) == (900, "Bearer")


@pytest.mark.parametrize(
    ("kwargs", "error"),
    [
        ({"data": {**FORM, "client_secret": "other"}}, "invalid_client"),
        (
            {"data": {"grant_type": "client_credentials"}, "auth": ("servicetitan-client", "servicetitan-secret")},
            "invalid_client",
        ),
        ({"json": FORM}, "invalid_request"),
        ({"data": {**FORM, "grant_type": "authorization_code"}}, "unsupported_grant_type"),
    ],
)
async def test_token_is_refused(clock, kwargs, error):
    answer = await surface(servicetitan(now=clock)).post("/connect/token", **kwargs)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_app_key_is_needed_and_may_stand_in_the_query(clock):
    client = await inside(servicetitan(now=clock))
    del client.headers["ST-App-Key"]
    path = f"/jpm/v2/tenant/{TENANT}/jobs"
    refused = await client.get(path)
    assert (refused.status_code, refused.json()["statusCode"]) == (401, 401)
    assert (await client.get(path, params={"servicetitanapplicationkey": APP_KEY["ST-App-Key"]})).status_code == 200


async def test_another_tenant_is_refused(clock):
    client = await inside(servicetitan(now=clock))
    assert (await client.get("/jpm/v2/tenant/1/jobs")).status_code == 403


async def test_disconnect_kills_tokens_and_secret(clock):
    partner = servicetitan(now=clock)
    client = await inside(partner)
    partner.disconnect()
    assert (await client.get(f"/jpm/v2/tenant/{TENANT}/jobs")).status_code == 401
    assert (await client.post("/connect/token", data=FORM)).json() == {"error": "invalid_client"}


# Lists


async def test_page_has_the_documented_envelope(clock):
    answer = await get(servicetitan(now=clock, size=60), "jpm/jobs")
    assert {k: v for k, v in answer.json().items() if k != "data"} == {
        "page": 1,
        "pageSize": 50,
        "hasMore": True,
        "totalCount": None,
    }


async def test_total_comes_on_request(clock):
    answer = await get(servicetitan(now=clock, size=60), "jpm/jobs", includeTotal="true", page=2)
    assert (answer.json()["totalCount"], answer.json()["hasMore"], len(answer.json()["data"])) == (60, False, 10)


async def test_inactive_rows_show_only_on_request(clock):
    partner = servicetitan(now=clock)
    default, every, gone = [
        {row["id"] for row in await data(partner, "crm/locations", **params)}
        for params in ({}, {"active": "Any"}, {"active": "False"})
    ]
    assert gone
    assert default | gone == every
    assert not default & gone


async def test_jobs_have_no_active_filter(clock):
    partner = servicetitan(now=clock)
    assert len(await data(partner, "jpm/jobs", active="nonsense")) == 60
    assert "active" not in (await data(partner, "jpm/jobs"))[0]


@pytest.mark.parametrize(
    ("path", "params", "named"),
    [
        ("crm/locations", {"active": "Yes"}, "active"),
        ("jpm/jobs", {"modifiedOnOrAfter": "last week"}, "modifiedOnOrAfter"),
        ("jpm/jobs", {"page": 0}, "page"),
        ("jpm/jobs", {"pageSize": 5001}, "pageSize"),
        ("jpm/jobs", {"sort": "ModifiedOn"}, "sort"),
        ("jpm/jobs", {"sort": "+Summary"}, "sort"),
        ("jpm/jobs", {"ids": ",".join(map(str, range(51)))}, "ids"),
        ("jpm/jobs", {"jobStatus": "Cancelled"}, "jobStatus"),
        ("crm/customers/contacts", {}, "modifiedOnOrAfter"),
        ("crm/locations/contacts", {"locationIds": "601"}, "modifiedOnOrAfter"),
        ("jpm/export/jobs", {"from": "nonsense"}, "from"),
    ],
)
async def test_bad_parameter_is_named_in_an_api_error(clock, path, params, named):
    answer = await get(servicetitan(now=clock), path, **params)
    assert answer.status_code == 400
    assert answer.json().keys() == {"type", "title", "status", "traceId", "errors", "data"}
    assert list(answer.json()["errors"]) == [named]


async def test_unencoded_plus_in_sort_arrives_as_a_space_and_is_refused(clock):
    client = await inside(servicetitan(now=clock))
    base = f"/jpm/v2/tenant/{TENANT}/jobs?sort="
    assert (await client.get(f"{base}+ModifiedOn")).status_code == 400
    assert (await client.get(f"{base}%2BModifiedOn")).status_code == 200


async def test_sort_descends(clock):
    rows = await data(servicetitan(now=clock), "jpm/jobs", sort="-ModifiedOn")
    times = [row["modifiedOn"] for row in rows]
    assert times == sorted(times, reverse=True)


async def test_modified_bounds_are_from_inclusive_to_exclusive(clock):
    partner = servicetitan(now=clock)
    row = (await data(partner, "jpm/jobs"))[0]
    since = await data(partner, "jpm/jobs", modifiedOnOrAfter=row["modifiedOn"])
    before = await data(partner, "jpm/jobs", modifiedBefore=row["modifiedOn"])
    assert row["id"] in {one["id"] for one in since}
    assert row["id"] not in {one["id"] for one in before}


async def test_filter_by_technician_looks_through_assignments(clock):
    partner = servicetitan(now=clock)
    assigned = {
        row["jobId"] for row in await data(partner, "dispatch/appointment-assignments") if row["technicianId"] == 3001
    }
    assert {row["id"] for row in await data(partner, "jpm/jobs", technicianId=3001)} == assigned


async def test_one_by_id(clock):
    partner = servicetitan(now=clock)
    assert (await get(partner, "jpm/jobs/7001")).json()["summary"] == "<p>Water heater check</p>"
    missing = await get(partner, "crm/locations/1")
    assert (missing.status_code, missing.json()["status"]) == (404, 404)


# Data


@pytest.mark.parametrize(
    ("path", "column"),
    [
        *[
            ("jpm/jobs", column)
            for column in (
                *("projectId", "completedOn", "recallForId", "warrantyId", "jobGeneratedLeadSource", "leadCallId"),
                *("partnerLeadCallId", "bookingId", "soldById", "membershipId", "total", "createdFromEstimateId"),
                "summary",
            )
        ],
        *[("crm/locations", column) for column in ("mergedToId", "zoneId", "taxZoneId")],
        *[
            ("jpm/appointments", column)
            for column in ("appointmentNumber", "arrivalWindowStart", "specialInstructions")
        ],
        *[("crm/customers/contacts", column) for column in ("memo", "preferences", "phoneSettings")],
        *[("sales/estimates", column) for column in ("soldOn", "soldBy", "name")],
    ],
)
async def test_nullable_field_is_null_somewhere_and_filled_elsewhere(clock, path, column):
    extra = {"active": "Any"} if path in {"crm/locations", "jpm/appointments"} else {}
    rows = await data(servicetitan(now=clock), path, **EVER, **extra)
    assert {row[column] is None for row in rows} == {True, False}


async def test_estimates_of_a_job(clock):
    rows = await data(servicetitan(now=clock), "sales/estimates", jobId="7004")
    assert [(row["jobId"], row["status"]["name"]) for row in rows] == [(7004, "Sold")]


async def test_some_technicians_have_only_a_name(clock):
    rows = await data(servicetitan(now=clock), "settings/technicians")
    assert any("firstName" not in row for row in rows)
    assert all(row["name"] for row in rows)


async def test_email_contact_has_no_phone_settings(clock):
    rows = await data(servicetitan(now=clock), "crm/customers/contacts", **EVER)
    assert all((row["phoneSettings"] is None) == (row["type"] == "Email") for row in rows)


async def test_contacts_of_one_customer_do_not_repeat_the_customer(clock):
    partner = servicetitan(now=clock)
    assert "customerId" not in (await data(partner, "crm/customers/501/contacts"))[0]
    assert "customerId" in (await data(partner, "crm/customers/contacts", **EVER))[0]


async def test_external_data_shows_to_its_application_only(clock):
    partner = servicetitan(now=clock)
    guid = partner.options.external_data_guid
    assert (await get(partner, "jpm/jobs/7001")).json()["externalData"] == []
    shown = (await get(partner, "jpm/jobs/7001", externalDataApplicationGuid=guid)).json()
    assert shown["externalData"] == [{"key": "cc_project_id", "value": "94772883"}]


# Export feeds


async def walk(partner: ServiceTitan, **params: Any) -> tuple[list[int], str]:
    ids: list[int] = []
    while True:
        page = (await get(partner, "jpm/export/jobs", **params)).json()
        ids += [row["id"] for row in page["data"]]
        params["from"] = page["continueFrom"]
        if not page["hasMore"]:
            return ids, page["continueFrom"]


async def test_feed_gives_each_row_once_and_then_only_changes(clock):
    partner = servicetitan(now=clock, export_page=25, **BOUNDLESS)
    ids, token = await walk(partner)
    assert sorted(ids) == list(range(7001, 7061))
    assert await walk(partner, **{"from": token}) == ([], token)
    partner.change("jobs", 7003, jobStatus="Hold")
    assert (await walk(partner, **{"from": token}))[0] == [7003]


async def test_feed_shows_deleted_jobs(clock):
    partner = servicetitan(now=clock)
    partner.change("jobs", 7003, active=False)
    rows = (await get(partner, "jpm/export/jobs")).json()["data"]
    assert [row["id"] for row in rows if not row["active"]] == [7003]
    assert 7003 not in {row["id"] for row in await data(partner, "jpm/jobs")}


async def test_feed_starts_at_a_date(clock):
    partner = servicetitan(now=clock)
    clock.pass_by(3600)
    partner.change("jobs", 7005, priority="Urgent")
    rows = (await get(partner, "jpm/export/jobs", **{"from": "2026-05-04T16:00:00Z"})).json()["data"]
    assert [row["id"] for row in rows] == [7005]


async def test_recent_changes_come_sooner_and_again(clock):
    partner = servicetitan(now=clock, export_lag=300)
    _, token = await walk(partner)
    partner.change("jobs", 7005, priority="Urgent")
    eager = {"from": token, "includeRecentChanges": "true"}
    assert (await walk(partner, **{"from": token}))[0] == []
    ids, again = await walk(partner, **eager)
    assert ids == [7005]
    assert (await walk(partner, **{**eager, "from": again}))[0] == [7005]


# Limits and faults


async def test_sixty_first_call_of_a_second_is_refused(clock):
    partner = servicetitan(now=clock)
    client = await inside(partner)
    answers = [await client.get(f"/jpm/v2/tenant/{TENANT}/jobs/7001") for _ in range(61)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert "Retry-After" not in answers[-1].headers
    assert partner.violations == 1
    clock.pass_by(1)
    assert (await client.get(f"/jpm/v2/tenant/{TENANT}/jobs/7001")).status_code == 200


async def test_retry_after_comes_on_request(clock):
    partner = servicetitan(now=clock, limits=(Window(1, 30),), retry_after=True)
    client = await inside(partner)
    await client.get(f"/jpm/v2/tenant/{TENANT}/jobs")
    assert (await client.get(f"/jpm/v2/tenant/{TENANT}/jobs")).headers["Retry-After"] == "30"


async def test_told_faults_come_first_and_end(clock):
    partner = servicetitan(now=clock)
    partner.fail_next(2, 503)
    assert [(await get(partner, "jpm/jobs")).status_code for _ in range(3)] == [503, 503, 200]
    assert partner.calls["GET /jpm/v2/tenant/{tenant}/jobs"] == 3


# Webhooks


def listening(clock, receiver, **options) -> ServiceTitan:
    return servicetitan(
        now=clock, webhooks=WebhookTarget("https://host.example/webhooks/servicetitan", receiver.client), **options
    )


async def test_change_moves_modified_on_and_sends_a_signed_cloud_event(clock, receiver):
    partner = listening(clock, receiver)
    partner.change("jobs", 7001, jobStatus="Dispatched")
    await partner.deliver()
    (request,) = receiver.received
    event = json.loads(request.content)
    assert list(event) == ["specversion", "id", "type", "time", "source", "userassignedid", "datacontenttype", "data"]
    assert (event["type"], event["data"]["tenantId"]) == ("tn.jpm.job-updated", TENANT)
    assert event["data"]["job"]["modifiedOn"] == "2026-05-04T15:20:11Z"
    assert not {"summary", "customFields", "externalData"} & set(event["data"]["job"])
    key = partner.options.webhook_key.encode()
    expected = hmac.new(key, request.content, hashlib.sha256).hexdigest()
    assert request.headers["X-ServiceTitan-Signature"] == expected


@pytest.mark.parametrize(
    ("what", "key", "fields", "topics"),
    [
        ("jobs", 7001, {"jobStatus": "Completed"}, ["tn.jpm.job-updated", "tn.jpm.job-completed"]),
        (
            "appointments",
            8001,
            {"start": "2026-06-01T10:00:00Z"},
            ["tn.jpm.job-appointment-updated", "tn.jpm.job-rescheduled"],
        ),
        ("appointment-assignments", 9101, {"status": "Dispatched"}, ["tn.dis.technician-dispatched"]),
        ("customers", 501, {"name": "Other"}, []),
        ("locations", 601, {"name": "Other"}, []),
        ("technicians", 3001, {"name": "Other"}, []),
    ],
)
async def test_events_of_a_change(clock, receiver, what, key, fields, topics):
    partner = listening(clock, receiver)
    partner.change(what, key, **fields)
    assert [attempt.topic for attempt in await partner.deliver()] == topics


async def test_new_job_is_scheduled_and_listed(clock, receiver):
    partner = listening(clock, receiver)
    key = partner.add("jobs", summary=None)
    assert [attempt.topic for attempt in await partner.deliver()] == ["tn.jpm.job-scheduled"]
    assert (await get(partner, f"jpm/jobs/{key}")).json()["jobNumber"] == str(key)


async def test_refused_webhook_comes_again_after_10_30_60_300_seconds_with_the_same_occurrence(clock, receiver):
    partner = listening(clock, receiver)
    receiver.answers = [500, httpx.ReadTimeout("slow"), 404, 302, 503]
    partner.change("jobs", 7001, priority="Low")
    await partner.deliver()
    for delay in (10, 30, 60, 300):
        clock.pass_by(delay - 1)
        assert await partner.deliver() == []
        clock.pass_by(1)
        await partner.deliver()
    events = [json.loads(request.content) for request in receiver.received]
    assert len({event["id"] for event in events}) == 5
    assert len({event["userassignedid"] for event in events}) == 1
    assert (len(partner.outbox.given_up), partner.outbox.waiting) == (1, [])


async def test_header_and_encoding_are_options_and_the_signature_may_be_off(clock, receiver):
    other = listening(clock, receiver, signature_header="X-Other", signature_encoding="base64")
    bare = listening(clock, receiver, webhook_key=None)
    for partner in (other, bare):
        partner.change("jobs", 7001, priority="Low")
        await partner.deliver()
    assert receiver.received[0].headers["X-Other"].endswith("=")
    assert "X-ServiceTitan-Signature" not in receiver.received[1].headers
