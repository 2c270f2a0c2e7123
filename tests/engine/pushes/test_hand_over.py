from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from runner.connector.config import Config
from runner.engine.records.gone import delete
from runner.model.push import Link, PushState
from runner.store import doubts, links
from tests.engine.host import ARCHIVE, POST, PUT, RESTORE, Host, open_host
from tests.engine.syncs.test_sync import Killed
from tests.partners import World, world


@pytest.fixture
async def host(here: World) -> Host:
    return await open_host(here)


async def test_a_record_is_created_once_and_linked(host: Host) -> None:
    await host.store("project", "1", {"name": "Roof", "address": {"street": "1 Main St", "unit": None}})
    assert (await host.drain()).done == 1
    project = await host.project()
    assert (project["name"], project["address"]) == ("Roof", {"street_address_1": "1 Main St"})
    assert (await host.only()).state is PushState.DONE


async def test_an_unchanged_input_is_not_sent_again(host: Host) -> None:
    await host.store("project", "1", {"name": "Roof"})
    await host.drain()
    await host.store("project", "1", {"name": "Roof", "description": "no part of the input"})
    assert (await host.drain()).done == 1
    assert (host.calls(POST), host.calls(PUT)) == (1, 0)


async def test_a_change_updates_what_is_linked(host: Host) -> None:
    await host.store("project", "1", {"name": "Roof"})
    await host.drain()
    await host.store("project", "1", {"name": "New roof"})
    await host.drain()
    assert (await host.project())["name"] == "New roof"
    assert (host.calls(POST), host.calls(PUT)) == (1, 1)


async def test_an_inactive_record_is_archived_and_comes_back(host: Host) -> None:
    await host.store("project", "1", {"name": "Roof"})
    await host.drain()
    await host.store("project", "1", {"name": "Roof"}, inactive=True)
    await host.drain()
    assert (await host.project())["archived"] is True
    await host.store("project", "1", {"name": "Green roof"})
    await host.drain()
    project = await host.project()
    assert (project["archived"], project["name"]) == (False, "Green roof")
    assert (host.calls(ARCHIVE), host.calls(RESTORE), host.calls(PUT)) == (1, 1, 1)


async def test_a_deleted_record_is_archived(host: Host) -> None:
    await host.store("project", "1", {"name": "Roof"})
    await host.drain()
    here = host.here
    await here.write(
        lambda c: delete(
            c, here.house, host.source, [("project", "1")], here.clock.now(), "2027-01-01T00:00:00.000000Z"
        )
    )
    await host.drain()
    assert (await host.project())["archived"] is True


async def test_a_record_that_was_never_active_is_not_created(host: Host) -> None:
    await host.store("project", "1", {"name": "Roof"}, inactive=True)
    await host.drain()
    assert host.made == 0
    assert (await host.only()).state is PushState.SKIPPED


async def test_a_thing_that_the_host_lost_is_created_once_more(host: Host) -> None:
    await host.store("project", "1", {"name": "Roof"})
    await host.drain()
    lost = (await host.project())["id"]
    host.here.companycam.tables["projects"].remove(lost)
    await host.store("project", "1", {"name": "New roof"})
    await host.drain()
    project = await host.project()
    assert (project["name"], host.calls(POST)) == ("New roof", 2)
    assert project["id"] != lost


class TestUnknownOutcome:
    """A creation that was sent and whose answer never came."""

    async def lose_answer(self, host: Host, error: BaseException) -> None:
        """The host does it; we never hear."""

        async def after(request: httpx.Request) -> None:
            if request.method == "POST" and request.url.path.endswith("/projects"):
                host.here.wire.after = None
                raise error

        host.here.wire.after = after

    @pytest.mark.parametrize("error", [httpx.ReadTimeout("late"), httpx.RemoteProtocolError("gone"), Killed()])
    async def test_is_found_and_adopted_in_place_of_a_second_creation(self, host: Host, error: BaseException) -> None:
        await host.store("project", "1", {"name": "Roof", "address": {"street": "1 Main St"}})
        await self.lose_answer(host, error)
        if isinstance(error, Killed):
            with pytest.raises(Killed):
                await host.drain()
        else:
            assert (await host.drain()).retried == 1
        host.here.clock.advance(3600)
        await host.drain()
        assert (host.made, host.calls(POST)) == (1, 1)
        assert (await host.only()).state is PushState.DONE
        assert await host.here.read(lambda c: doubts.get(c, 1)) is None

    async def test_is_created_again_when_it_is_not_found(self, host: Host) -> None:
        await host.store("project", "1", {"name": "Roof", "address": {"street": "1 Main St"}})

        async def before(request: httpx.Request) -> None:
            if request.method == "POST":
                host.here.wire.before = None
                raise httpx.ReadTimeout("late")

        host.here.wire.before = before
        await host.drain()
        host.here.clock.advance(3600)
        await host.drain()
        assert (host.made, (await host.only()).state) == (1, PushState.DONE)

    async def test_what_changed_in_the_meantime_is_updated(self, host: Host) -> None:
        await host.store("project", "1", {"name": "Roof", "address": {"street": "1 Main St"}})
        await self.lose_answer(host, httpx.ReadTimeout("late"))
        await host.drain()
        await host.store("project", "1", {"name": "New roof", "address": {"street": "1 Main St"}})
        host.here.clock.advance(3600)
        await host.drain()
        assert (host.made, (await host.project())["name"]) == (1, "New roof")

    async def test_a_link_that_the_broken_try_stores_late_is_its_own(self, host: Host) -> None:
        """A worker that was killed, or lost its lease, may still store what it made when the next one has begun."""
        await host.store("project", "1", {"name": "Roof", "address": {"street": "1 Main St"}})
        await self.lose_answer(host, httpx.ReadTimeout("late"))
        await host.drain()

        async def before(request: httpx.Request) -> None:
            if request.method == "GET":
                host.here.wire.before = None
                made = list(host.here.companycam.tables["projects"])[-1]["id"]
                link = Link(host.source.id, "project", "1", host.host.id, str(made), "pushed")
                await host.here.write(lambda c: links.put(c, link))

        host.here.wire.before = before
        host.here.clock.advance(3600)
        await host.drain()
        assert host.here.wire.before is None
        assert (host.made, host.calls(POST), (await host.only()).state) == (1, 1, PushState.DONE)

    async def test_a_project_of_another_record_is_not_adopted(self, host: Host) -> None:
        same = {"name": "Roof", "address": {"street": "1 Main St"}}
        await host.store("project", "1", same)
        await host.drain()
        await host.store("project", "2", same)

        async def before(request: httpx.Request) -> None:
            if request.method == "POST":
                host.here.wire.before = None
                raise httpx.ReadTimeout("late")

        host.here.wire.before = before
        await host.drain()
        host.here.clock.advance(3600)
        await host.drain()
        assert host.made == 2

    async def test_a_connection_that_was_never_made_leaves_no_doubt(self, host: Host) -> None:
        await host.store("project", "1", {"name": "Roof"})

        async def before(request: httpx.Request) -> None:
            if request.method == "POST":
                raise httpx.ConnectError("refused")

        host.here.wire.before = before
        await host.drain()
        assert await host.here.read(lambda c: doubts.get(c, 1)) is None


class TestIdempotency:
    """A destination that does a thing once by its key: QuickBooks, whose `requestid` is answered the same again."""

    CUSTOMERS: dict[str, Any] = {
        "record": "contact",
        "from": ["servicetitan"],
        "to": "quickbooks",
        "input": {"name": "name"},
        "create": "create_customer",
        "update": "update_customer",
        "archive": "archive_customer",
    }
    PATH = "/customer"

    @pytest.fixture
    async def books(self, database_url: str) -> AsyncIterator[Host]:
        config = Config.model_validate({"deliver": {"customers": self.CUSTOMERS}})
        async with world(database_url, partners=("quickbooks",), config=config) as here:
            yield await open_host(here, "quickbooks")

    @staticmethod
    def lose(books: Host, error: BaseException) -> None:
        """The partner does it; we never hear."""

        async def after(request: httpx.Request) -> None:
            if request.method == "POST" and request.url.path.endswith("/customer"):
                books.here.wire.after = None
                raise error

        books.here.wire.after = after

    @staticmethod
    def keys(books: Host) -> list[str]:
        """The keys of all creations that were sent."""
        sent = [one for one in books.here.wire.requests if one.method == "POST" and one.url.path.endswith("/customer")]
        return [one.url.params["requestid"] for one in sent if "requestid" in one.url.params]

    @staticmethod
    def named(books: Host, text: str) -> list[dict[str, Any]]:
        return [row for row in books.here.partners["quickbooks"].table("customers") if text in row["DisplayName"]]

    async def test_an_answer_that_is_lost_is_asked_for_again_in_the_same_call(self, books: Host) -> None:
        await books.store("contact", "1", {"name": "Zephyr Roofs"})
        self.lose(books, httpx.ReadTimeout("late"))
        assert (await books.drain()).done == 1
        assert len(self.named(books, "Zephyr ")) == 1
        first, second = self.keys(books)
        assert first == second

    async def test_a_killed_creation_is_sent_again_by_the_same_key(self, books: Host) -> None:
        await books.store("contact", "1", {"name": "Zephyr Roofs"})
        self.lose(books, Killed())
        with pytest.raises(Killed):
            await books.drain()
        books.here.clock.advance(3600)
        assert (await books.drain()).done == 1
        assert len(self.named(books, "Zephyr ")) == 1
        assert len(set(self.keys(books))) == 1
        assert await books.here.read(lambda c: doubts.get(c, 1)) is None

    async def test_what_changed_meanwhile_is_a_change_of_what_was_made(self, books: Host) -> None:
        await books.store("contact", "1", {"name": "Zephyr Roofs"})
        self.lose(books, Killed())
        with pytest.raises(Killed):
            await books.drain()
        await books.store("contact", "1", {"name": "Zephyr and Sons"})
        books.here.clock.advance(3600)
        assert (await books.drain()).done == 1
        assert [row["DisplayName"] for row in self.named(books, "Zephyr ")] == ["Zephyr and Sons"]
        assert len(set(self.keys(books))) == 1

    async def test_an_earlier_try_that_is_refused_gives_way_to_the_record_of_today(self, books: Host) -> None:
        await books.store("contact", "1", {"name": "Zephyr Roofs"})

        async def before(request: httpx.Request) -> None:
            if request.method == "POST":
                books.here.wire.before = None
                raise Killed

        books.here.wire.before = before
        with pytest.raises(Killed):
            await books.drain()
        books.here.partners["quickbooks"].change("customers", "58", DisplayName="Zephyr Roofs")  # the name is taken now
        await books.store("contact", "1", {"name": "Zephyr and Sons"})
        books.here.clock.advance(3600)
        assert (await books.drain()).done == 1
        assert [row["DisplayName"] for row in self.named(books, "Zephyr and")] == ["Zephyr and Sons"]
        assert len(set(self.keys(books))) == 2

    async def test_two_records_have_two_keys(self, books: Host) -> None:
        await books.store("contact", "1", {"name": "Zephyr Roofs"})
        await books.store("contact", "2", {"name": "Zephyr Floors"})
        await books.drain()
        assert len(set(self.keys(books))) == len(self.named(books, "Zephyr ")) == 2

    async def test_a_change_reads_the_version_before_it_is_sent(self, books: Host) -> None:
        await books.store("contact", "1", {"name": "Zephyr Roofs"})
        await books.drain()
        (row,) = self.named(books, "Zephyr ")
        books.here.partners["quickbooks"].change("customers", row["Id"], Notes="seen by the bookkeeper")
        await books.store("contact", "1", {"name": "Zephyr Roofs"}, inactive=True)
        assert (await books.drain()).done == 1
        (row,) = self.named(books, "Zephyr ")
        assert (row["Active"], row["Notes"]) == (False, "seen by the bookkeeper")
