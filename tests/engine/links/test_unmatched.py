from __future__ import annotations

from typing import Any

import pytest

from runner.engine.links.link import link
from runner.engine.links.unmatched import missing
from runner.model.record import Record
from runner.store import changes, records, unmatched
from tests.engine.host import Host, open_host
from tests.partners import World


@pytest.fixture
async def host(here: World) -> Host:
    """A project with somebody on it whom nobody has by e-mail over there."""
    opened = await open_host(here)
    await opened.store_stranger()
    await opened.drain()
    return opened


async def told(host: Host) -> list[Any]:
    found = await host.here.read(lambda c: changes.find(c, host.source.id))
    return [one.change for one in found if one.change.event == "unmatched"]


async def rows(host: Host) -> list[str]:
    return [one.external_id for one in await host.here.read(lambda c: unmatched.find(c))]


async def over_there(host: Host, *found: Record) -> None:
    await host.here.write(lambda c: records.upsert(c, host.host.id, found, host.here.clock.now()))


def logged(host: Host) -> int:
    return sum(event == "unmatched" for _, event, _ in host.here.log.lines)


async def test_the_host_is_told_of_it_and_the_state_stays(host: Host) -> None:
    (change,) = await told(host)
    assert change.reason.message == "Of servicetitan, user 7 has no match at companycam"
    assert "runner links unmatched" in change.reason.remedy
    assert (change.before, change.state) == (host.source.state, host.source.state)


async def test_it_is_told_once_however_often_it_is_missed(host: Host) -> None:
    await host.store("project", "2", {"name": "Wall"})
    await host.store("assignment", "b", {"project": "2", "user": "7"})
    await host.drain()
    assert (len(await told(host)), logged(host), await rows(host)) == (1, 1, ["7"])


async def test_several_are_told_together(host: Host) -> None:
    for one in ("8", "9"):
        await host.store("user", one, {"name": f"User {one}", "email": None})
        await host.store("assignment", one, {"project": "1", "user": one})
    await host.drain()
    assert (await told(host))[-1].reason.message == "Of servicetitan, user 8, user 9 have no match at companycam"


async def test_it_goes_when_it_is_linked_by_hand(host: Host) -> None:
    await link(host.here.house, host.source, None, "user", "7", "42")
    assert await rows(host) == []


async def test_it_goes_when_a_twin_appears(host: Host) -> None:
    key = str(next(iter(host.here.companycam.tables["users"]))["id"])
    await over_there(host, Record("user", key, {"name": "Ann", "email": "ann@old.example"}))
    await host.store("user", "7", {"name": "Ann", "email": "ann@old.example"})
    await host.drain()
    assert await rows(host) == []


async def test_who_may_be_meant_is_named_likest_first(host: Host) -> None:
    await over_there(
        host,
        Record("user", "u1", {"name": "Anne Lee", "email": "anne@new.example"}),
        Record("user", "u2", {"name": "Ann Lee", "email": None}),
        Record("user", "u3", {"name": "Robert Quill", "email": None}),
        Record("user", "u4", {"name": "Ann Lee", "email": None}, inactive=True),
    )
    (one,) = await host.here.read(lambda c: missing(c, host.source.id, "user", 10))
    assert (one.name, [candidate.host_id for candidate in one.candidates][:2]) == ("Ann Lee", ["u2", "u1"])
    assert {"u3", "u4"}.isdisjoint(candidate.host_id for candidate in one.candidates)


async def test_who_is_linked_already_is_not_meant(host: Host) -> None:
    await over_there(host, Record("user", "u2", {"name": "Ann Lee", "email": None}))
    await host.store("user", "8", {"name": "Ann Leigh", "email": None})
    await link(host.here.house, host.source, None, "user", "8", "u2")
    (one,) = await host.here.read(lambda c: missing(c, host.source.id, "user", 10))
    assert one.candidates == () or "u2" not in {candidate.host_id for candidate in one.candidates}
