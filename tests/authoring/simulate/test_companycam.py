from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.companycam import CompanyCam, companycam
from runner.authoring.simulate.companycam_hooks import seal
from runner.authoring.simulate.limits import Window
from runner.authoring.simulate.outbox import WebhookTarget

TOKEN = {"Authorization": "Bearer companycam-token"}
PROJECT = "94772883"
HOOK = "https://host.example/webhooks/companycam"


def surface(partner: CompanyCam, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=partner.app)
    return httpx.AsyncClient(
        transport=transport, base_url="https://api.companycam.com/v2/", headers={**TOKEN, **headers}
    )


async def get(partner: CompanyCam, path: str, **params: Any) -> Any:
    answer = await surface(partner).get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def listening(clock, receiver, **options: Any) -> CompanyCam:
    return companycam(now=clock, webhooks=WebhookTarget(HOOK, receiver.client), **options)


async def told(partner: CompanyCam) -> list[str]:
    return [attempt.topic for attempt in await partner.deliver()]


# Being let in


@pytest.mark.parametrize("header", [{"Authorization": "Bearer other"}, {"Authorization": ""}])
async def test_without_a_good_token_all_is_unauthorized(clock, header):
    answer = await surface(companycam(now=clock), **header).get("users/current")
    assert (answer.status_code, answer.json()) == (401, {"errors": ["Unauthorized"]})


async def test_current_user_and_company(clock):
    partner = companycam(now=clock)
    assert (await get(partner, "users/current"))["email_address"] == "tech0@example.com"
    assert (await get(partner, "company"))["status"] == "active"


async def test_users_come_in_alphabetical_order(clock):
    names = [user["first_name"] for user in await get(companycam(now=clock), "users")]
    assert names == sorted(names)


@pytest.mark.parametrize("path", ["project", "projects/", "projects/1/nothing", "../v1/projects"])
async def test_mistyped_path_leads_to_a_page_that_answers_200(clock, path):
    client = surface(companycam(now=clock))
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (302, "/users/sign_in")
    page = await client.get(path, follow_redirects=True)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize(("method", "limit"), [("GET", 240), ("POST", 100)])
async def test_limits_are_per_minute_and_method(clock, method, limit):
    partner = companycam(now=clock)
    client = surface(partner)
    other = "POST" if method == "GET" else "GET"
    answers = [await client.request(method, "projects", json={"name": "x"}) for _ in range(limit + 1)]
    assert {answer.status_code for answer in answers[:limit]} <= {200, 201}
    assert answers[limit].status_code == 429
    assert list(answers[limit].json()) == ["errors"]
    assert "Retry-After" not in answers[limit].headers
    assert (await client.request(other, "projects", json={"name": "x"})).is_success
    clock.pass_by(60)
    assert (await client.request(method, "projects", json={"name": "x"})).is_success
    assert partner.violations == 1


# Projects


async def test_projects_are_a_bare_array_most_recent_first(clock):
    projects = await get(companycam(now=clock), "projects", per_page=100)
    assert isinstance(projects, list)
    times = [project["updated_at"] for project in projects]
    assert times == sorted(times, reverse=True)
    assert all(isinstance(project["id"], str) and isinstance(project["created_at"], int) for project in projects)
    assert {project["status"] for project in projects} == {"active", "deleted"}


async def test_last_page_is_short_and_the_next_is_empty(clock):
    partner = companycam(now=clock, size=60)
    pages = [await get(partner, "projects", page=page) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 10, 0]


async def test_live_data_differs_from_the_schema_somewhere(clock):
    projects = await get(companycam(now=clock), "projects")
    assert {"feature_image" in project for project in projects} == {True, False}
    assert {"integrations" in project for project in projects} == {True, False}
    assert {project["name"] is None for project in projects} == {True, False}


async def test_modified_since_is_iso_and_inclusive(clock):
    partner = companycam(now=clock)
    clock.pass_by(60)
    partner.change("projects", PROJECT, name="Changed")
    assert [one["id"] for one in await get(partner, "projects", modified_since="2026-05-04T15:21:11Z")] == [PROJECT]
    refused = await surface(partner).get("projects", params={"modified_since": "soon"})
    assert (refused.status_code, refused.json()) == (400, {"errors": ["modified_since is invalid"]})


async def test_query_looks_at_name_and_address(clock):
    partner = companycam(now=clock)
    await surface(partner).post("projects", json={"name": "Zebra", "address": {"street_address_1": "9 Yak Way"}})
    assert [one["name"] for one in await get(partner, "projects", query="zebra")] == ["Zebra"]
    assert [one["name"] for one in await get(partner, "projects", query="yak")] == ["Zebra"]


async def test_the_same_post_twice_makes_two(clock):
    partner = companycam(now=clock, size=0)
    bodies = [await surface(partner).post("projects", json={"name": "Twin"}) for _ in range(2)]
    assert [answer.status_code for answer in bodies] == [201, 201]
    assert len({answer.json()["id"] for answer in bodies}) == 2


async def test_write_is_credited_by_header_and_a_wrong_one_fails_silently(clock):
    partner = companycam(now=clock)
    names = []
    for address in ("tech1@example.com", "nobody@example.com"):
        answer = await surface(partner, **{"X-CompanyCam-User": address}).post("projects", json={"name": "x"})
        names.append(answer.json()["creator_name"])
    assert names == ["Ada Lovelace", "Sample Tech"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "projects/94772883", {"name": "New"}, 200),
        ("DELETE", "projects/94772883", None, 204),
        ("PATCH", "projects/94772883/archive", None, 200),
        ("PUT", "projects/94772883/restore", None, 200),
        ("PUT", "projects/94772883/notepad", {"notepad": "Code 1"}, 201),
        ("PUT", "projects/94772883/assigned_users/2789583992", None, 201),
        ("POST", "projects/94772883/labels", {"project": {"labels": ["Roof"]}}, 201),
        ("POST", "projects/94772883/photos", {"photo": {"uri": "https://x.example/a.jpg", "captured_at": 1}}, 201),
        ("PUT", "photos/4782987471", {"photo": {"description": "x"}}, 201),
        ("POST", "photos/4782987471/descriptions", {"description": "x"}, 201),
        ("POST", "photos/4782987471/tags", {"tags": ["front"]}, 201),
        ("DELETE", "photos/4782987471", None, 204),
        ("POST", "projects", ["not", "an", "object"], 400),
        ("POST", "projects", {"name": 7}, 400),
        ("POST", "projects/94772883/labels", {"labels": ["Roof"]}, 400),
        ("POST", "projects/94772883/photos", {"photo": {"uri": "https://x.example/a.jpg"}}, 400),
        ("POST", "projects/94772883/photos", {"uri": "https://x.example/a.jpg", "captured_at": 1}, 400),
        ("PUT", "projects/94772883/assigned_users/1", None, 404),
        ("DELETE", "projects/94772883/assigned_users/2789583992", None, 404),
        ("PUT", "projects/1", {"name": "New"}, 404),
    ],
)
async def test_status_of_a_write(clock, method, path, body, status):
    answer = await surface(companycam(now=clock)).request(method, path, json=body)
    assert answer.status_code == status
    if status >= 400:
        assert list(answer.json()) == ["errors"]


async def test_delete_is_soft_and_restore_undoes_it(clock):
    client = surface(companycam(now=clock))
    await client.delete(f"projects/{PROJECT}")
    assert (await client.get(f"projects/{PROJECT}")).json()["status"] == "deleted"
    await client.put(f"projects/{PROJECT}/restore")
    assert (await client.get(f"projects/{PROJECT}")).json()["status"] == "active"


async def test_assigned_users_come_and_go(clock):
    partner = companycam(now=clock)
    path = f"projects/{PROJECT}/assigned_users"
    await surface(partner).put(f"{path}/2789583993")
    assert [user["id"] for user in await get(partner, path)] == ["2789583993"]
    assert (await surface(partner).delete(f"{path}/2789583993")).status_code == 204
    assert await get(partner, path) == []


async def test_label_is_set_once(clock):
    partner = companycam(now=clock)
    for name in ("Roof", "ROOF", "Gutter"):
        await surface(partner).post(f"projects/{PROJECT}/labels", json={"project": {"labels": [name]}})
    labels = await get(partner, f"projects/{PROJECT}/labels")
    assert [label["display_value"] for label in labels] == ["Roof", "Gutter"]


async def test_contact_of_a_project_is_kept_on_update(clock):
    partner = companycam(now=clock)
    await surface(partner).put(f"projects/{PROJECT}", json={"primary_contact": {"email": "new@example.com"}})
    contact = (await get(partner, f"projects/{PROJECT}"))["primary_contact"]
    assert (contact["id"], contact["name"], contact["email"]) == ("115", "Sample Contact", "new@example.com")


# Photos


async def test_photo_is_pending_then_processed_and_announced_only_then(clock, receiver):
    partner = listening(clock, receiver)
    body = {"photo": {"uri": "https://x.example/a.jpg", "captured_at": 1761331700, "tags": ["front side"]}}
    photo = (await surface(partner).post(f"projects/{PROJECT}/photos", json=body)).json()
    assert photo["processing_status"] == "pending"
    assert await told(partner) == []
    clock.pass_by(2)
    assert (await get(partner, f"photos/{photo['id']}"))["processing_status"] == "processed"
    assert await told(partner) == ["photo.created"]
    assert [one["value"] for one in await get(partner, f"photos/{photo['id']}/tags")] == ["front side"]


async def test_photos_walk_by_cursors_in_headers(clock):
    partner = companycam(now=clock, size=60)
    client = surface(partner)
    ids: list[str] = []
    params: dict[str, Any] = {"per_page": 7}
    while True:
        answer = await client.get("photos", params=params)
        ids += [photo["id"] for photo in answer.json()]
        if answer.headers["X-Has-Next"] == "false":
            break
        params["after"] = answer.headers["X-Next-Cursor"]
    assert len(ids) == len(set(ids)) == 30
    back = await client.get("photos", params={"per_page": 7, "before": answer.headers["X-Prev-Cursor"]})
    assert [photo["id"] for photo in back.json()] == ids[21:28]


@pytest.mark.parametrize(
    "params", [{"page": 1, "after": "x"}, {"after": "!"}, {"page": 0}, {"start_date": "2026-01-01"}]
)
async def test_bad_walk_is_refused(clock, params):
    assert (await surface(companycam(now=clock)).get("photos", params=params)).status_code == 400


async def test_photos_are_bounded_by_capture_in_unix_seconds(clock):
    partner = companycam(now=clock)
    photos = await get(partner, "photos", per_page=100)
    middle = photos[10]["captured_at"]
    since = await get(partner, "photos", per_page=100, start_date=str(middle))
    assert [photo["id"] for photo in since] == [photo["id"] for photo in photos[:11]]


# Webhooks


def test_signature_vector():
    body = b'{"event_type":"project.created","created_at":1761331741,"webhook_id":145041,"payload":{"id":"94772883"}}'
    assert seal("example-webhook-token", body) == "eW1kY1gWt3lq7IpTn/myBl1NHd0="


async def test_envelope_is_signed_and_its_object_wrapped(clock, receiver):
    partner = listening(clock, receiver)
    partner.change("projects", PROJECT, name="Changed")
    await partner.deliver()
    (request,) = receiver.received
    event = json.loads(request.content)
    assert list(event) == ["event_type", "created_at", "webhook_id", "payload"]
    assert (event["event_type"], event["webhook_id"]) == ("project.updated", 145041)
    assert event["payload"]["project"]["name"] == "Changed"
    assert request.headers["X-CompanyCam-Signature"] == seal("companycam-webhook-token", request.content)


async def test_object_may_come_bare(clock, receiver):
    partner = listening(clock, receiver, wrapped=False)
    partner.change("projects", PROJECT, name="Changed")
    await partner.deliver()
    assert json.loads(receiver.received[0].content)["payload"]["id"] == PROJECT


@pytest.mark.parametrize(
    ("what", "key", "fields", "events"),
    [
        ("projects", PROJECT, {"archived": True}, ["project.archived"]),
        ("projects", PROJECT, {"status": "deleted"}, ["project.deleted"]),
        ("projects", PROJECT, {"primary_contact": {"name": "New"}}, ["project.updated", "project.contact_updated"]),
        ("photos", "4782987471", {"description": "New"}, ["photo.description_updated"]),
        ("photos", "4782987471", {"status": "deleted"}, []),
        ("users", "2789583992", {"first_name": "New"}, []),
    ],
)
async def test_events_of_a_change(clock, receiver, what, key, fields, events):
    partner = listening(clock, receiver)
    partner.change(what, key, **fields)
    assert await told(partner) == events


@pytest.mark.parametrize(
    ("scopes", "events"),
    [(["*"], 2), (["project.*"], 2), (["project.created"], 1), (["photo.*"], 0), (["project"], 0)],
)
async def test_scopes_choose_events(clock, receiver, scopes, events):
    partner = companycam(now=clock, webhooks=WebhookTarget("", receiver.client))
    answer = await surface(partner).post(
        "webhooks", json={"url": HOOK, "scopes": scopes, "token": "t", "enabled": True}
    )
    assert answer.status_code == 201
    client = surface(partner)
    key = (await client.post("projects", json={"name": "x"})).json()["id"]
    await client.put(f"projects/{key}", json={"name": "y"})
    assert len(await told(partner)) == events


async def test_subscription_shows_its_token_changes_with_201_and_goes(clock, receiver):
    partner = listening(clock, receiver)
    client = surface(partner)
    (hook,) = await get(partner, "webhooks")
    assert hook["token"] == "companycam-webhook-token"
    assert (await client.put(f"webhooks/{hook['id']}", json={"enabled": False})).status_code == 201
    partner.change("projects", PROJECT, name="x")
    assert await told(partner) == []
    assert (await client.delete(f"webhooks/{hook['id']}")).status_code == 204
    assert (await client.get(f"webhooks/{hook['id']}")).status_code == 404


@pytest.mark.parametrize("body", [{"url": HOOK}, {"scopes": ["*"]}, {"url": HOOK, "scopes": []}])
async def test_subscription_needs_url_and_scopes(clock, body):
    assert (await surface(companycam(now=clock)).post("webhooks", json=body)).status_code == 400


async def test_only_200_counts_and_ten_attempts_back_off(clock, receiver):
    partner = listening(clock, receiver)
    receiver.answers = [202, 204, 500, httpx.ConnectError("down"), *[500] * 6]
    partner.change("projects", PROJECT, name="x")
    await partner.deliver()
    for repeat in range(9):
        clock.pass_by(10 * 2**repeat - 1)
        assert await partner.deliver() == []
        clock.pass_by(1)
        await partner.deliver()
    assert len(receiver.received) == 10
    assert len({request.content for request in receiver.received}) == 1
    assert (len(partner.outbox.given_up), partner.outbox.waiting) == (1, [])


async def test_more_than_25_errors_switch_a_subscription_off_and_enabling_it_starts_anew(clock, receiver):
    partner = listening(clock, receiver)
    (hook,) = await get(partner, "webhooks")
    receiver.answers = [500] * 26
    for _ in range(26):
        partner.change("projects", PROJECT, name="x")
    await partner.deliver()
    assert (await get(partner, f"webhooks/{hook['id']}"))["enabled"] is False
    assert partner.outbox.waiting == []
    await surface(partner).put(f"webhooks/{hook['id']}", json={"enabled": True})
    partner.change("projects", PROJECT, name="y")
    assert await told(partner) == ["project.updated"]


async def test_success_clears_the_count_of_errors(clock, receiver):
    partner = listening(clock, receiver)
    receiver.answers = [*[500] * 25, 200, *[500] * 25]
    for _ in range(51):
        partner.change("projects", PROJECT, name="x")
    await partner.deliver()
    assert (await get(partner, "webhooks"))[0]["enabled"] is True


async def test_disconnect_ends_the_token(clock):
    partner = companycam(now=clock, limits={"GET": Window(1, 60)})
    partner.disconnect()
    assert (await surface(partner).get("users/current")).status_code == 401
