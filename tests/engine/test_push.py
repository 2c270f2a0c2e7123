from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.limits import Window
from runner.engine import push
from runner.engine.mark import mark
from runner.engine.process import delete
from runner.model.integration import Integration, State
from runner.model.push import Link, Push, PushState
from runner.model.record import Record
from runner.store import doubts, integrations, links, pushes, records
from tests.engine.test_sync import Killed
from tests.partners import World, world

SOON = timedelta(minutes=10)


class Host:
    """A ServiceTitan and a CompanyCam, both connected, and records as a processor would make them."""

    def __init__(self, here: World, source: Integration, host: Integration) -> None:
        self.here, self.source, self.host = here, source, host
        self.before = len(here.companycam.tables["projects"])

    async def store(self, kind: str, external_id: str, fields: dict[str, Any], **more: Any) -> None:
        """Admit one record, as the hall does."""
        record = Record(kind, external_id, fields, **more)
        house = self.here.house

        def work(connection: Any) -> None:
            upserted = records.upsert(connection, self.source.id, [record], self.here.clock.now())
            keys = [*upserted.created, *upserted.changed]
            mark(connection, house.config, house.store.queue, self.source, keys, self.here.clock.now())

        await self.here.write(work)

    async def drain(self) -> push.Pushed:
        return await push.drain(self.here.house, self.host.id)

    async def pushes(self, rule: str | None = None) -> list[Push]:
        found = await self.here.read(lambda c: pushes.find(c))
        return [one for one in found if rule in (None, one.rule)]

    async def only(self) -> Push:
        (found,) = await self.pushes()
        return found

    @property
    def made(self) -> int:
        """How many projects the host has more than at first."""
        return len(self.here.companycam.tables["projects"]) - self.before

    def calls(self, label: str) -> int:
        return self.here.companycam.calls[label]

    async def project(self) -> dict[str, Any]:
        link = (await self.here.read(lambda c: links.find(c, kind="project")))[0]
        return self.here.companycam.tables["projects"].row(link.host_id)


POST, PUT = "POST /v2/projects", "PUT /v2/projects/{id}"
ARCHIVE, RESTORE = "PATCH /v2/projects/{id}/archive", "PUT /v2/projects/{id}/restore"
ASSIGN = "PUT /v2/projects/{id}/assigned_users/{user_id}"
UNASSIGN = "DELETE /v2/projects/{id}/assigned_users/{user_id}"


async def open_host(here: World) -> Host:
    host = await here.connect("companycam")
    source = await here.connect("servicetitan")
    taken = await here.house.store.queue.take("x:1:y", 100, timedelta(days=1), here.clock.now())
    for one in taken:  # no sync of its own: the tests say which records there are
        await here.house.store.queue.settle(one)
    return Host(here, source, host)


@pytest.fixture
async def host(here: World) -> Host:
    return await open_host(here)


async def test_everything_of_a_company_arrives(here: World) -> None:
    await here.connect("companycam")
    await here.connect("servicetitan")
    before = len(here.companycam.tables["projects"])
    await here.work(wait=SOON)
    made = await here.read(lambda c: links.find(c, kind="project"))
    assert made
    assert len(here.companycam.tables["projects"]) == before + len(made)
    assert here.companycam.calls[ASSIGN]
    counts = (await here.read(lambda c: pushes.counts(c))).states
    assert not counts[PushState.PENDING]
    assert not counts[PushState.FAILED]


async def test_jobbers_records_arrive_too(here: World) -> None:
    await here.connect("companycam")
    await here.connect("jobber")
    await here.work(wait=SOON)
    assert await here.read(lambda c: links.find(c, kind="project"))
    assert not (await here.read(lambda c: pushes.counts(c))).states[PushState.FAILED]


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


async def test_included_records_are_read_and_their_changes_pushed(host: Host) -> None:
    await host.store("project", "1", {"name": "Job 1", "location": "l1"})
    await host.drain()
    assert (await host.project())["name"] == "Job 1"
    await host.store("location", "l1", {"name": "Villa", "address": {"street": "2 Elm"}})
    await host.drain()
    project = await host.project()
    assert (project["name"], project["address"]["street_address_1"]) == ("Villa - Job 1", "2 Elm")


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


async def test_a_refused_record_fails_with_the_partners_words_and_holds_up_nobody(host: Host) -> None:
    await host.store("project", "1", {"name": "Roof"})
    await host.store("project", "2", {"name": "Wall"})
    host.here.companycam.fail_next(1, 422, on=POST)
    pushed = await host.drain()
    assert (pushed.failed, pushed.done) == (1, 1)
    failed = [one for one in await host.pushes() if one.state is PushState.FAILED]
    assert "422" in str(failed[0].note)


class TestLimits:
    @pytest.fixture
    async def tight(self, path: Path) -> AsyncIterator[Host]:
        limits = {"POST": Window(2, 90.0), "GET": Window(100, 60.0), "PUT": Window(100, 60.0), "DELETE": Window(9, 1.0)}
        async with world(path, companycam={"limits": limits}) as opened:
            yield await open_host(opened)

    async def test_what_was_limited_is_tried_again_and_never_doubled(self, tight: Host) -> None:
        for number in range(9):
            await tight.store("project", str(number), {"name": f"Roof {number}"})
        await tight.here.work(wait=timedelta(hours=2))
        assert tight.here.companycam.violations
        assert tight.made == 9
        assert {one.state for one in await tight.pushes()} == {PushState.DONE}


async def test_a_long_limit_stops_the_drain_and_says_when_to_come_back(host: Host) -> None:
    for number in range(20):
        await host.store("project", str(number), {"name": f"Roof {number}"})
    host.here.companycam.fail_next(100, 429)
    pushed = await host.drain()
    assert pushed.next_at is not None
    assert pushed.next_at > host.here.clock.now()
    assert host.calls(POST) <= 5 * push.AT_ONCE
    assert {one.state for one in await host.pushes()} == {PushState.PENDING}


async def test_retries_are_counted(host: Host) -> None:
    await host.store("project", "1", {"name": "Roof"})
    host.here.companycam.fail_next(20, 429, on=POST)
    await host.here.work(wait=timedelta(hours=2))
    assert (await host.only()).state is PushState.DONE
    assert (await host.here.read(lambda c: pushes.counts(c))).retries >= 1
    assert host.made == 1


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


async def test_a_destination_that_is_not_active_keeps_its_pushes(host: Host) -> None:
    await host.store("project", "1", {"name": "Roof"})
    await host.here.write(lambda c: integrations.set_state(c, host.host.id, State.ERROR, None, host.here.clock.now()))
    assert await host.drain() == push.Pushed()
    assert (await host.only()).state is PushState.PENDING


async def test_a_destination_that_is_connected_later_gets_what_is_there(here: World) -> None:
    await here.connect("servicetitan")
    await here.work(wait=timedelta(seconds=5))
    assert await here.read(lambda c: pushes.find(c)) == []
    before = len(here.companycam.tables["projects"])
    await here.connect("companycam")
    await here.work(wait=SOON)
    assert len(here.companycam.tables["projects"]) > before


async def test_a_rule_that_is_gone_leaves_its_pushes_out(host: Host) -> None:
    await host.here.write(
        lambda c: pushes.mark(c, "old", host.source.id, "project", ["1"], host.host.id, host.here.clock.now())
    )
    await host.drain()
    assert (await host.only()).state is PushState.SKIPPED
