from __future__ import annotations

from typing import Any

import pytest

from runner.model.push import Link, PushState
from runner.model.record import Record
from runner.store import links, records
from tests.engine.host import ASSIGN, UNASSIGN, Host, open_host
from tests.partners import World


@pytest.fixture
async def host(here: World) -> Host:
    return await open_host(here)


async def test_included_records_are_read_and_their_changes_pushed(host: Host) -> None:
    await host.store("project", "1", {"name": "Job 1", "location": "l1"})
    await host.drain()
    assert (await host.project())["name"] == "Job 1"
    await host.store("location", "l1", {"name": "Villa", "address": {"street": "2 Elm"}})
    await host.drain()
    project = await host.project()
    assert (project["name"], project["address"]["street_address_1"]) == ("Villa - Job 1", "2 Elm")


class TestCrew:
    @pytest.fixture
    async def crew(self, host: Host) -> Host:
        """One project, one user known on both sides by e-mail."""
        here = host.here
        user = Record("user", "u1", {"name": "Ann", "email": "ann@example.com"})
        await here.write(lambda c: records.upsert(c, host.host.id, [user], here.clock.now()))
        here.companycam.add("users", email_address="ann@example.com")
        key = next(reversed([row["id"] for row in here.companycam.tables["users"]]))
        own = Record("user", key, {"name": "Ann", "email": "Ann@Example.com"})
        await here.write(lambda c: records.mark_deleted(c, host.host.id, "user", ["u1"], here.clock.now()))
        await here.write(lambda c: records.upsert(c, host.host.id, [own], here.clock.now()))
        await host.store("user", "7", {"name": "Ann", "email": "ann@example.com"})
        return host

    async def assignment(self, host: Host, external_id: str = "a", **more: Any) -> None:
        await host.store("assignment", external_id, {"project": "1", "user": "7"}, **more)

    async def test_a_user_is_found_by_email_and_remembered(self, crew: Host) -> None:
        await self.assignment(crew)
        await crew.store("project", "1", {"name": "Roof"})
        pushed = await crew.drain()
        assert pushed.done == 2
        (link,) = await crew.here.read(lambda c: links.find(c, kind="user"))
        assert link.how == "email"
        assert crew.calls(ASSIGN) == 1

    async def test_an_assignment_waits_for_its_project_and_says_so(self, crew: Host) -> None:
        await self.assignment(crew)
        assert (await crew.drain()).waiting == 1
        assert (await crew.only()).note == "waits until project 1 of servicetitan is at companycam"
        await crew.store("project", "1", {"name": "Roof"})
        await crew.drain()
        assert {one.state for one in await crew.pushes()} == {PushState.DONE}

    async def test_one_without_email_waits_and_goes_on_when_it_has_one(self, crew: Host) -> None:
        await crew.store("user", "7", {"name": "Ann", "email": None})
        await self.assignment(crew)
        await crew.store("project", "1", {"name": "Roof"})
        await crew.drain()
        (waits,) = await crew.pushes("crew")
        assert waits.state is PushState.WAITING
        assert "no email" in str(waits.note)
        await crew.store("user", "7", {"name": "Ann", "email": "ann@example.com"})
        await crew.drain()
        assert crew.calls(ASSIGN) == 1

    async def test_a_link_made_by_hand_serves(self, crew: Host) -> None:
        await crew.store("user", "7", {"name": "Ann", "email": None})
        user = next(iter(crew.here.companycam.tables["users"]))["id"]
        await crew.here.write(lambda c: links.put(c, Link(crew.source.id, "user", "7", crew.host.id, user, "manual")))
        await self.assignment(crew)
        await crew.store("project", "1", {"name": "Roof"})
        await crew.drain()
        assert crew.calls(ASSIGN) == 1

    async def test_one_person_stays_while_another_assignment_keeps_them(self, crew: Host) -> None:
        await crew.store("project", "1", {"name": "Roof"})
        for one in ("a", "b"):
            await self.assignment(crew, one)
        await crew.drain()
        await self.assignment(crew, "a", inactive=True)
        await crew.drain()
        assert crew.calls(UNASSIGN) == 0
        await self.assignment(crew, "b", inactive=True)
        await crew.drain()
        assert crew.calls(UNASSIGN) == 1

    async def test_two_that_end_at_once_take_the_person_off_once(self, crew: Host) -> None:
        await crew.store("project", "1", {"name": "Roof"})
        for one in ("a", "b"):
            await self.assignment(crew, one)
        await crew.drain()
        for one in ("a", "b"):
            await self.assignment(crew, one, inactive=True)
        await crew.drain()
        assert crew.calls(UNASSIGN) == 1

    async def test_one_who_comes_back_is_assigned_again(self, crew: Host) -> None:
        await crew.store("project", "1", {"name": "Roof"})
        for inactive in (False, True, False):
            await self.assignment(crew, inactive=inactive)
            await crew.drain()
        assert (crew.calls(ASSIGN), crew.calls(UNASSIGN)) == (2, 1)

    async def test_an_assignment_of_a_project_that_ended_before_it_was_there_is_left_out(self, crew: Host) -> None:
        await crew.store("project", "1", {"name": "Roof"}, inactive=True)
        await self.assignment(crew)
        assert (await crew.drain()).waiting == 0
        (left,) = await crew.pushes("crew")
        assert left.state is PushState.SKIPPED
        assert left.note == "project 1 of servicetitan is inactive, and companycam never had it"

    async def test_it_is_made_when_the_project_comes_back(self, crew: Host) -> None:
        await crew.store("project", "1", {"name": "Roof"}, inactive=True)
        await self.assignment(crew)
        await crew.drain()
        await crew.store("project", "1", {"name": "Roof"})
        await crew.drain()
        assert crew.calls(ASSIGN) == 1

    async def test_one_that_waits_is_left_out_when_its_project_ends(self, crew: Host) -> None:
        await self.assignment(crew)
        assert (await crew.drain()).waiting == 1
        await crew.store("project", "1", {"name": "Roof"}, inactive=True)
        await crew.drain()
        assert {one.state for one in await crew.pushes()} == {PushState.SKIPPED}

    async def test_an_assignment_that_ended_before_it_was_there_waits_for_nothing(self, crew: Host) -> None:
        await self.assignment(crew, inactive=True)
        await crew.drain()
        left = await crew.only()
        assert (left.state, left.note) == (PushState.SKIPPED, "it is inactive, and the host never had it")
