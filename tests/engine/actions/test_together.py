"""Several records in one call: each has an id or a refusal of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from runner.connector.action import Action
from runner.connector.config import Config
from runner.engine.pushes import push
from runner.engine.records.mark import mark
from runner.model.push import Push, PushState
from runner.model.record import Record
from runner.store import links, pushes, records
from tests.engine.depot import Yard, yard

SPEC = """
actions:
  upsert:
    input: {contacts: {type: list, items: {type: object, fields: {name: {}}}}}
    put: /contacts
    json: {contacts: "{{ input.contacts }}"}
    result: {results: results}
    together: {input: contacts, most: 3, id: id, error: error.message}
"""
RULE = {"record": "contact", "from": ["depot"], "to": "depot", "input": {"name": "name"}, "create": "upsert"}


@dataclass
class Partner:
    """Takes contacts together; `picky` about one of them, or (`strict`) about all that come with it."""

    strict: bool = False
    short: bool = False
    calls: list[list[str]] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        names = [one["name"] for one in json.loads(request.content)["contacts"]]
        self.calls.append(names)
        if self.strict and "bad" in names:
            return httpx.Response(400, json={"message": "a name is bad"})
        results: list[dict[str, Any]] = [
            {"error": {"message": "this name is bad"}} if name == "bad" else {"id": f"n-{name}"} for name in names
        ]
        return httpx.Response(200, json={"results": results[1:] if self.short else results})


@dataclass
class Desk:
    here: Yard
    partner: Partner

    async def store(self, *names: str) -> None:
        house, mine = self.here.house, self.here.integration

        def work(connection: Any) -> None:
            found = [Record("contact", f"c{number}", {"name": name}) for number, name in enumerate(names)]
            upserted = records.upsert(connection, mine.id, found, house.clock.now())
            keys = [*upserted.created, *upserted.changed]
            mark(connection, house.config, house.store.queue, mine, keys, house.clock.now())

        await house.store.database.write(work)

    async def drain(self) -> push.Pushed:
        return await push.drain(self.here.house, self.here.integration.id)

    async def states(self) -> dict[str, Push]:
        found = await self.here.house.store.database.read(lambda c: pushes.find(c))
        return {one.external_id: one for one in found}


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with yard(database_url, SPEC) as here:
        partner = Partner()
        here.depot.before = partner
        config = Config.model_validate({"deliver": {"contacts": RULE}})
        here.house = replace(here.house, config=config)
        yield Desk(here, partner)


async def test_new_things_go_together_and_each_has_its_link(desk: Desk) -> None:
    await desk.store("a", "b", "c", "d")
    assert (await desk.drain()).done == 4
    assert sorted(len(call) for call in desk.partner.calls) == [1, 3]
    found = await desk.here.house.store.database.read(lambda c: links.find(c))
    assert {one.external_id: one.host_id for one in found} == {"c0": "n-a", "c1": "n-b", "c2": "n-c", "c3": "n-d"}


async def test_one_bad_thing_does_not_fail_the_others(desk: Desk) -> None:
    await desk.store("a", "bad", "c")
    pushed = await desk.drain()
    assert (pushed.done, pushed.failed) == (2, 1)
    failed = (await desk.states())["c1"]
    assert (failed.state, failed.reason, failed.said) == (PushState.FAILED, "refused-in-batch", "this name is bad")


async def test_where_all_are_refused_for_one_each_is_sent_alone(desk: Desk) -> None:
    desk.partner.strict = True
    await desk.store("a", "bad", "c")
    pushed = await desk.drain()
    assert (pushed.done, pushed.failed) == (2, 1)
    assert desk.partner.calls == [["a", "bad", "c"], ["a"], ["bad"], ["c"]]


async def test_fewer_results_than_things_are_nobodys(desk: Desk) -> None:
    desk.partner.short = True
    await desk.store("a", "b")
    assert (await desk.drain()).failed == 2
    note = (await desk.states())["c0"].note
    assert note == "Depot `upsert` answers 1 results for 2 things (mend `results` of `result`)"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"input": {"contacts": {}}}, "which is no input of type list"),
        ({"result": {}}, "what became of each"),
        ({"put": None, "post": "/contacts"}, "must be safe to repeat"),
    ],
)
def test_what_cannot_go_together_is_refused(change: dict[str, Any], said: str) -> None:
    told: dict[str, Any] = {
        "input": {"contacts": {"type": "list"}},
        "put": "/contacts",
        "json": {"contacts": "{{ input.contacts }}"},
        "result": {"results": "results"},
        "together": {"input": "contacts"},
    }
    assert Action.model_validate(told).together is not None
    with pytest.raises(ValidationError, match=said):
        Action.model_validate({name: value for name, value in (told | change).items() if value is not None})
