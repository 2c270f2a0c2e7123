from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import pytest

from runner.engine.syncs import sync
from runner.errors import PartnerUnavailable
from runner.model.integration import Integration
from runner.service.app import App
from runner.service.cursors import cursor_of, place_of
from runner.service.settings import Settings
from runner.store import integrations, records, wakeups
from tests.browse import go_on
from tests.partners import BASE, SETTINGS, World
from tests.service.conftest import API_KEY

KEY = {"Authorization": f"Bearer {API_KEY}"}


@pytest.fixture
def api(web: httpx.AsyncClient) -> httpx.AsyncClient:
    web.headers.update(KEY)
    return web


async def connected(api: httpx.AsyncClient, connector: str = "servicetitan") -> dict[str, Any]:
    body = {"company": "acme", "connector": connector, "settings": SETTINGS[connector]}
    answer = await api.post("/api/integrations", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"X-API-Key": ""}, {"Authorization": API_KEY}]
)
async def test_without_the_key_nothing_is_told(web: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await web.get("/api/integrations", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "bad-api-key")


async def test_the_other_header_will_do(web: httpx.AsyncClient) -> None:
    assert (await web.get("/api/integrations", headers={"X-API-Key": API_KEY})).status_code == 200


async def test_without_any_key_the_api_is_shut(here: World) -> None:
    transport = httpx.ASGITransport(app=App(here.house, Settings.read({})))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        answer = await client.get("/api/integrations", headers={"X-API-Key": ""})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "no-api-key")


async def test_a_company_is_connected_and_listed(api: httpx.AsyncClient) -> None:
    made = await connected(api)
    assert (made["integration"]["state"], made["authorize_url"]) == ("active", None)
    listed = (await api.get("/api/integrations", params={"company": "acme"})).json()
    assert [one["id"] for one in listed["integrations"]] == [made["integration"]["id"]]


async def test_secret_settings_are_never_shown(api: httpx.AsyncClient) -> None:
    await connected(api)
    assert "servicetitan-secret" not in (await api.get("/api/integrations")).text


async def test_where_consent_is_needed_the_answer_holds_the_link(api: httpx.AsyncClient) -> None:
    made = await connected(api, "jobber")
    assert made["integration"]["state"] == "pending"
    assert (await go_on(api, made["authorize_url"])).status_code == 303


async def test_what_is_missing_is_asked_on_the_page(api: httpx.AsyncClient) -> None:
    body = {"company": "acme", "connector": "servicetitan", "settings": {"client_id": "servicetitan-client"}}
    made = (await api.post("/api/integrations", json=body)).json()
    assert made["integration"]["state"] == "pending"
    await go_on(api, made["authorize_url"], **SETTINGS["servicetitan"])
    shown = (await api.get(f"/api/integrations/{made['integration']['id']}")).json()
    assert (shown["integration"]["state"], shown["authorize_url"]) == ("active", None)


async def test_a_link_is_good_for_a_time_that_is_told(here: World, api: httpx.AsyncClient) -> None:
    made = await connected(api, "jobber")
    left = datetime.fromisoformat(made["authorize_before"]) - here.clock.now()
    assert left == here.house.config.connect.link_lifetime


async def test_another_link_can_be_made_at_any_time(api: httpx.AsyncClient) -> None:
    made = await connected(api)
    answer = await api.post(f"/api/integrations/{made['integration']['id']}/link", json={"redirect_to": "/done"})
    assert answer.status_code == 201
    assert (await api.get(answer.json()["authorize_url"])).status_code == 200


async def test_a_link_to_a_hostile_place_is_not_made(api: httpx.AsyncClient) -> None:
    made = await connected(api)
    path = f"/api/integrations/{made['integration']['id']}/link"
    assert (await api.post(path, json={"redirect_to": "https://evil.example/"})).status_code == 422


async def test_what_is_wrong_is_told_with_a_code(api: httpx.AsyncClient) -> None:
    body = {"company": "acme", "connector": "servicetitan", "settings": {"tenant_id": "twelve"}}
    answer = await api.post("/api/integrations", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "bad-settings")
    assert "Tenant ID does not have the form" in error["message"] + error["remedy"]


async def test_of_several_wrong_settings_none_is_taken_for_a_remedy(api: httpx.AsyncClient) -> None:
    body = {"company": "acme", "connector": "servicetitan", "settings": {"tenant_id": "x", "colour": "red"}}
    error = (await api.post("/api/integrations", json=body)).json()["error"]
    assert "Tenant ID does not have the form" in error["message"]
    assert "colour is no setting" in error["message"]
    assert error["remedy"] == "mend each of them"


async def test_a_second_integration_is_a_conflict(api: httpx.AsyncClient) -> None:
    await connected(api)
    body = {"company": "acme", "connector": "servicetitan", "settings": SETTINGS["servicetitan"]}
    answer = await api.post("/api/integrations", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already-exists")


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{", b'{"company": 1}', b"\xff", b'{"company":"a","connector":"x","y":1}']
)
async def test_a_body_that_is_none_is_422(api: httpx.AsyncClient, raw: bytes) -> None:
    answer = await api.post("/api/integrations", content=raw)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad-body")


async def test_a_body_that_is_too_large_is_413(api: httpx.AsyncClient) -> None:
    assert (await api.post("/api/integrations", content=b"x" * 200_000)).status_code == 413


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//evil.example", "https://a@b", "ftp://x", "/\\evil"])
async def test_an_address_to_go_back_to_that_is_none_is_422(api: httpx.AsyncClient, address: str) -> None:
    body = {"company": "acme", "connector": "jobber", "redirect_to": address}
    assert (await api.post("/api/integrations", json=body)).status_code == 422


@pytest.mark.parametrize(
    ("method", "address", "status"), [("GET", "/api/nothing", 404), ("PUT", "/api/integrations", 405)]
)
async def test_where_there_is_nothing_the_answer_has_the_same_form(
    api: httpx.AsyncClient, method: str, address: str, status: int
) -> None:
    answer = await api.request(method, address)
    assert (answer.status_code, set(answer.json()["error"])) == (status, {"code", "message", "remedy"})


async def test_a_store_that_is_away_is_503(here: World, api: httpx.AsyncClient) -> None:
    await here.house.store.close()
    answer = await api.post(
        "/api/integrations", json={"company": "a", "connector": "companycam", "settings": {"access_token": "x"}}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store-unavailable")


async def test_an_unknown_connector_is_404(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/integrations", json={"company": "a", "connector": "joober"})
    assert (answer.status_code, answer.json()["error"]["remedy"]) == (404, "did you mean `jobber`?")


async def test_one_integration_is_shown_with_its_syncs(api: httpx.AsyncClient) -> None:
    made = await connected(api)
    shown = (await api.get(f"/api/integrations/{made['integration']['id']}")).json()
    assert "jobs" in [one["sync"] for one in shown["syncs"]]


async def test_an_unknown_integration_is_404(api: httpx.AsyncClient) -> None:
    assert (await api.get("/api/integrations/nobody")).status_code == 404


async def test_disconnecting_switches_off(api: httpx.AsyncClient) -> None:
    made = await connected(api)
    answer = await api.delete(f"/api/integrations/{made['integration']['id']}")
    assert (answer.status_code, answer.json()["integration"]["state"]) == (200, "disabled")


async def test_disconnecting_waits_for_no_partner(here: World, api: httpx.AsyncClient) -> None:
    made = await here.connect("jobber")
    before = len(here.wire.requests)
    assert (await api.delete(f"/api/integrations/{made.id}")).status_code == 200
    assert len(here.wire.requests) == before
    await here.work()
    assert len(here.wire.requests) > before


async def test_syncing_puts_a_wakeup(here: World, api: httpx.AsyncClient) -> None:
    made = await connected(api)
    await here.write(lambda c: c.execute(wakeups.wakeups.delete()))
    where = f"/api/integrations/{made['integration']['id']}/sync"
    answer = await api.post(where, json={"sync": "jobs", "full": True})
    assert (answer.status_code, answer.json()) == (202, {"queued": ["jobs"]})
    rows = await here.read(lambda c: c.execute(wakeups.wakeups.select()).all())
    assert [(row.kind, row.detail, row.options) for row in rows] == [("sync", "jobs", {"full": True})]


async def test_an_unknown_sync_is_404(api: httpx.AsyncClient) -> None:
    made = await connected(api)
    answer = await api.post(f"/api/integrations/{made['integration']['id']}/sync", json={"sync": "job"})
    assert answer.status_code == 404


class TestTheFeed:
    @pytest.fixture
    async def integration(self, here: World) -> Integration:
        integration = await here.connect("servicetitan")
        await sync.run(here.house, integration, "technicians")
        return integration

    async def read(self, api: httpx.AsyncClient, after: str | None = None, **filters: Any) -> tuple[list[Any], str]:
        """All there is behind a cursor, and where to go on."""
        found: list[Any] = []
        while True:
            given = {**filters, "limit": 3, **({"after": after} if after else {})}
            page = (await api.get("/api/records", params=given)).json()
            found += page["records"]
            after = page["next"]
            if not page["more"]:
                return found, after

    async def test_records_come_in_pages_until_there_are_no_more(
        self, here: World, api: httpx.AsyncClient, integration: Integration
    ) -> None:
        found, _ = await self.read(api)
        assert sorted(one["external_id"] for one in found) == sorted(await here.records(integration, "user"))

    async def test_a_kept_cursor_shows_what_changed_since_and_deletions(
        self, here: World, api: httpx.AsyncClient, integration: Integration
    ) -> None:
        found, kept = await self.read(api, kind="user")
        gone = found[0]["external_id"]
        await here.write(lambda c: records.mark_deleted(c, integration.id, "user", [gone], here.clock.now()))
        news, after = await self.read(api, kept, kind="user")
        assert [(one["external_id"], one["deleted"]) for one in news] == [(gone, True)]
        assert await self.read(api, after, kind="user") == ([], after)
        assert (await self.read(api, kept, kind="user"))[0] == news

    async def test_next_passes_what_the_filter_leaves_out(
        self, api: httpx.AsyncClient, integration: Integration
    ) -> None:
        nothing, after = await self.read(api, kind="project")
        assert nothing == []
        assert place_of(after, {"kind": "project"}) > 0

    async def test_a_cursor_of_other_filters_is_400(self, api: httpx.AsyncClient, integration: Integration) -> None:
        _, after = await self.read(api, kind="user")
        answer = await api.get("/api/records", params={"after": after, "kind": "project"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "wrong-cursor")

    async def test_a_cursor_of_a_database_that_was_restored_is_400(self, api: httpx.AsyncClient) -> None:
        answer = await api.get("/api/records", params={"after": cursor_of(9, {})})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "cursor-ahead")


@pytest.mark.parametrize("query", ["after=%00", "limit=0", "limit=5000", "nothing=1"])
async def test_a_wrong_query_is_422(api: httpx.AsyncClient, query: str) -> None:
    assert (await api.get(f"/api/records?{query}")).status_code == 422


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/api/records?kind=prject", "did you mean `project`?"),
        ("/api/records?connector=jober", "did you mean `jobber`?"),
        ("/api/integrations?connector=jober", "did you mean `jobber`?"),
        ("/api/records?integration=nobody", "`integration` names no integration"),
        ("/api/deliveries?integration=nobody", "`integration` names no integration"),
    ],
)
async def test_a_name_that_nothing_has_is_a_mistake_and_not_an_empty_answer(
    api: httpx.AsyncClient, address: str, said: str
) -> None:
    answer = await api.get(address)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "bad-query")
    assert said in f"{error['message']} {error['remedy']}"


async def test_records_say_whose_they_are_and_are_chosen_by_it(here: World, api: httpx.AsyncClient) -> None:
    await sync.run(here.house, await here.connect("servicetitan"), "technicians")
    await sync.run(here.house, await here.connect("servicetitan", "other"), "technicians")
    found = (await api.get("/api/records", params={"company": "other", "connector": "servicetitan"})).json()["records"]
    assert {(one["company"], one["connector"]) for one in found} == {("other", "servicetitan")}
    assert (await api.get("/api/records", params={"connector": "jobber"})).json()["records"] == []


async def test_an_address_that_nobody_allowed_is_refused_before_anything_is_made(api: httpx.AsyncClient) -> None:
    body = {"company": "acme", "connector": "jobber", "redirect_to": "https://evil.example/x"}
    answer = await api.post("/api/integrations", json=body)
    assert (answer.status_code, "redirect_origins" in answer.text) == (422, True)
    assert (await api.get("/api/integrations")).json() == {"integrations": []}


async def test_the_host_reads_what_became_of_its_integrations(here: World, api: httpx.AsyncClient) -> None:
    made = (await connected(api))["integration"]
    assert (made["state"], made["since"]) == ("active", here.clock.now().isoformat().replace("+00:00", "Z"))
    here.clock.advance(60)
    await api.delete(f"/api/integrations/{made['id']}")
    page = (await api.get("/api/changes", params={"company": "acme", "limit": 2})).json()
    assert [one["state"] for one in page["changes"]] == ["pending", "active"]
    rest = (await api.get("/api/changes", params={"after": page["next"], "integration": made["id"]})).json()
    (last,) = rest["changes"]
    assert (last["before"], last["state"], last["reason"]["matter"]) == ("active", "disabled", "host")
    assert (await api.get("/api/changes", params={"after": rest["next"]})).json() == {
        "changes": [],
        "next": rest["next"],
    }


async def test_a_sync_that_fails_and_fails_is_told_and_is_no_matter_of_the_credential(
    here: World, api: httpx.AsyncClient
) -> None:
    made = (await connected(api))["integration"]
    here.servicetitan.fail_next(500, 500, on="/jobs")
    for _ in range(3):
        with pytest.raises(PartnerUnavailable):
            await sync.run(here.house, await here.read(lambda c: integrations.get(c, made["id"])), "jobs")
        here.clock.advance(60)
    found = (await api.get(f"/api/integrations/{made['id']}")).json()
    assert (found["integration"]["state"], found["health"]) == ("active", "failing")
    assert [one["failures"] for one in found["syncs"] if one["sync"] == "jobs"] == [3]


async def test_deliveries_are_listed(api: httpx.AsyncClient) -> None:
    assert (await api.get("/api/deliveries")).json() == {"events": [], "pushes": []}


async def test_the_document_describes_every_operation(web: httpx.AsyncClient) -> None:
    document = (await web.get("/api/openapi.json")).json()
    operations = {(method, path) for path, found in document["paths"].items() for method in found}
    assert ("post", "/api/integrations") in operations
    assert ("get", "/api/records") in operations
    names = document["components"]["schemas"]
    assert {"IntegrationShape", "RecordPage", "Error"} <= set(names)


async def test_the_document_says_what_wrong_credentials_and_a_deletion_do(web: httpx.AsyncClient) -> None:
    paths = (await web.get("/api/openapi.json")).json()["paths"]
    assert "the answer is 201 with state `error`" in paths["/api/integrations"]["post"]["description"]
    assert "the credential is forgotten" in paths["/api/integrations/{id}"]["delete"]["description"]


async def test_every_reference_of_the_document_leads_somewhere(web: httpx.AsyncClient) -> None:
    document = (await web.get("/api/openapi.json")).json()

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    assert {one.rpartition("/")[2] for one in references(document)} <= set(document["components"]["schemas"])


async def test_schedules_stand_still_and_go_on(here: World, api: httpx.AsyncClient) -> None:
    found = (await connected(api, "companycam"))["integration"]["id"]
    answer = await api.post(f"/api/integrations/{found}/pause", json={"sync": "users"})
    assert (answer.status_code, answer.json()) == (200, {"paused": ["users"]})
    shown = (await api.get(f"/api/integrations/{found}")).json()["syncs"]
    assert {one["sync"] for one in shown if one["paused"]} == {"users"}
    answer = await api.post(f"/api/integrations/{found}/resume", json={})
    assert (answer.status_code, answer.json()) == (200, {"paused": []})


async def test_no_schedule_of_a_sync_that_is_not_there_stands_still(api: httpx.AsyncClient) -> None:
    found = (await connected(api, "companycam"))["integration"]["id"]
    answer = await api.post(f"/api/integrations/{found}/pause", json={"sync": "dreams"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not-found")


async def test_runs_are_listed_with_their_counts(here: World, api: httpx.AsyncClient) -> None:
    made = (await connected(api))["integration"]
    found = await here.read(lambda c: integrations.get(c, made["id"]))
    await sync.run(here.house, found, "jobs")
    listed = (await api.get("/api/runs", params={"integration": made["id"], "state": "done"})).json()["runs"]
    assert [(run["sync"], run["state"]) for run in listed] == [("jobs", "done")]
    assert listed[0]["counts"]["calls"] >= listed[0]["counts"]["pages"] >= 1
    assert (await api.get("/api/runs", params={"state": "failed"})).json() == {"runs": []}
