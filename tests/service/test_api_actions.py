"""Actions by the API: what can be asked for, what is wrong with it, and that a key does it once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from runner.engine.actions.once import LONGEST
from runner.model.integration import Integration
from runner.store import integrations
from tests.partners import World
from tests.service.conftest import API_KEY

KEY = {"Authorization": f"Bearer {API_KEY}"}


@pytest.fixture
def api(web: httpx.AsyncClient) -> httpx.AsyncClient:
    web.headers.update(KEY)
    return web


@pytest.fixture
async def host(here: World) -> Integration:
    return await here.connect("companycam")


async def ask(
    api: httpx.AsyncClient, host: Integration, name: str, given: dict[str, Any], key: str | None = None
) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return await api.post(f"/api/integrations/{host.id}/actions/{name}", json={"input": given}, headers=headers)


async def test_actions_are_listed_with_the_schemas_of_their_input(api: httpx.AsyncClient, host: Integration) -> None:
    found = (await api.get(f"/api/integrations/{host.id}/actions")).json()["actions"]
    told = {one["name"]: one for one in found}
    assert told["archive_project"]["input"]["required"] == ["id"]
    assert (told["create_project"]["repeat"], told["archive_project"]["repeat"]) == ("find", "safe")
    assert "create_webhook" not in told


async def test_an_action_is_done_once_by_its_key(api: httpx.AsyncClient, host: Integration, here: World) -> None:
    first = await ask(api, host, "create_project", {"name": "Roof"}, "k1")
    second = await ask(api, host, "create_project", {"name": "Roof"}, "k1")
    assert first.status_code == second.status_code == 200, first.text
    assert first.json()["result"] == second.json()["result"]
    assert (first.json()["repeated"], second.json()["repeated"]) == (False, True)
    assert here.companycam.calls["POST /v2/projects"] == 1


async def test_every_value_that_is_wrong_is_named(api: httpx.AsyncClient, host: Integration) -> None:
    answer = await ask(api, host, "create_project", {"nmae": "Roof", "address": "Main St"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "bad-input")
    assert [one["field"] for one in error["fields"]] == ["nmae", "name", "address"]


async def test_the_partners_own_words_stand_beside_ours(api: httpx.AsyncClient, host: Integration) -> None:
    answer = await ask(api, host, "archive_project", {"id": "1"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "partner-refused")
    assert error["partner"] == {"status": 404, "words": "Record not found"}
    assert error["message"].startswith("CompanyCam `archive_project` answers 404")


async def test_an_answer_that_was_lost_is_stated_and_settled(
    api: httpx.AsyncClient, host: Integration, here: World
) -> None:
    here.companycam.fail_next(1, "lost", on="POST /v2/projects")
    lost = await ask(api, host, "create_project", {"name": "Roof", "address": {"street_address_1": "1 Main St"}}, "k1")
    assert (lost.status_code, lost.json()["error"]["code"]) == (502, "unknown-outcome")
    assert "the key k1" in lost.json()["error"]["remedy"]
    (known,) = (await api.get(f"/api/integrations/{host.id}/acts", params={"state": "unknown"})).json()["acts"]
    assert (known["key"], known["action"]) == ("k1", "create_project")
    found = await ask(api, host, "create_project", {"name": "Roof", "address": {"street_address_1": "1 Main St"}}, "k1")
    assert (found.status_code, found.json()["repeated"]) == (200, True)
    assert here.companycam.calls["POST /v2/projects"] == 1


async def test_without_a_key_the_message_names_one(api: httpx.AsyncClient, host: Integration, here: World) -> None:
    here.companycam.fail_next(1, "lost", on="POST /v2/projects")
    lost = await ask(api, host, "create_project", {"name": "Roof"})
    (known,) = (await api.get(f"/api/integrations/{host.id}/acts")).json()["acts"]
    assert known["key"] in lost.json()["error"]["remedy"]


async def test_a_key_of_another_input_is_refused(api: httpx.AsyncClient, host: Integration) -> None:
    await ask(api, host, "create_project", {"name": "Roof"}, "k1")
    answer = await ask(api, host, "create_project", {"name": "Other"}, "k1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "key-reused")


async def test_what_is_under_way_is_a_conflict(api: httpx.AsyncClient, host: Integration, here: World) -> None:
    told: list[tuple[int, str]] = []

    async def meanwhile(request: httpx.Request) -> None:
        if request.method == "POST":
            here.wire.before = None
            answer = await ask(api, host, "create_project", {"name": "Roof"}, "k1")
            told.append((answer.status_code, answer.json()["error"]["code"]))
            remedies.append(answer.json()["error"]["remedy"])

    remedies: list[str] = []
    given_up = f"{here.clock.now() + LONGEST:%H:%M:%S} UTC"
    here.wire.before = meanwhile
    assert (await ask(api, host, "create_project", {"name": "Roof"}, "k1")).status_code == 200
    assert told == [(409, "under-way")]
    assert given_up in remedies[0]


async def test_every_wrong_value_of_an_input_is_in_the_message(api: httpx.AsyncClient, host: Integration) -> None:
    told = (await ask(api, host, "create_project", {"nme": "Roof"})).json()["error"]
    assert "`nme`" in told["message"]
    assert "`name` is missing" in told["message"]
    assert "/actions" in told["remedy"]


async def test_what_the_partner_refused_says_that_another_key_is_needed(
    api: httpx.AsyncClient, host: Integration
) -> None:
    told = (await ask(api, host, "update_project", {"id": "999999", "name": "Roof"}, "k1")).json()["error"]
    assert (told["code"], told["partner"]["status"]) == ("partner-refused", 404)
    assert "a new key" in told["remedy"]


@pytest.mark.parametrize("key", ["", "x" * 201])
async def test_a_key_that_cannot_be_kept_is_refused(api: httpx.AsyncClient, host: Integration, key: str) -> None:
    answer = await ask(api, host, "create_project", {"name": "Roof"}, key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad-key")


async def test_an_unknown_action_is_named_with_those_there_are(api: httpx.AsyncClient, host: Integration) -> None:
    answer = await ask(api, host, "destroy", {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not-found")
    assert "create_project" in answer.json()["error"]["remedy"]


async def test_an_integration_that_is_not_active_takes_none(api: httpx.AsyncClient, here: World) -> None:
    made = (await api.post("/api/integrations", json={"company": "acme", "connector": "jobber"})).json()["integration"]
    one = await here.read(lambda c: integrations.get(c, made["id"]))
    answer = await ask(api, one, "create_note", {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not-active")
