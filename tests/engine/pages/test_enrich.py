"""Payloads completed by further calls."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Any

import httpx
import pytest

from runner.connector.enrich import Enrich
from runner.connector.reaction import Fetch
from runner.engine.webhooks.errands import Errand
from runner.engine.webhooks.fetch import fetch_all
from runner.engine.webhooks.react import Outcome
from runner.errors import PartnerUnavailable, UnexpectedResponse
from tests.engine.depot import Yard, yard

ONE = """
endpoints:
  contacts: {get: /numbered, records: rows, paginate: {type: page_number, size_param: size, size: 10, more: more}}
  note: {with: {id: {}}, get: "/notes/{{ input.id }}", records: "@", errors: [{status: [404], do: skip_record}]}
processors:
  noted: {record: contact, id: id, cursor: updated, fields: {name: "join(' ', [name, note.text][?@])"}}
syncs:
  contacts:
    endpoint: contacts
    processor: noted
    every: 1h
    enrich: [{as: note, endpoint: note, with: {id: "[0].id"}}]
"""
MANY = """
endpoints:
  contacts: {get: /numbered, records: rows, paginate: {type: page_number, size_param: size, size: 10, more: more}}
  notes: {with: {ids: {type: list}}, post: /notes, json: {ids: "{{ input.ids }}"}, records: notes, repeatable: true}
processors:
  noted: {record: contact, id: id, cursor: updated, fields: {name: "join(' ', [name, note.text][?@])"}}
syncs:
  contacts:
    endpoint: contacts
    processor: noted
    every: 1h
    enrich: [{as: note, endpoint: notes, with: {ids: "[].id"}, most: 4, key: of, of: id}]
"""


class Notes:
    """The partner's notes of contacts: every second contact has one. `at_once` is the most calls at one time."""

    def __init__(self, here: Yard) -> None:
        self.here, self.asked, self.running, self.at_once = here, [], 0, 0
        self.asked: list[list[str]]
        here.depot.before = self.answer

    async def answer(self, request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.startswith("/notes"):
            return None
        self.running += 1
        self.at_once = max(self.at_once, self.running)
        await asyncio.sleep(0.001)
        self.running -= 1
        if request.method == "POST":
            ids = json.loads(request.content)["ids"]
            self.asked.append(ids)
            return httpx.Response(200, json={"notes": [self.note(id_) for id_ in reversed(ids) if self.has(id_)]})
        id_ = request.url.path.rpartition("/")[2]
        self.asked.append([id_])
        return httpx.Response(200, json=self.note(id_)) if self.has(id_) else httpx.Response(404)

    @staticmethod
    def has(id_: str) -> bool:
        return int(id_[1:]) % 2 == 0

    @staticmethod
    def note(id_: str) -> dict[str, Any]:
        return {"of": id_, "text": f"(note of {id_})"}

    def expected(self) -> dict[str, str]:
        return {
            id_: f"{row['name']} (note of {id_})" if self.has(id_) else row["name"]
            for id_, row in self.here.depot.rows.items()
        }


@pytest.mark.parametrize(("spec", "calls"), [(ONE, 23), (MANY, 3 + 3 + 1)], ids=["one", "many"])
async def test_each_payload_gets_its_own_answer(database_url: str, spec: str, calls: int) -> None:
    async with yard(database_url, spec) as here:
        notes = Notes(here)
        run = await here.run()
        assert await here.names() == notes.expected()
        assert (len(notes.asked), run.counts.created) == (calls, 23)
        assert sorted(id_ for ids in notes.asked for id_ in ids) == sorted(here.depot.rows)


@pytest.mark.parametrize("most", [1, 3])
async def test_so_many_calls_are_made_at_once(database_url: str, most: int) -> None:
    async with yard(database_url, ONE.replace("endpoint: note, ", f"endpoint: note, at_once: {most}, ")) as here:
        notes = Notes(here)
        await here.run()
        assert notes.at_once == most


async def test_a_call_that_fails_fails_the_run_at_its_page(database_url: str) -> None:
    async with yard(database_url, ONE) as here:
        notes = Notes(here)

        async def before(request: httpx.Request) -> httpx.Response | None:
            return httpx.Response(500) if request.url.path == "/notes/c015" else await notes.answer(request)

        here.depot.before = before
        with pytest.raises(PartnerUnavailable):
            await here.run()
        assert len(await here.names()) == 10
        here.depot.before = notes.answer
        run = await here.run()
        assert await here.names() == notes.expected()
        assert (run.counts.seen, run.full) == (13, True)


async def test_a_payload_that_no_call_can_be_made_of_does_not_hold_up_the_others(database_url: str) -> None:
    async with yard(database_url, ONE) as here:
        notes = Notes(here)
        here.depot.rows["c004"] |= {"id": None}
        run = await here.run()
        assert (run.counts.created, run.counts.quarantined) == (22, 1)
        assert "not-enriched" in here.log.events()
        assert len(notes.asked) == 22


async def test_more_than_one_answer_for_one_payload_fails_the_run(database_url: str) -> None:
    async with yard(database_url, ONE) as here:

        async def before(request: httpx.Request) -> httpx.Response | None:
            return httpx.Response(200, json=[1, 2]) if request.url.path.startswith("/notes") else None

        here.depot.before = before
        with pytest.raises(UnexpectedResponse, match="answers 2 things where `enrich` wants one"):
            await here.run()


@pytest.mark.parametrize("block", [{"most": 2}, {"key": "id"}, {"of": "id"}])
def test_one_call_for_many_must_say_which_answer_is_whose(block: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"whose|go together"):
        Enrich.model_validate({"as": "x", "endpoint": "e", **block})


@pytest.mark.parametrize("spec", [ONE, MANY], ids=["one", "many"])
async def test_what_a_webhook_fetched_is_completed_too(database_url: str, spec: str) -> None:
    extra = '  contact: {with: {id: {}}, get: /numbered, params: {size: 1}, records: "rows[0]"}\nprocessors:'
    async with yard(database_url, spec.replace("processors:", extra)) as here:
        Notes(here)
        connector, found = here.house.connectors.get("depot"), list[Any]()
        enrich = [one.model_dump(by_alias=True, exclude_none=True) for one in connector.syncs["contacts"].enrich]
        reaction = Fetch.model_validate(
            {"do": "fetch", "endpoint": "contact", "with": {"id": "id"}, "processor": "noted", "enrich": enrich}
        )

        def make(errand: Errand, came: list[Any], _: datetime) -> Outcome:
            found.extend(came)
            return Outcome(errand.events)

        await fetch_all(here.house, connector, here.integration, [Errand(reaction, {"id": "c000"})], make)
        assert [one["note"] for one in found] == [Notes.note("c000")]
