"""Payloads that say that something is gone, in the order in which partners tell it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from runner.engine.house import House
from runner.engine.integrations import connect
from runner.engine.records.admit import admit
from runner.engine.records.process import digest
from runner.model.integration import Integration
from runner.model.run import Counts
from runner.store import feed, quarantine
from tests.engine.hooked import PHOTOS, Hooked, hooked
from tests.shelf import written

pytestmark = pytest.mark.each_database

FILES = PHOTOS.replace(
    "  project: {record: project, id: id, fields: {name: name}}",
    """  project:
    record: project
    id: id
    fields: {name: name, description: path}
    deletes: {when: tag == 'deleted', record: project, field: description, value: path, below: true}
  payment:
    record: project
    id: id
    cursor: at
    fields: {name: name}
    deletes: {when: tag == 'deleted', record: project, id: id}""",
)


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Hooked]:
    async with hooked(database_url) as opened:
        yield replace(opened, house=replace(opened.house, connectors=written(photos=FILES)))


@pytest.fixture
async def files(here: Hooked) -> Integration:
    return await connect.begin(here.house, "acme", "photos", settings={"token": "t"})


async def page(house: House, files: Integration, *payloads: dict[str, Any], processor: str = "project") -> Counts:
    connector = house.connectors.get("photos")
    batch = digest(house, connector, processor, payloads, house.clock.now())
    return await house.store.database.write(lambda c: admit(c, house, files, batch, house.clock.now()))


def file(id_: str, path: str) -> dict[str, Any]:
    return {"tag": "file", "id": id_, "name": id_, "path": path}


async def test_a_folder_that_is_gone_takes_what_lies_below(here: Hooked, files: Integration) -> None:
    paths = {"1": "/a", "2": "/a/b", "3": "/a/b/c", "4": "/ab", "5": "/A/b", "6": "/a_/b"}
    await page(here.house, files, *(file(id_, path) for id_, path in paths.items()))
    counts = await page(here.house, files, {"tag": "deleted", "path": "/a"})
    assert (counts.seen, counts.deleted) == (1, 3)
    assert sorted(await here.records(files)) == ["4", "5", "6"]


async def test_things_happen_in_the_order_in_which_they_are_told(here: Hooked, files: Integration) -> None:
    await page(here.house, files, file("1", "/a"))
    moved = [{"tag": "deleted", "path": "/a"}, file("2", "/a"), file("1", "/b"), {"tag": "deleted", "path": "/b"}]
    counts = await page(here.house, files, *moved)
    assert (counts.created, counts.changed, counts.deleted) == (1, 1, 2)
    assert list(await here.records(files)) == ["2"]


async def test_a_deletion_that_is_older_than_the_record_does_nothing(here: Hooked, files: Integration) -> None:
    new, old = {"id": "1", "name": "n", "at": "2026-05-02T00:00:00Z"}, {"id": "1", "at": "2026-05-01T00:00:00Z"}
    await page(here.house, files, new, processor="payment")
    assert (await page(here.house, files, old | {"tag": "deleted"}, processor="payment")).deleted == 0
    later = {"id": "1", "at": "2026-05-03T00:00:00Z", "tag": "deleted"}
    assert (await page(here.house, files, later, processor="payment")).deleted == 1
    assert (await page(here.house, files, new, processor="payment")).stale == 1
    assert await here.records(files) == {}


async def test_what_is_gone_is_no_longer_in_quarantine(here: Hooked, files: Integration) -> None:
    now = here.clock.now()
    await here.house.store.database.write(lambda c: quarantine.put(c, files.id, "payment", "1", {}, [], now))
    await page(here.house, files, {"id": "1", "tag": "deleted"}, processor="payment")
    assert await here.house.store.database.read(lambda c: quarantine.find(c, files.id)) == []


async def test_a_deletion_advances_the_cursor(here: Hooked, files: Integration) -> None:
    told = [{"id": "1", "tag": "deleted", "at": "2026-05-03T00:00:00Z"}]
    batch = digest(here.house, here.house.connectors.get("photos"), "payment", told, here.clock.now())
    assert (batch.newest, batch.cursors) == ("2026-05-03T00:00:00.000000Z", 1)


async def test_batches_keep_their_order_when_they_are_joined(here: Hooked, files: Integration) -> None:
    connector, now = here.house.connectors.get("photos"), here.clock.now()
    first = digest(here.house, connector, "project", [file("1", "/a")], now)
    first.extend(digest(here.house, connector, "project", [{"tag": "deleted", "path": "/a"}, file("2", "/a")], now))
    await here.house.store.database.write(lambda c: admit(c, here.house, files, first, now))
    assert list(await here.records(files)) == ["2"]
    stored = await here.house.store.database.read(lambda c: feed.find(c, files.id, deleted=True))
    assert [one.record.external_id for one in stored] == ["1"]
