from __future__ import annotations

import json

import httpx
import pytest

from runner.authoring.simulate.companycam import CompanyCam, companycam
from runner.authoring.simulate.outbox import WebhookTarget

TOKEN = {"Authorization": "Bearer companycam-token"}


def surface(partner: CompanyCam) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=partner.app)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=TOKEN)


async def test_control_changes_delivers_and_counts(clock, receiver):
    partner = companycam(now=clock, webhooks=WebhookTarget("https://host.example/hook", receiver.client))
    client = surface(partner)
    order = {"what": "projects", "id": "94772883", "fields": {"name": "Changed"}}
    assert (await client.post("/_control/change", json=order)).json() == {"changed": "94772883"}
    delivered = await client.post("/_control/deliver")
    assert delivered.json() == [{"topic": "project.updated", "status": 200, "accepted": True}]
    assert (await client.get("/v2/projects/94772883")).json()["name"] == "Changed"
    calls = (await client.get("/_control/calls")).json()
    assert calls == {"calls": {"GET /v2/projects/{id}": 1}, "violations": 0}


async def test_control_makes_calls_fail(clock):
    client = surface(companycam(now=clock))
    await client.post("/_control/fail", json={"n": 1, "status": 503})
    assert [(await client.get("/v2/company")).status_code for _ in range(2)] == [503, 200]


async def test_control_adds_and_removes(clock):
    partner = companycam(now=clock, size=0)
    added = (await surface(partner).post("/_control/add", json={"what": "projects", "fields": {"name": "x"}})).json()
    assert partner.table("projects").row(added["added"])["name"] == "x"
    await surface(partner).post("/_control/remove", json={"what": "projects", "id": added["added"]})
    assert len(partner.table("projects")) == 0


async def test_control_disconnects(clock):
    client = surface(companycam(now=clock))
    assert (await client.post("/_control/disconnect")).json() == {"disconnected": True}
    assert (await client.get("/v2/company")).status_code == 401


async def test_control_repeats_and_turns_what_waits(clock, receiver):
    partner = companycam(now=clock, size=1, webhooks=WebhookTarget("https://host.example/", receiver.client))
    for name in ("first", "second"):
        partner.change("projects", "94772883", name=name)
    told = await surface(partner).post("/_control/disturb", json={"copies": 2, "reverse": True})
    assert told.json() == {"waiting": 4}
    await partner.deliver()
    names = [json.loads(request.content)["payload"]["project"]["name"] for request in receiver.received]
    assert names == ["second", "second", "first", "first"]


@pytest.mark.parametrize("path", ["/_control/change", "/_control/fail", "/_control/disturb"])
@pytest.mark.parametrize("order", [{}, [], {"what": "projects", "id": "1", "fields": {}, "n": "x"}])
async def test_bad_order_is_told_the_form(clock, path, order):
    answer = await surface(companycam(now=clock)).post(path, json=order)
    assert answer.status_code == 400
    assert "send {" in answer.json()["message"]


@pytest.mark.parametrize(
    ("path", "order", "words"),
    [
        ("change", {"what": "projects"}, "`id` and `fields` are missing"),
        ("change", [], "the body is not a JSON object"),
        ("change", {"what": "projects", "id": "1", "fields": "x"}, "`fields` cannot be 'x'"),
        ("change", {"what": "projects", "id": "94772883", "fields": {"id": "1"}}, "`fields` cannot hold"),
        ("change", {"what": "projects", "id": "1", "fields": {}}, "projects has no entity '1'"),
        ("fail", {}, "`n` is missing"),
        ("add", {"what": "cats", "fields": {}}, "companycam has no 'cats'"),
        ("remove", {"what": "projects", "id": "1"}, "projects has no entity '1'"),
        ("disturb", {}, "`copies` is missing"),
        ("fail", {"n": 1, "status": "never"}, "not 'never'"),
    ],
)
async def test_what_is_wrong_with_an_order_is_told_in_words(clock, path, order, words):
    answer = await surface(companycam(now=clock)).post(f"/_control/{path}", json=order)
    assert words in answer.json()["message"]
    assert answer.status_code == 400


async def test_the_help_lists_addresses_and_tables(clock):
    told = (await surface(companycam(now=clock)).get("/_control")).json()
    assert told["tables"]["projects"][0] == "94772883"
    assert "POST /_control/change" in told


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/_control/change"), ("POST", "/_control/x"), ("PUT", "/_control")]
)
async def test_another_address_answers_with_the_help(clock, method, path):
    answer = await surface(companycam(now=clock)).request(method, path)
    assert (answer.status_code, answer.json()["message"]) == (404, f"nothing answers {method} {path}")
    assert "tables" in answer.json()["there is"]
