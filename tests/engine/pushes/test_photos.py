"""Photos of CompanyCam land in Dropbox by a rule: under the name of their project and the day, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import Connection

from runner.authoring.simulate.dropbox import Dropbox
from runner.connector.config import Config
from runner.engine.records.mark import backfill
from runner.model.integration import Integration
from runner.model.push import PushState
from runner.store import circuits, links, pushes
from tests.cdn import Cdn
from tests.partners import World, world

RULE = {
    "record": "photo",
    "from": ["companycam"],
    "to": "dropbox",
    "when": "project.name",
    "include": {"project": {"record": "project", "field": "project"}},
    "input": {"file": "url", "modified_at": "captured_at"},
    "write": {"path": "/{{ project.name }}/{{ captured_at | date('%Y-%m-%d', 'America/Denver') }}/{{ id }}.jpg"},
    "create": "upload_file",
}
SOON = timedelta(minutes=10)
FIRST = "POST /2/files/upload"


class Photos(httpx.AsyncBaseTransport):
    """Serves whatever photo is asked for, each of bytes of its own."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await Cdn(2000, seed=sum(request.url.path.encode())).handle_async_request(request)


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    config = Config.model_validate({"deliver": {"photos": RULE}})
    async with world(
        database_url, config=config, partners=("dropbox",), size=4, dropbox={"size": 1, "team_space": False}
    ) as opened:
        for row in opened.companycam.table("photos"):
            opened.wire.hosts[urlsplit(row["uris"][0]["url"]).hostname] = Photos()
        yield opened


@pytest.fixture
def partner(here: World) -> Dropbox:
    found: Dropbox = here.partners["dropbox"]
    return found


@pytest.fixture
async def source(here: World) -> Integration:
    company = await here.connect("companycam")
    await here.connect("dropbox")
    return company


async def fill(here: World, source: Integration) -> None:
    for name in ("projects", "photos"):
        await here.sync(source, name)
    await here.work(wait=SOON)


def files(partner: Dropbox) -> dict[str, str]:
    return {row["path_display"]: row["id"] for row in partner.table("entries") if row[".tag"] == "file"}


async def test_every_photo_lies_under_its_project_and_day_and_is_linked(
    here: World, partner: Dropbox, source: Integration
) -> None:
    before = files(partner)
    await fill(here, source)
    photos = {key: one for key, one in (await here.records(source, "photo")).items() if not one.inactive}
    projects = await here.records(source, "project")
    made = {path: key for path, key in files(partner).items() if path not in before}
    assert photos
    assert len(made) == len(photos)
    linked = {one.external_id: one.host_id for one in await here.read(lambda c: links.find(c, kind="photo"))}
    for key, photo in photos.items():
        name = projects[photo.fields["project"]].fields["name"]
        (path,) = [path for path, held in made.items() if held == linked[key]]
        assert path.split("/")[1] == name
        assert path.endswith(f"/{key}.jpg")


async def test_a_second_time_brings_nothing_anew(here: World, partner: Dropbox, source: Integration) -> None:
    await fill(here, source)
    before, calls = files(partner), partner.calls[FIRST]
    await here.sync(source, "photos", full=True)
    await here.work(wait=SOON)
    assert (files(partner), partner.calls[FIRST]) == (before, calls)


async def test_what_was_forgotten_is_found_to_be_there(here: World, partner: Dropbox, source: Integration) -> None:
    """Somebody emptied our tables: the same bytes at the same path are no conflict, and the links come back."""
    await fill(here, source)
    before, known = files(partner), await here.read(lambda c: links.find(c, kind="photo"))
    destination = await here.integration(known[0].destination)

    def forget(connection: Connection) -> None:
        connection.execute(links.links.delete())
        connection.execute(pushes.pushes.delete())
        backfill(connection, here.house.config, here.house.store.queue, destination, here.clock.now())

    await here.write(forget)
    await here.work(wait=SOON)
    assert files(partner) == before
    assert {(one.external_id, one.host_id) for one in await here.read(lambda c: links.find(c, kind="photo"))} == {
        (one.external_id, one.host_id) for one in known
    }


async def test_a_photo_that_is_taken_now_arrives_by_its_webhook(
    here: World, partner: Dropbox, source: Integration
) -> None:
    await fill(here, source)
    before = files(partner)
    key = here.companycam.add("photos")
    here.clock.advance(60)
    await here.companycam.deliver()
    await here.work(wait=SOON)
    (path,) = files(partner).keys() - before.keys()
    assert path.endswith(f"/{key}.jpg")


async def test_a_name_that_leads_elsewhere_stays_in_its_place(
    here: World, partner: Dropbox, source: Integration
) -> None:
    row = next(iter(here.companycam.table("projects")))
    here.companycam.change("projects", row["id"], name="../../Payroll/ .")
    await fill(here, source)
    assert any(path.split("/")[1] == ".._.._Payroll_" for path in files(partner))
    assert not any(".." in path.split("/") for path in files(partner))


async def test_a_photo_that_is_gone_from_its_address_fails_alone(
    here: World, partner: Dropbox, source: Integration
) -> None:
    broken = next(iter(here.companycam.table("photos")))["uris"][0]["url"]

    class Some(Photos):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(404) if str(request.url) == broken else await super().handle_async_request(request)

    here.wire.hosts[urlsplit(broken).hostname] = Some()
    await fill(here, source)
    counts = (await here.read(lambda c: pushes.counts(c))).states
    assert counts[PushState.FAILED] == 1
    assert counts[PushState.DONE] >= 1


async def test_a_host_of_photos_that_is_away_is_no_trouble_of_dropbox(
    here: World, partner: Dropbox, source: Integration
) -> None:
    """Its photos are tried again later; the circuit stays closed, and all arrives once it is back."""
    hosts = {urlsplit(row["uris"][0]["url"]).hostname for row in here.companycam.table("photos")}
    away = {host: here.wire.hosts.pop(host) for host in hosts}
    await fill(here, source)
    (destination,) = {one.destination for one in await here.read(lambda c: pushes.find(c, rule="photos"))}
    assert (await here.read(lambda c: circuits.get(c, destination))).opened_at is None
    assert not (await here.read(lambda c: pushes.counts(c))).states[PushState.FAILED]
    here.wire.hosts |= away
    await here.work(wait=timedelta(hours=1))
    assert await here.read(lambda c: links.find(c, kind="photo"))
