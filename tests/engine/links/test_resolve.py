"""Rules between the same two systems in both directions, and people who are found by more than their e-mail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from runner.connector.config import Config
from runner.engine.links.link import link, unlink
from runner.engine.pushes import push
from runner.engine.records.mark import mark
from runner.model.integration import Integration
from runner.model.push import Link, Push, PushState
from runner.model.record import Record
from runner.store import links, pushes, records
from tests.engine.host import ASSIGN, UNASSIGN, Host, open_host
from tests.partners import World, world

pytestmark = pytest.mark.each_database

PROJECTS: dict[str, Any] = {
    "record": "project",
    "from": ["servicetitan"],
    "to": "companycam",
    "input": {"name": "name"},
    "create": "create_project",
    "update": "update_project",
}
CREW: dict[str, Any] = {
    "record": "assignment",
    "from": ["servicetitan"],
    "to": "companycam",
    "links": {
        "project": {"record": "project", "id": "project"},
        "user": {"record": "user", "id": "user", "match": "name && phone && join(' ', [name, phone])"},
    },
    "input": {"project_id": "links.project", "user_id": "links.user"},
    "create": "assign_user",
    "archive": "unassign_user",
}
CUSTOMERS: dict[str, Any] = {
    "record": "photo",
    "from": ["companycam"],
    "to": "quickbooks",
    "links": {"job": {"record": "project", "id": "project"}},
    "input": {"name": "join(' ', ['Photo of', links.job])"},
    "create": "create_customer",
    "update": "update_customer",
}


@pytest.fixture
async def host(database_url: str) -> AsyncIterator[Host]:
    config = Config.model_validate({"deliver": {"projects": PROJECTS, "crew": CREW}})
    async with world(database_url, config=config) as here:
        yield await open_host(here)


async def admit(here: World, whose: Integration, *found: Record) -> None:
    """Records of an integration, as the hall stores them."""

    def work(connection: Any) -> None:
        house, at = here.house, here.clock.now()
        keys = [(one.kind, one.external_id) for one in found]
        records.upsert(connection, whose.id, found, at)
        mark(connection, house.config, house.store.queue, whose, keys, at)

    await here.write(work)


async def of_rule(here: World, rule: str) -> Push:
    every: list[Push] = await here.read(lambda c: pushes.find(c))
    (found,) = [one for one in every if one.rule == rule]
    return found


def someone(host: Host, place: int = 0) -> str:
    return str(list(host.here.companycam.tables["users"])[place]["id"])


def user(external_id: str, name: str | None, phone: str | None, email: str | None = None) -> Record:
    return Record("user", external_id, {"name": name, "phone": phone, "email": email})


async def assigned(host: Host) -> None:
    """A project and somebody on it, who is known over there by name and phone."""
    await host.store("project", "1", {"name": "Roof"})
    await host.store("assignment", "a", {"project": "1", "user": "7"})


class TestRule:
    async def test_finds_people_by_what_both_have(self, host: Host) -> None:
        await admit(host.here, host.host, user(someone(host), "Ann  LEE", "+15551234567"), user("9", "Ann Lee", None))
        await admit(host.here, host.source, user("7", "Ann Lee", "+15551234567"))
        await assigned(host)
        await host.drain()
        (made,) = await host.here.read(lambda c: links.find(c, kind="user"))
        assert (made.host_id, made.how, host.calls(ASSIGN)) == (someone(host), "rule", 1)

    async def test_finds_nobody_where_two_have_it(self, host: Host) -> None:
        twins = [user(one, "Ann Lee", "+15551234567") for one in ("8", "9")]
        await admit(host.here, host.host, *twins)
        await admit(host.here, host.source, user("7", "Ann Lee", "+15551234567"))
        await assigned(host)
        await host.drain()
        assert (await of_rule(host.here, "crew")).state is PushState.WAITING

    async def test_finds_nobody_by_half_of_it(self, host: Host) -> None:
        await admit(host.here, host.host, user("8", "Ann Lee", None))
        await admit(host.here, host.source, user("7", "Ann Lee", None))
        await assigned(host)
        await host.drain()
        assert (await of_rule(host.here, "crew")).state is PushState.WAITING


class TestRelink:
    """A user who was linked to the wrong person."""

    @pytest.fixture
    async def wrong(self, host: Host) -> Host:
        await admit(host.here, host.source, user("7", "Ann Lee", None))
        await link(host.here.house, host.source, None, "user", "7", someone(host))
        await assigned(host)
        await host.drain()
        assert host.calls(ASSIGN) == 1
        return host

    async def test_another_link_pushes_again_what_depended_on_it(self, wrong: Host) -> None:
        await link(wrong.here.house, wrong.source, None, "user", "7", someone(wrong, 1))
        await wrong.drain()
        assert wrong.calls(ASSIGN) == 2

    async def test_the_same_link_pushes_nothing(self, wrong: Host) -> None:
        await link(wrong.here.house, wrong.source, None, "user", "7", someone(wrong))
        assert (await wrong.drain()).done == 0

    async def test_without_a_link_it_waits(self, wrong: Host) -> None:
        await unlink(wrong.here.house, wrong.source, None, "user", "7")
        assert (await wrong.drain()).waiting == 1
        assert wrong.calls(UNASSIGN) == 0

    async def test_another_project_is_given_what_the_first_one_was(self, wrong: Host) -> None:
        other = wrong.here.companycam.add("projects", name="Another")
        await link(wrong.here.house, wrong.source, None, "project", "1", other)
        await wrong.drain()
        assert wrong.here.companycam.tables["projects"].row(other)["name"] == "Roof"
        assert wrong.calls(ASSIGN) == 2


class TestBackwards:
    """A photo of CompanyCam whose project came from a partner goes to that partner's job."""

    @pytest.fixture
    async def office(self, database_url: str) -> AsyncIterator[tuple[World, Integration, Integration]]:
        projects = {**PROJECTS, "from": ["quickbooks"]}
        config = Config.model_validate({"deliver": {"projects": projects, "photos": CUSTOMERS}})
        async with world(database_url, partners=("quickbooks",), config=config) as here:
            host, partner = await here.connect("companycam"), await here.connect("quickbooks")
            await admit(here, host, Record("photo", "p1", {"project": "900", "url": "https://img.example/1"}))
            yield here, host, partner

    async def test_the_same_link_is_read_from_the_other_side(
        self, office: tuple[World, Integration, Integration]
    ) -> None:
        here, host, partner = office
        await here.write(lambda c: links.put(c, Link(partner.id, "project", "42", host.id, "900", "pushed")))
        assert (await push.drain(here.house, partner.id)).done == 1
        assert [row["DisplayName"] for row in here.partners["quickbooks"].tables["customers"]][-1] == "Photo of 42"
        assert len(await here.read(lambda c: links.find(c, kind="project"))) == 1

    async def test_a_push_that_is_there_before_its_link_waits_for_it(
        self, office: tuple[World, Integration, Integration]
    ) -> None:
        here, host, partner = office
        assert (await push.drain(here.house, partner.id)).waiting == 1
        await admit(here, partner, Record("project", "42", {"name": "Roof"}))
        await push.drain(here.house, host.id)
        (made,) = await here.read(lambda c: links.find(c, kind="project"))
        await admit(here, host, Record("photo", "p2", {"project": made.host_id, "url": "https://img.example/2"}))
        assert (await push.drain(here.house, partner.id)).done == 1

    async def test_two_that_became_one_are_not_guessed(self, office: tuple[World, Integration, Integration]) -> None:
        here, host, partner = office
        for job in ("42", "43"):
            made = Link(partner.id, "project", job, host.id, "900", "pushed")
            await here.write(partial(links.put, link=made))
        await push.drain(here.house, partner.id)
        waits = await of_rule(here, "photos")
        assert waits.state is PushState.WAITING
        assert "several project records of quickbooks are linked to project 900 of companycam" in str(waits.note)

    async def test_a_link_made_by_hand_wakes_what_waits(self, office: tuple[World, Integration, Integration]) -> None:
        here, _, partner = office
        await admit(here, partner, Record("project", "42", {"name": "Roof"}))
        await push.drain(here.house, partner.id)
        await link(here.house, partner, None, "project", "42", "900")
        assert (await push.drain(here.house, partner.id)).done == 1
