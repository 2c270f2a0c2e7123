"""Destinations of runner.yaml: an address that checks signatures, a file, a table."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, create_engine, text

from runner.connector.config import Config
from runner.engine.pushes import push
from runner.engine.records import mark
from runner.model.circuit import ENOUGH, CircuitState
from runner.model.destination import DestinationKeys
from runner.model.integration import Integration
from runner.model.push import Push, PushState
from runner.model.record import Record
from runner.model.secret import Secret
from runner.store import circuits, outcomes, pushes, records
from runner.testing.wire import Wire
from runner.testing.world import World
from tests.engine.depot import yard

KEY = b"k" * 32
RULE = {"record": "project", "from": ["depot"], "to": "out"}
SPEC = """
endpoints: {contacts: {get: /numbered, records: rows, paginate: {type: page_number, more: more}}}
syncs: {contacts: {endpoint: contacts, processor: contact, every: 15m}}
"""


@dataclass
class Receiver:
    """Whoever is posted to: checks the signature by the words of the standard, and answers as it is told."""

    answers: list[httpx.Response] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)
    poison: set[str] = field(default_factory=set)
    ids: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        head = request.headers
        signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + request.content
        wanted = "v1," + base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        if wanted not in head["webhook-signature"].split(" "):
            return httpx.Response(401)
        self.ids.append(head["webhook-id"])
        self.bodies.append(json.loads(request.content))
        if self.answers:
            return self.answers.pop(0)
        if self.poison & {one["external_id"] for one in changes(self.bodies[-1])}:
            return httpx.Response(500)
        if self.bad & {one["external_id"] for one in changes(self.bodies[-1])}:
            return httpx.Response(422, text="name is\n  too short")
        return httpx.Response(204)

    @property
    def told(self) -> list[tuple[str, bool]]:
        return [(one["external_id"], one["deleted"]) for body in self.bodies for one in changes(body)]


def changes(body: dict[str, Any]) -> list[dict[str, Any]]:
    data = body["data"]
    found: list[dict[str, Any]] = data.get("changes", [data])
    return found


@dataclass
class Shop:
    """A house with one destination, its receiver, and a partner whose records go there."""

    here: World
    source: Integration
    receiver: Receiver

    async def store(self, external_id: str, name: str, **more: Any) -> None:
        """Admit a project, as the hall does."""
        version = more.pop("version", None)
        record = Record("project", external_id, {"name": name, **more}, version)
        house = self.here.house

        def work(connection: Connection) -> None:
            upserted = records.upsert(connection, self.source.id, [record], self.now)
            keys = [*upserted.created, *upserted.changed]
            mark.mark(connection, house.config, house.store.queue, self.source, keys, self.now)

        await self.here.write(work)

    async def pushes(self, rule: str | None = None) -> list[Push]:
        found: list[Push] = await self.here.read(lambda c: pushes.find(c))
        return [one for one in found if rule in (None, one.rule)]

    async def only(self) -> Push:
        (found,) = await self.pushes()
        return found

    @property
    def now(self) -> datetime:
        return self.here.clock.now()

    def deliver(self, destination: dict[str, Any], *rules: dict[str, Any], **keys: Any) -> None:
        """Let runner.yaml say so."""
        told = {f"rule{number}": rule for number, rule in enumerate(rules or (RULE,))}
        config = Config.model_validate({"destinations": {"out": destination}, "deliver": told})
        found = DestinationKeys(secrets={"out": (Secret("whsec_" + base64.b64encode(KEY).decode()),)}, **keys)
        self.here.house = replace(self.here.house, config=config, destination_keys=found)

    async def drain(self) -> push.Pushed:
        return await push.drain(self.here.house, "out")

    async def delete(self, external_id: str) -> None:
        house = self.here.house

        def work(connection: Connection) -> None:
            gone = records.mark_deleted(connection, self.source.id, "project", [external_id], house.clock.now())
            mark.mark(connection, house.config, house.store.queue, self.source, gone, house.clock.now())

        await self.here.write(work)

    async def states(self) -> dict[str, PushState]:
        return {one.external_id: one.state for one in await self.pushes()}


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with yard(database_url, SPEC, rows=3) as opened:
        receiver = Receiver()

        async def answer(request: httpx.Request) -> httpx.Response | None:
            return receiver(request) if request.url.host == "host.example" else None

        opened.depot.before = answer
        here = World(opened.house, opened.clock, Wire({}), opened.log, {}, [], {})
        yield Shop(here, opened.integration, receiver)


class TestAddress:
    @pytest.fixture
    def shop(self, shop: Shop) -> Shop:
        shop.deliver({"type": "webhook", "url": "https://host.example/in"})
        return shop

    async def test_a_record_arrives_whole_and_signed(self, shop: Shop) -> None:
        await shop.store("1", "Roof", version="2026-05-04T15:20:10.000000Z")
        assert (await shop.drain()).done == 1
        (body,) = shop.receiver.bodies
        assert body["type"] == "record.changed"
        told = body["data"]
        assert told["key"] == shop.receiver.ids[0]
        assert (told["company"], told["connector"], told["rule"]) == ("acme", "depot", "rule0")
        assert (told["kind"], told["external_id"], told["fields"]) == ("project", "1", {"name": "Roof"})
        assert (told["inactive"], told["deleted"], told["version"]) == (False, False, "2026-05-04T15:20:10.000000Z")

    async def test_what_did_not_change_is_not_told_again(self, shop: Shop) -> None:
        await shop.store("1", "Roof")
        await shop.drain()
        await shop.here.write(lambda c: pushes.mark(c, "rule0", shop.source.id, "project", ["1"], "out", shop.now))
        assert (await shop.drain()).done == 0
        assert len(shop.receiver.bodies) == 1
        assert await shop.states() == {"1": PushState.DONE}

    async def test_a_deletion_is_told(self, shop: Shop) -> None:
        await shop.store("1", "Roof")
        await shop.drain()
        await shop.delete("1")
        await shop.drain()
        assert shop.receiver.told == [("1", False), ("1", True)]

    async def test_input_and_condition_are_those_of_the_rule(self, shop: Shop) -> None:
        rule = {**RULE, "input": {"title": "upper(name)"}, "when": "name != 'Test'"}
        shop.deliver({"type": "webhook", "url": "https://host.example/in"}, rule)
        await shop.store("1", "Roof")
        await shop.store("2", "Test")
        await shop.drain()
        assert [one["data"]["fields"] for one in shop.receiver.bodies] == [{"title": "ROOF"}]
        assert await shop.states() == {"1": PushState.DONE, "2": PushState.SKIPPED}

    async def test_a_refusal_reaches_the_operator_in_the_receivers_words(self, shop: Shop) -> None:
        shop.receiver.bad = {"1"}
        await shop.store("1", "Roof")
        assert (await shop.drain()).failed == 1
        (failed,) = await shop.pushes()
        assert (failed.state, failed.reason, failed.said) == (PushState.FAILED, "answer-422", "name is too short")
        assert failed.note == "`out` answers 422: name is too short"

    async def test_a_repeated_try_has_the_same_id(self, shop: Shop) -> None:
        shop.receiver.answers = [httpx.Response(503)]
        await shop.store("1", "Roof")
        await shop.here.work(wait=timedelta(minutes=10))
        assert len(shop.receiver.ids) == 2
        assert len(set(shop.receiver.ids)) == 1
        assert await shop.states() == {"1": PushState.DONE}

    async def test_the_wait_that_a_limit_asks_for_is_kept(self, shop: Shop) -> None:
        shop.receiver.answers = [httpx.Response(429, headers={"Retry-After": "17"})]
        await shop.store("1", "Roof")
        pushed = await shop.drain()
        assert pushed.next_at == shop.now + timedelta(seconds=17)

    async def test_the_moment_that_a_limit_names_is_waited_for(self, shop: Shop) -> None:
        moment = (shop.now + timedelta(seconds=40)).replace(microsecond=0)
        shop.receiver.answers = [httpx.Response(429, headers={"Retry-After": format_datetime(moment, usegmt=True)})]
        await shop.store("1", "Roof")
        assert (await shop.drain()).next_at == moment

    async def test_without_a_secret_nothing_goes_out(self, shop: Shop) -> None:
        shop.here.house = replace(shop.here.house, destination_keys=DestinationKeys())
        await shop.store("1", "Roof")
        assert (await shop.drain()).retried == 1
        assert shop.receiver.bodies == []
        assert "RUNNER_DESTINATION_OUT_SECRET" in str((await shop.only()).note)

    async def test_what_was_pushed_is_counted_under_its_name(self, shop: Shop) -> None:
        await shop.store("1", "Roof")
        await shop.here.work()
        found = await shop.here.read(outcomes.find)
        assert [(one.connector, one.count) for one in found if one.work == "push" and one.count] == [("out", 1)]


class TestBatches:
    @pytest.fixture
    def shop(self, shop: Shop) -> Shop:
        shop.deliver({"type": "webhook", "url": "https://host.example/in", "batch": 3})
        return shop

    async def test_several_go_in_one_post(self, shop: Shop) -> None:
        for number in range(5):
            await shop.store(str(number), "Roof")
        assert (await shop.drain()).done == 5
        assert sorted(len(changes(body)) for body in shop.receiver.bodies) == [2, 3]

    async def test_one_bad_change_does_not_fail_the_others(self, shop: Shop) -> None:
        shop.receiver.bad = {"1"}
        for number in range(3):
            await shop.store(str(number), "Roof")
        pushed = await shop.drain()
        assert (pushed.done, pushed.failed) == (2, 1)
        assert await shop.states() == {"0": PushState.DONE, "1": PushState.FAILED, "2": PushState.DONE}


async def test_words_of_a_refusal_hold_nothing_that_no_database_takes(shop: Shop) -> None:
    shop.deliver({"type": "webhook", "url": "https://host.example/in"})
    shop.receiver.answers = [httpx.Response(422, content=b"too\0 short\x1b[31m \xff")]
    await shop.store("1", "Roof")
    await shop.drain()
    assert (await shop.only()).said == "too short [31m \ufffd"


class TestCircuit:
    @pytest.fixture
    def shop(self, shop: Shop) -> Shop:
        shop.deliver({"type": "webhook", "url": "https://host.example/in", "at_once": 1})
        return shop

    async def fill(self, shop: Shop, count: int = 20) -> None:
        for number in range(count):
            await shop.store(str(number), "Roof")

    async def test_it_opens_and_nothing_more_goes_out(self, shop: Shop) -> None:
        shop.receiver.answers = [httpx.Response(503)] * 100
        await self.fill(shop)
        pushed = await shop.drain()
        assert len(shop.receiver.bodies) == ENOUGH
        circuit = await shop.here.read(lambda c: circuits.get(c, "out"))
        assert circuit.state(shop.now) is CircuitState.OPEN
        assert pushed.next_at == circuit.trial_at
        assert (await shop.drain()).next_at == circuit.trial_at
        assert len(shop.receiver.bodies) == ENOUGH

    async def test_one_trial_closes_it_and_all_goes_out(self, shop: Shop) -> None:
        shop.receiver.answers = [httpx.Response(503)] * ENOUGH
        await self.fill(shop)
        await shop.here.work(wait=timedelta(minutes=10))
        assert set((await shop.states()).values()) == {PushState.DONE}
        circuit = await shop.here.read(lambda c: circuits.get(c, "out"))
        assert circuit.state(shop.now) is CircuitState.CLOSED

    async def test_a_trial_in_vain_is_one_call(self, shop: Shop) -> None:
        shop.receiver.answers = [httpx.Response(503)] * 100
        await self.fill(shop)
        first = await shop.drain()
        assert first.next_at is not None
        shop.here.clock.advance((first.next_at - shop.now).total_seconds())
        second = await shop.drain()
        assert len(shop.receiver.bodies) == ENOUGH + 1
        assert second.next_at is not None
        assert second.next_at > first.next_at

    async def test_one_that_breaks_the_destination_is_not_every_trial(self, shop: Shop) -> None:
        one_by_one = {"type": "webhook", "url": "https://host.example/in", "at_once": 1}
        shop.deliver(one_by_one, {**RULE, "when": "id == 'poison'"}, {**RULE, "when": "id != 'poison'"})
        shop.receiver.poison = {"poison"}
        await shop.store("poison", "Roof")
        shop.receiver.answers = [httpx.Response(503)] * ENOUGH
        for _ in range(3 * ENOUGH):
            await shop.drain()
            shop.here.clock.advance(20 * 60)
        await self.fill(shop, 3)
        await shop.here.work(wait=timedelta(hours=2))
        states = [one.state for one in await shop.pushes("rule1") if one.external_id != "poison"]
        assert states == [PushState.DONE] * 3

    async def test_a_trial_that_is_refused_shows_that_the_destination_is_back(self, shop: Shop) -> None:
        shop.receiver.answers = [httpx.Response(503)] * ENOUGH
        shop.receiver.bad = {str(number) for number in range(20)}
        await self.fill(shop)
        first = await shop.drain()
        assert first.next_at is not None
        shop.here.clock.advance((first.next_at - shop.now).total_seconds())
        await shop.drain()
        circuit = await shop.here.read(lambda c: circuits.get(c, "out"))
        assert circuit.state(shop.now) is CircuitState.CLOSED

    async def test_tries_in_vain_with_refusals_between_them_open_nothing(self, shop: Shop) -> None:
        shop.receiver.answers = [httpx.Response(status) for status in (503, 422) * ENOUGH]
        await self.fill(shop)
        await shop.drain()
        circuit = await shop.here.read(lambda c: circuits.get(c, "out"))
        assert circuit.state(shop.now) is CircuitState.CLOSED

    async def test_it_is_told_once_and_again_when_it_is_over(self, shop: Shop) -> None:
        shop.receiver.answers = [httpx.Response(503)] * (ENOUGH + 2)
        await self.fill(shop)
        await shop.here.work(wait=timedelta(minutes=30))
        told = [event for _, event, _ in shop.here.log.lines if event.startswith("circuit-")]
        assert told == ["circuit-opened", "circuit-closed"]

    async def test_syncs_and_what_they_bring_go_on(self, shop: Shop) -> None:
        one_by_one = {"type": "webhook", "url": "https://host.example/in", "at_once": 1}
        shop.deliver(one_by_one, RULE, {**RULE, "record": "contact"})
        shop.receiver.answers = [httpx.Response(503)] * 100
        await self.fill(shop)
        await shop.drain()
        run = await shop.here.sync(shop.source, "contacts")
        assert run.counts.created == 3
        assert [one.state for one in await shop.pushes("rule1")] == [PushState.PENDING] * 3
        assert len(shop.receiver.bodies) == ENOUGH

    async def test_another_destination_goes_on(self, shop: Shop, tmp_path: Path) -> None:
        config = shop.here.house.config.model_dump(by_alias=True)
        config["destinations"]["file"] = {"type": "jsonl", "path": str(tmp_path / "x.jsonl")}
        rules = {"a": RULE, "b": {**RULE, "to": "file"}}
        made = Config.model_validate({"destinations": config["destinations"], "deliver": rules})
        shop.here.house = replace(shop.here.house, config=made)
        shop.receiver.answers = [httpx.Response(503)] * 100
        await self.fill(shop)
        await shop.here.work(wait=timedelta(seconds=30))
        assert len(lines_of(tmp_path / "x.jsonl")) == 20

    async def test_a_record_at_which_the_destination_breaks_fails_by_itself(self, shop: Shop) -> None:
        await self.fill(shop, 1)
        for number in range(100):
            shop.receiver.answers = [httpx.Response(500)]
            await shop.drain()
            if (await shop.states())["0"] is PushState.FAILED:
                break
            shop.receiver.answers = []
            await shop.store(f"n{number}", "Wall")
            await shop.drain()
            shop.here.clock.advance(1_200)
        states = await shop.states()
        assert states.pop("0") is PushState.FAILED
        assert set(states.values()) == {PushState.DONE}


async def test_a_rate_is_kept_over_rounds_and_processes(shop: Shop) -> None:
    shop.deliver({"type": "webhook", "url": "https://host.example/in", "rate": "60/m"})
    for number in range(10):
        await shop.store(str(number), "Roof")
    began = shop.now
    await shop.here.work(wait=timedelta(minutes=5))
    assert set((await shop.states()).values()) == {PushState.DONE}
    assert shop.now - began >= timedelta(seconds=9)


class TestLines:
    @pytest.fixture
    def file(self, shop: Shop, tmp_path: Path) -> Path:
        path = tmp_path / "records.jsonl"
        shop.deliver({"type": "jsonl", "path": str(path)})
        return path

    def read(self, file: Path) -> list[tuple[str, bool, Any]]:
        return [(one["external_id"], one["deleted"], one["fields"].get("name")) for one in lines_of(file)]

    async def test_each_change_is_a_line(self, shop: Shop, file: Path) -> None:
        await shop.store("1", "Roof")
        await shop.drain()
        await shop.store("1", "Wall")
        await shop.drain()
        await shop.delete("1")
        await shop.drain()
        assert self.read(file) == [("1", False, "Roof"), ("1", False, "Wall"), ("1", True, "Wall")]

    async def test_a_kill_between_file_and_store_doubles_no_line(self, shop: Shop, file: Path) -> None:
        for number in range(3):
            await shop.store(str(number), "Roof")
        before = await shop.here.read(lambda c: pushes.find(c))
        await shop.drain()
        written = self.read(file)
        await shop.here.write(lambda c: _forget(c, before))
        assert set((await shop.states()).values()) == {PushState.PENDING}
        assert (await shop.drain()).done == 3
        assert self.read(file) == written

    async def test_a_folder_that_cannot_be_made_is_tried_again_later(self, shop: Shop, tmp_path: Path) -> None:
        (tmp_path / "no").write_text("a file, no folder")
        shop.deliver({"type": "jsonl", "path": str(tmp_path / "no" / "records.jsonl")})
        await shop.store("1", "Roof")
        assert (await shop.drain()).retried == 1
        assert "cannot be written" in str((await shop.only()).note)

    async def test_what_was_there_before_the_rule_is_brought_once(self, shop: Shop, tmp_path: Path) -> None:
        shop.here.house = replace(shop.here.house, config=Config())
        await shop.store("1", "Roof")
        file = tmp_path / "late.jsonl"
        shop.deliver({"type": "jsonl", "path": str(file)})
        house = shop.here.house
        for _ in range(2):
            await shop.here.write(lambda c: mark.roll_out(c, house.config, house.store.queue, shop.now))
            await shop.here.work()
        assert self.read(file) == [("1", False, "Roof")]


class TestTable:
    @pytest.fixture
    def url(self, shop: Shop, tmp_path: Path) -> str:
        url = f"sqlite:///{tmp_path}/warehouse.db"
        shop.deliver({"type": "table", "table": "things"}, urls={"out": Secret(url)})
        return url

    def read(self, url: str) -> list[Any]:
        engine = create_engine(url)
        query = "SELECT external_id, json_extract(fields, '$.name'), deleted FROM things ORDER BY external_id"
        with engine.connect() as connection:
            found = connection.execute(text(query)).all()
        engine.dispose()
        return [tuple(one) for one in found]

    async def test_a_row_a_record(self, shop: Shop, url: str) -> None:
        await shop.store("1", "Roof")
        await shop.store("2", "Wall")
        await shop.drain()
        await shop.store("1", "Rooftop")
        await shop.delete("2")
        await shop.drain()
        assert self.read(url) == [("1", "Rooftop", 0), ("2", "Wall", 1)]

    async def test_a_table_without_an_address_waits(self, shop: Shop) -> None:
        shop.deliver({"type": "table"})
        await shop.store("1", "Roof")
        assert (await shop.drain()).retried == 1
        assert "RUNNER_DESTINATION_OUT_URL" in str((await shop.only()).note)


class TestOrder:
    """A visit of a project goes after it; of one record, the second rule's push after the first's."""

    SITES = {**RULE, "after": {"rule0": "parent"}, "when": "parent"}  # never changed
    ROOTS = {**RULE, "when": "!parent"}  # as above

    @pytest.fixture
    def shop(self, shop: Shop) -> Shop:
        shop.deliver({"type": "webhook", "url": "https://host.example/in"}, self.ROOTS, self.SITES)
        return shop

    async def test_one_waits_until_the_other_has_arrived(self, shop: Shop) -> None:
        await shop.store("child", "Gutter", parent="root")
        await shop.here.work()
        assert shop.receiver.told == []
        await shop.store("root", "Roof")
        await shop.here.work()
        assert [name for name, _ in shop.receiver.told] == ["root", "child"]

    async def test_it_waits_on_while_the_other_is_refused(self, shop: Shop) -> None:
        shop.receiver.bad = {"root"}
        await shop.store("root", "Roof")
        await shop.store("child", "Gutter", parent="root")
        await shop.here.work()
        waiting = next(one for one in await shop.pushes("rule1") if one.external_id == "child")
        assert waiting.state is PushState.WAITING
        assert waiting.note == (
            "waits until project root has arrived by rule `rule0`, which failed: `out` answers 422: name is too short"
        )
        shop.receiver.bad = set()
        await shop.store("root", "Rooftop")
        await shop.here.work()
        assert [name for name, _ in shop.receiver.told[-2:]] == ["root", "child"]

    async def test_one_goes_when_the_other_turns_out_to_be_there_as_it_is(self, shop: Shop) -> None:
        await shop.store("root", "Roof")
        await shop.here.work()
        shop.receiver.answers = [httpx.Response(503)]
        await shop.store("root", "Rooftop")
        await shop.drain()
        await shop.store("child", "Gutter", parent="root")
        await shop.drain()
        assert [name for name, _ in shop.receiver.told] == ["root", "root"]
        await shop.store("root", "Roof")
        await shop.here.work()
        assert [name for name, _ in shop.receiver.told] == ["root", "root", "child"]

    async def test_the_second_rule_of_a_record_waits_for_the_first(self, shop: Shop) -> None:
        shop.deliver({"type": "webhook", "url": "https://host.example/in"}, RULE, {**RULE, "input": {"note": "name"}})
        shop.receiver.answers = [httpx.Response(503)]
        await shop.store("1", "Roof")
        await shop.drain()
        assert [body["data"]["rule"] for body in shop.receiver.bodies] == ["rule0"]
        await shop.here.work(wait=timedelta(minutes=10))
        assert [body["data"]["rule"] for body in shop.receiver.bodies] == ["rule0", "rule0", "rule1"]


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def _forget(connection: Connection, before: list[Push]) -> None:
    """The store as it was before the pushes were settled."""
    values = {"state": PushState.PENDING.value, "fingerprint": None}
    connection.execute(pushes.pushes.update().where(pushes.pushes.c.id.in_([one.id for one in before])).values(values))
