from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from runner.authoring.simulate.housecallpro import HousecallPro, housecallpro
from runner.authoring.simulate.limits import Window

COMPANY = {"Authorization": "Token housecallpro-company-key"}
PARTNER = {"Authorization": "Token housecallpro-application-key"}
BACK = "https://runner.example/oauth/callback"
WEST = "00000000-1111-2222-3333-555555555555"


def key(prefix: str, number: int) -> str:
    return f"{prefix}_{number:032d}"


def surface(partner: HousecallPro, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=partner.app)
    return httpx.AsyncClient(
        transport=transport, base_url="https://api.housecallpro.com", headers={**COMPANY, **headers}
    )


async def get(partner: HousecallPro, path: str, headers: dict[str, str] | None = None, **params: Any) -> Any:
    answer = await surface(partner, **(headers or {})).get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def said(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()


@pytest.fixture
def partner(clock) -> HousecallPro:
    return housecallpro(now=clock, limits=())


# Being let in


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Token other",
        "Bearer housecallpro-company-key",
        "housecallpro-company-key",
        "token housecallpro-company-key",
    ],
)
async def test_every_wrong_credential_is_the_same_401(partner, header):
    answer = await surface(partner, Authorization=header).get("/company")
    assert said(answer) == (401, {"message": "Unauthorized"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/application"),
        ("POST", "/application/enable"),
        ("POST", "/application/disable"),
        ("GET", "/checklists"),
        ("GET", f"/estimates/{key('csr', 1)}"),
        ("GET", "/api/price_book/services"),
        ("GET", "/service_zones"),
        ("GET", "/routes"),
        ("PUT", f"/jobs/{key('job', 1)}/schedule"),
        ("DELETE", f"/jobs/{key('job', 1)}/schedule"),
        ("PUT", f"/jobs/{key('job', 1)}/dispatch"),
        ("POST", f"/jobs/{key('job', 1)}/links"),
        ("POST", f"/jobs/{key('job', 1)}/lock"),
        ("POST", "/jobs/lock"),
    ],
)
async def test_some_calls_refuse_a_company_s_key(partner, method, path):
    assert (await surface(partner).request(method, path)).status_code == 403
    assert (await surface(partner, **PARTNER).request(method, path)).status_code in {200, 400}


async def consent(partner: HousecallPro, **asked: str) -> dict[str, str]:
    """Approve; what the way back carries."""
    asked = {"response_type": "code", "client_id": "housecallpro-app", "redirect_uri": BACK, "scope": "public", **asked}
    page = await surface(partner).get("/oauth/authorize", params=asked)
    assert page.status_code == 200, page.text
    back = await surface(partner).post("/oauth/authorize", data={**asked, "decision": "approve"})
    return {name: values[0] for name, values in parse_qs(urlsplit(back.headers["location"]).query).items()}


async def token(partner: HousecallPro, **form: str) -> httpx.Response:
    own = {"client_id": "housecallpro-app", "client_secret": "housecallpro-secret", "redirect_uri": BACK}
    return await surface(partner, Authorization="").post("/oauth/token", data={**own, **form})


async def test_a_consent_gives_tokens_of_thirty_days(partner, clock):
    code = (await consent(partner))["code"]
    first = await token(partner, grant_type="authorization_code", code=code)
    body = first.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope", "created_at"}
    assert (body["token_type"], body["expires_in"], body["created_at"]) == (
        "Bearer",
        2592000,
        int(clock().timestamp()),
    )
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    assert (await get(partner, "/company", bearer))["name"] == "Sample Pros"
    clock.pass_by(2592000)
    assert said(await surface(partner, **bearer).get("/company")) == (401, {"message": "Unauthorized"})
    assert said(await token(partner, grant_type="authorization_code", code=code))[0] == 400


async def test_a_refresh_repeats_the_address_and_gives_another_token(partner):
    code = (await consent(partner))["code"]
    old = (await token(partner, grant_type="authorization_code", code=code)).json()["refresh_token"]
    elsewhere = await token(partner, grant_type="refresh_token", refresh_token=old, redirect_uri="https://x.example")
    assert elsewhere.json()["error"] == "invalid_grant"
    new = (await token(partner, grant_type="refresh_token", refresh_token=old)).json()
    assert new["expires_in"] == 2629745
    assert new["refresh_token"] != old
    again = await token(partner, grant_type="refresh_token", refresh_token=old)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


async def test_refresh_tokens_may_stay(clock):
    partner = housecallpro(now=clock, rotating=False)
    code = (await consent(partner))["code"]
    old = (await token(partner, grant_type="authorization_code", code=code)).json()["refresh_token"]
    for _ in range(2):
        assert (await token(partner, grant_type="refresh_token", refresh_token=old)).json()["refresh_token"] == old


async def test_only_the_public_scope_can_be_asked(partner):
    asked = {"response_type": "code", "client_id": "housecallpro-app", "redirect_uri": BACK, "scope": "all"}
    assert (await surface(partner).get("/oauth/authorize", params=asked)).status_code == 400


async def test_the_app_s_secret_is_asked(partner):
    answer = await token(partner, grant_type="refresh_token", refresh_token="x", client_secret="other")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_company_that_takes_its_key_back_lets_nobody_in(partner):
    partner.disconnect()
    assert (await surface(partner).get("/company")).status_code == 401


# Locations


async def test_a_header_picks_the_location_over_the_query(partner):
    assert (await get(partner, "/company", {"X-Company-Id": WEST}))["name"] == "Sample Pros West"
    params = {"location_ids[]": "00000000-1111-2222-3333-444444444444", "page_size": 200}
    rows = (await get(partner, "/jobs", {"X-Company-Id": WEST}, **params))["jobs"]
    assert {row["company_id"] for row in rows} == {WEST}
    both = await get(partner, "/jobs", **{"location_ids[]": [WEST, params["location_ids[]"]], "page_size": 200})
    assert both["total_items"] == 240


async def test_a_location_out_of_reach_is_forbidden(clock):
    partner = housecallpro(now=clock, reachable=("00000000-1111-2222-3333-444444444444",))
    bearer = {"Authorization": f"Bearer {partner.grants.issue()['access_token']}"}
    assert said(await surface(partner, **bearer, **{"X-Company-Id": WEST}).get("/jobs")) == (
        403,
        {"error": "Forbidden"},
    )


# Lists


async def test_a_page_says_where_it_is_and_holds_ten(partner):
    page = await get(partner, "/customers")
    assert {name: page[name] for name in ("page", "page_size", "total_pages", "total_items")} == {
        "page": 1,
        "page_size": 10,
        "total_pages": 10,
        "total_items": 96,
    }
    assert len(page["customers"]) == 10
    last = await get(partner, "/customers", page=10)
    assert len(last["customers"]) == 6


async def test_two_hundred_is_the_most_and_a_wrong_name_is_ignored(partner):
    assert (await get(partner, "/jobs", page_size=1000))["page_size"] == 200
    assert (await get(partner, "/jobs", per_page=50))["page_size"] == 10


@pytest.mark.parametrize("params", [{"page": "0"}, {"page_size": "x"}, {"sort_by": "shoe_size"}])
async def test_flawed_parameters_are_named(partner, params):
    status, body = said(await surface(partner).get("/jobs", params=params))
    assert (status, body["attr"]) == (400, list(params))


async def test_changes_come_first_when_asked(partner, clock):
    partner.change("jobs", key("job", 8), description="Changed")
    rows = (await get(partner, "/jobs", sort_by="updated_at", sort_direction="desc", page_size=200))["jobs"]
    times = [row["updated_at"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert (rows[0]["id"], rows[0]["updated_at"]) == (key("job", 8), "2026-05-04T15:20:11Z")


async def test_there_is_no_filter_by_change(partner):
    page = await get(partner, "/jobs", updated_since="2026-05-04T00:00:00Z")
    assert page["total_items"] == 192


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("unscheduled", {"needs scheduling"}),
        ("completed", {"complete rated", "complete unrated"}),
        ("canceled", {"user canceled", "pro canceled"}),
        ("in progress", set()),
    ],
)
async def test_the_filter_has_words_of_its_own(partner, word, shown):
    rows = (await get(partner, "/jobs", **{"work_status[]": word, "page_size": 200}))["jobs"]
    assert {row["work_status"] for row in rows} == shown


async def test_jobs_are_found_by_crew_and_time(partner):
    rows = (await get(partner, "/jobs", **{"employee_ids[]": key("pro", 2), "page_size": 200}))["jobs"]
    assert rows
    assert all(key("pro", 2) in {one["id"] for one in row["assigned_employees"]} for row in rows)
    bounds = {"scheduled_start_min": "2026-05-04T00:00:00Z", "scheduled_start_max": "2026-05-11T00:00:00Z"}
    rows = (await get(partner, "/jobs", page_size=200, **bounds))["jobs"]
    assert rows
    assert all("2026-05-04" <= row["schedule"]["scheduled_start"] <= "2026-05-11" for row in rows)


async def test_customers_are_found_by_their_words(partner):
    rows = (await get(partner, "/customers", q="customer12@example.com"))["customers"]
    assert [row["id"] for row in rows] == [key("cus", 13)]


async def test_appointments_and_attachments_come_when_asked(partner):
    plain = (await get(partner, "/jobs", page_size=200))["jobs"]
    assert not any(row["schedule"]["appointments"] or "attachments" in row for row in plain)
    expand = {"expand[]": ["appointments", "attachments"], "page_size": 200}
    full = {row["id"]: row for row in (await get(partner, "/jobs", **expand))["jobs"]}
    assert [one["anytime"] for one in full[key("job", 8)]["schedule"]["appointments"]] == [False, True]
    assert full[key("job", 1)]["attachments"] == []


async def test_jobs_have_the_fields_of_the_documents(partner):
    job = await get(partner, f"/jobs/{key('job', 2)}")
    assert job.keys() == {
        *("id", "invoice_number", "description", "customer", "address", "notes", "work_status", "work_timestamps"),
        *("schedule", "total_amount", "outstanding_balance", "subtotal", "assigned_employees", "tags"),
        *("original_estimate_id", "original_estimate_uuids", "lead_source", "job_fields", "locked_at", "created_at"),
        *("updated_at", "canceled_at", "deleted_at", "company_name", "company_id", "recurrence_number"),
        *("recurrence_rule", "attachments"),
    }
    assert "addresses" not in job["customer"]
    assert isinstance(job["total_amount"], int)


async def test_only_active_employees_are_listed(partner):
    page = await get(partner, "/employees")
    assert (len(page["employees"]), page["total_items"]) == (5, 5)
    assert "active" not in page["employees"][0]


async def test_some_lists_have_another_form(partner):
    services = await get(partner, "/api/price_book/services", PARTNER)
    assert services.keys() == {"object", "page", "page_size", "total_pages_count", "total_count", "data", "url"}
    assert (await get(partner, f"/jobs/{key('job', 2)}/line_items")).keys() == {"url", "data"}
    assert (await get(partner, f"/jobs/{key('job', 8)}/appointments")).keys() == {"appointments"}
    assert (await get(partner, "/routes", PARTNER, per_page=500))["per_page"] == 100


async def test_what_is_not_there_and_what_was_archived(partner):
    assert said(await surface(partner).get("/jobs/job_9")) == (404, {"error": {"message": "Job not found"}})
    partner.remove("jobs", key("job", 1))
    assert (await surface(partner).get(f"/jobs/{key('job', 1)}")).status_code == 410
    rows = (await get(partner, "/jobs", sort_by="updated_at"))["jobs"]
    assert rows[0]["deleted_at"] == "2026-05-04T15:20:11Z"


async def test_calls_over_the_limit_are_counted(clock):
    partner = housecallpro(now=clock, limits=(Window(2, 60.0),))
    answers = [(await surface(partner).get("/company")).status_code for _ in range(3)]
    assert (answers, partner.violations) == ([200, 200, 429], 1)


# Writing


async def test_a_customer_needs_a_name_or_a_way_to_be_reached(partner):
    status, body = said(await surface(partner).post("/customers", json={"company": "Sample Co"}))
    assert (status, "first_name" in body["attr"]) == (400, True)
    assert said(await surface(partner).post("/customers", json={"email": "none"})) == (
        422,
        {"errors": {"email": ["is invalid"]}},
    )
    made = await surface(partner).post("/customers", json={"first_name": "Robin", "email": "robin@example.com"})
    assert (made.status_code, made.json()["company"], made.json()["addresses"]) == (201, None, [])
    changed = await surface(partner).put(f"/customers/{made.json()['id']}", json={"last_name": "Vega"})
    assert (changed.json()["first_name"], changed.json()["last_name"]) == ("Robin", "Vega")


async def test_a_customer_has_addresses(partner):
    path = f"/customers/{key('cus', 1)}/addresses"
    made = (await surface(partner).post(path, json={"street": "1 Elm Ct", "city": "Lincoln"})).json()
    assert await get(partner, f"{path}/{made['id']}") == made
    assert (await get(partner, path))["total_items"] == 2


async def test_a_job_needs_a_customer_and_one_of_their_addresses(partner):
    post = surface(partner).post
    assert said(await post("/jobs", json={}))[1]["attr"] == ["customer_id", "address_id"]
    ours = {"customer_id": key("cus", 1), "address_id": key("adr", 1)}
    assert (await post("/jobs", json={**ours, "address_id": key("adr", 3)})).status_code == 422
    times = {"scheduled_start": "2026-06-01T14:00:00Z", "scheduled_end": "2026-06-01T16:00:00Z"}
    made = (await post("/jobs", json={**ours, "schedule": times})).json()
    assert (made["work_status"], made["schedule"]["appointments"][0]["start_time"]) == (
        "scheduled",
        "2026-06-01T14:00:00Z",
    )
    assert made["customer"]["id"] == key("cus", 1)


async def test_notes_and_files_are_put_on_a_job(partner):
    path = f"/jobs/{key('job', 2)}"
    assert (await surface(partner).post(f"{path}/notes", json={"content": ""})).status_code == 400
    note = (await surface(partner).post(f"{path}/notes", json={"content": "Ring twice"})).json()
    assert note in (await get(partner, path))["notes"]
    assert (await surface(partner).post(f"{path}/attachments", json={"file": "x"})).status_code == 400
    file = {"file": ("plan.pdf", b"%PDF-1.7", "application/pdf")}
    made = await surface(partner).post(f"{path}/attachments", files=file)
    assert (made.status_code, made.json()["file_name"], made.json()["file_size"]) == (201, "plan.pdf", 8)


async def test_a_job_of_several_appointments_is_not_rescheduled(partner):
    times = {"start_time": "2026-06-01T14:00:00Z", "end_time": "2026-06-01T16:00:00Z"}
    put = surface(partner, **PARTNER).put
    assert (await put(f"/jobs/{key('job', 8)}/schedule", json=times)).status_code == 400
    moved = await put(f"/jobs/{key('job', 2)}/schedule", json=times)
    assert moved.json()["schedule"]["scheduled_start"] == "2026-06-01T14:00:00Z"


async def test_line_items_are_limited(clock):
    partner = housecallpro(now=clock, line_item_limits=(Window(1, 60.0),))
    path, item = f"/jobs/{key('job', 2)}/line_items", {"name": "Gutter", "unit_price": 1000}
    assert [(await surface(partner).post(path, json=item)).status_code for _ in range(2)] == [201, 429]
