"""Acts of the host: the same key is the same act, and what may have been done is never repeated blindly."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from runner.engine.actions.once import LONGEST, Done, offered, once
from runner.errors import (
    ActionRefused,
    BadInput,
    KeyReused,
    NotFound,
    PartnerUnavailable,
    StoreUnavailable,
    Underway,
    UnknownOutcome,
)
from runner.model.act import ActState
from runner.model.integration import Integration
from runner.store import acts
from runner.store.queue import process_id
from tests.partners import CONNECTORS, World, world

pytestmark = pytest.mark.each_database

ROOF = {"name": "Roof", "address": {"street_address_1": "1 Main St"}}
CUSTOMER = {"name": "Sample Roofing Customer"}


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, partners=("quickbooks", "housecallpro")) as opened:
        yield opened


class Kill(BaseException):
    """The process ends."""


def lose(here: World, error: BaseException, path: str = "/projects", *, done: bool = True) -> None:
    """The next POST breaks off: after the partner did it, or before it arrived."""

    async def strike(request: httpx.Request) -> None:
        if request.method == "POST" and request.url.path.endswith(path):
            here.wire.after = here.wire.before = None
            raise error

    if done:
        here.wire.after = strike
    else:
        here.wire.before = strike


def posts(here: World, path: str = "/projects") -> int:
    return sum(one.method == "POST" and one.url.path.endswith(path) for one in here.wire.requests)


async def ask(here: World, host: Integration, given: Any = None, key: str | None = "k1") -> Done:
    return await once(here.house, host, "create_project", ROOF if given is None else given, key)


async def state(here: World, host: Integration, key: str = "k1") -> ActState | None:
    found = await here.read(lambda c: acts.get(c, host.id, key))
    return found.state if found else None


async def test_the_same_key_is_the_same_act(here: World) -> None:
    host = await here.connect("companycam")
    first = await ask(here, host)
    second = await ask(here, host)
    assert (first.result, first.repeated, second.repeated) == (second.result, False, True)
    assert posts(here) == 1


async def test_other_keys_and_none_are_other_acts(here: World) -> None:
    host = await here.connect("companycam")
    made = [await ask(here, host, key=key) for key in ("k1", "k2", None, None)]
    assert len({one.result["id"] for one in made}) == len({one.key for one in made}) == posts(here) == 4


async def test_a_key_belongs_to_one_input(here: World) -> None:
    host = await here.connect("companycam")
    await ask(here, host)
    with pytest.raises(KeyReused):
        await ask(here, host, {"name": "Other"})
    with pytest.raises(KeyReused):
        await once(here.house, host, "archive_project", {"id": "94772883"}, "k1")
    assert posts(here) == 1


async def test_what_is_under_way_is_not_begun_again(here: World) -> None:
    host = await here.connect("companycam")
    told: list[type] = []

    async def meanwhile(request: httpx.Request) -> None:
        if request.method == "POST":
            with pytest.raises(Underway) as caught:
                await ask(here, host)
            told.append(caught.type)

    here.wire.before = meanwhile
    await ask(here, host)
    assert (told, posts(here)) == ([Underway], 1)


async def test_a_wrong_input_takes_no_key(here: World) -> None:
    host = await here.connect("companycam")
    with pytest.raises(BadInput) as caught:
        await ask(here, host, {"name": "Roof", "address": 7})
    assert caught.value.flaws == (("address", "must be object, not int"),)
    await ask(here, host)


@pytest.mark.parametrize("name", ["Roof\0", "\\\0"])
async def test_a_text_that_no_database_takes_is_refused(here: World, name: str) -> None:
    host = await here.connect("companycam")
    with pytest.raises(BadInput, match="NUL"):
        await ask(here, host, {"name": name})
    assert (await ask(here, host, {"name": r"\u0000 is written out"})).result["id"]


async def test_a_refusal_is_told_again_in_the_partners_words(here: World) -> None:
    host = await here.connect("companycam")
    for _ in range(2):
        with pytest.raises(ActionRefused, match="Record not found") as caught:
            await once(here.house, host, "archive_project", {"id": "1"}, "k1")
        assert (caught.value.words, caught.value.status) == ("Record not found", 404)
    assert here.companycam.calls["PATCH /v2/projects/{id}/archive"] == 1


async def test_what_was_never_sent_can_be_asked_for_again(here: World) -> None:
    host = await here.connect("companycam")

    async def down(request: httpx.Request) -> None:
        raise httpx.ConnectError("refused")

    here.wire.before = down
    with pytest.raises(PartnerUnavailable):
        await ask(here, host)
    here.wire.before = None
    assert await state(here, host) is None
    assert not (await ask(here, host)).repeated


class TestAnAnswerThatIsLost:
    async def test_is_looked_for_by_what_was_sent(self, here: World) -> None:
        host = await here.connect("companycam")
        lose(here, httpx.ReadTimeout("late"))
        with pytest.raises(UnknownOutcome, match="ask again with the key k1"):
            await ask(here, host)
        assert await state(here, host) is ActState.UNKNOWN
        found = await ask(here, host)
        assert (found.repeated, posts(here)) == (True, 1)
        assert here.companycam.tables["projects"].row(found.result["id"])["name"] == "Roof"

    async def test_is_sent_again_when_nothing_is_found(self, here: World) -> None:
        host = await here.connect("companycam")
        lose(here, httpx.ReadTimeout("late"), done=False)
        with pytest.raises(UnknownOutcome):
            await ask(here, host)
        found = await ask(here, host)
        assert (found.repeated, here.companycam.calls["POST /v2/projects"]) == (False, 1)

    async def test_is_not_taken_for_what_another_act_made(self, here: World) -> None:
        host = await here.connect("companycam")
        other = await ask(here, host, key="k0")
        lose(here, httpx.ReadTimeout("late"), done=False)
        with pytest.raises(UnknownOutcome):
            await ask(here, host)
        assert (await ask(here, host)).result["id"] != other.result["id"]

    async def test_is_looked_for_by_as_much_as_there_is(self, here: World) -> None:
        host = await here.connect("companycam")
        lose(here, httpx.ReadTimeout("late"))
        with pytest.raises(UnknownOutcome):
            await ask(here, host, {"name": "Shed"})
        assert (await ask(here, host, {"name": "Shed"})).repeated
        assert posts(here) == 1

    async def test_stays_unknown_where_nothing_can_be_looked_for(self, here: World) -> None:
        company = await here.connect("housecallpro")
        lose(here, httpx.ReadTimeout("late"), "/customers")
        for _ in range(2):
            with pytest.raises(UnknownOutcome, match="look at Housecall Pro"):
                await once(here.house, company, "create_customer", {"last_name": "Vega"}, "k1")
        assert posts(here, "/customers") == 1

    async def test_is_asked_for_by_the_partners_own_key(self, here: World) -> None:
        books = await here.connect("quickbooks")
        here.wire.after = None
        sent: list[str] = []

        async def down(request: httpx.Request) -> None:
            if request.method == "POST" and request.url.path.endswith("/customer"):
                sent.append(request.url.params["requestid"])
                raise httpx.ReadTimeout("late")

        here.wire.after = down
        with pytest.raises(UnknownOutcome):
            await once(here.house, books, "create_customer", CUSTOMER, "k1")
        here.wire.after = None
        done = await once(here.house, books, "create_customer", CUSTOMER, "k1")
        rows = [row for row in here.partners["quickbooks"].table("customers") if row["DisplayName"] == CUSTOMER["name"]]
        assert [row["Id"] for row in rows] == [done.result["id"]]
        assert len(set(sent)) == 1

    async def test_of_a_process_that_ended_is_settled_when_it_was_given_up(self, here: World) -> None:
        host = await here.connect("companycam")
        lose(here, Kill())
        with pytest.raises(Kill):
            await ask(here, host)
        with pytest.raises(Underway):
            await ask(here, host)
        here.clock.advance(LONGEST.total_seconds())
        found = await ask(here, host)
        assert (found.repeated, posts(here)) == (True, 1)

    async def test_of_a_process_that_is_known_to_be_dead_is_settled_at_once(self, here: World) -> None:
        host = await here.connect("companycam")
        lose(here, Kill())
        with pytest.raises(Kill):
            await ask(here, host)
        await here.write(lambda c: c.execute(update(acts.acts).values(process=f"{process_id()}0")))
        found = await ask(here, host)
        assert (found.repeated, posts(here)) == (True, 1)

    async def test_of_a_store_that_was_away_is_settled_when_it_was_given_up(self, here: World) -> None:
        host = await here.connect("companycam")
        lose(here, StoreUnavailable("away"))
        with pytest.raises(StoreUnavailable):
            await ask(here, host)
        assert await state(here, host) is ActState.SENT
        here.clock.advance(LONGEST.total_seconds())
        assert ((await ask(here, host)).repeated, posts(here)) == (True, 1)


def test_what_the_runner_needs_for_webhooks_is_not_offered() -> None:
    names = offered(CONNECTORS.get("companycam")).keys()
    assert "create_project" in names
    assert not names & {"create_webhook", "delete_webhook", "enable_webhook"}


async def test_what_is_not_offered_is_not_done(here: World) -> None:
    host = await here.connect("companycam")
    with pytest.raises(NotFound, match="not to be asked for"):
        await once(here.house, host, "create_webhook", {}, "k1")


class TestAnActThatTakesLongerThanItMay:
    """Somebody asks again by the same key, since it counts as broken off, and then it ends after all."""

    async def test_what_it_did_is_told_though_it_was_given_up(self, here: World) -> None:
        company = await here.connect("housecallpro")

        async def again(request: httpx.Request) -> None:
            if request.method == "POST":
                here.wire.after = None
                here.clock.advance(LONGEST.total_seconds() + 1)
                with pytest.raises(UnknownOutcome):
                    await once(here.house, company, "create_customer", {"last_name": "Vega"}, "k1")

        here.wire.after = again
        first = await once(here.house, company, "create_customer", {"last_name": "Vega"}, "k1")
        second = await once(here.house, company, "create_customer", {"last_name": "Vega"}, "k1")
        assert (second.repeated, second.result, posts(here, "/customers")) == (True, first.result, 1)

    async def test_that_it_was_not_sent_frees_no_key_of_one_that_was(self, here: World) -> None:
        host = await here.connect("companycam")

        async def down(request: httpx.Request) -> None:
            raise httpx.ConnectError("refused")

        async def again(request: httpx.Request) -> None:
            if request.method == "POST":
                here.wire.before = None
                here.clock.advance(LONGEST.total_seconds() + 1)
                await ask(here, host)
                here.wire.before = down
                await down(request)

        here.wire.before = again
        with pytest.raises(PartnerUnavailable):
            await ask(here, host)
        here.wire.before = None
        assert (await ask(here, host)).repeated
        assert here.companycam.calls["POST /v2/projects"] == 1
