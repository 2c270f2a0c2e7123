"""From one partner to another: a photo at the host becomes a note on the job that its project came from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from runner.connector.config import Config
from runner.engine.pushes import push
from runner.engine.records.mark import mark
from runner.model.integration import Integration
from runner.model.push import Link, Push, PushState
from runner.model.record import Record
from runner.store import links, pushes, records
from tests.partners import World

NOTE = {
    "record": "photo",
    "from": ["companycam"],
    "links": {"job": {"record": "project", "id": "project"}},
    "input": {"job_id": "links.job", "text": "join(' ', ['Photo:', page_url])"},
    "create": "add_note",
}
PHOTO = {"page_url": "https://app.companycam.com/photos/p1", "project": "c-7"}


class Between:
    """A host that has photos, and a partner whose job one of its projects is."""

    def __init__(self, here: World, host: Integration, partner: Integration) -> None:
        self.here, self.host, self.partner = here, host, partner

    async def photograph(self, external_id: str, fields: dict[str, Any]) -> None:
        """Admit a photo of the host, as the hall does."""
        house = self.here.house

        def work(connection: Connection) -> None:
            records.upsert(connection, self.host.id, [Record("photo", external_id, fields)], self.here.clock.now())
            keys = [("photo", external_id)]
            mark(connection, house.config, house.store.queue, self.host, keys, self.here.clock.now())

        await self.here.write(work)

    async def link(self, job: str, project: str) -> None:
        """As the push of the job left it when it became a project."""
        made = Link(self.partner.id, "project", job, self.host.id, project, "pushed")
        await self.here.write(lambda c: links.put(c, made))

    async def drain(self) -> push.Pushed:
        return await push.drain(self.here.house, self.partner.id)

    async def only(self) -> Push:
        found: list[Push] = await self.here.read(lambda c: pushes.find(c, destination=self.partner.id))
        (one,) = found
        return one


@pytest.fixture(params=["servicetitan", "jobber"])
async def between(here: World, request: pytest.FixtureRequest) -> Between:
    config = Config.model_validate({"deliver": {"notes": {**NOTE, "to": request.param}}})
    here.house = replace(here.house, config=config)
    return Between(here, await here.connect("companycam"), await here.connect(request.param))


def job_of(between: Between) -> str:
    """A job that the partner has."""
    partner = between.here.partners[between.partner.connector]
    return str(next(iter(partner.tables["jobs"]))["id"])


async def test_a_photo_becomes_a_note_on_the_job_that_its_project_came_from(between: Between) -> None:
    await between.link(job_of(between), "c-7")
    await between.photograph("p1", PHOTO)
    pushed = await between.drain()
    assert (pushed.done, (await between.only()).note) == (1, None)
    assert notes(between) == ["Photo: https://app.companycam.com/photos/p1"]


async def test_the_same_photo_is_noted_once(between: Between) -> None:
    await between.link(job_of(between), "c-7")
    for _ in range(3):
        await between.photograph("p1", PHOTO)
        await between.drain()
    assert len(notes(between)) == 1


async def test_a_photo_of_a_project_that_came_from_nowhere_waits(between: Between) -> None:
    await between.photograph("p1", PHOTO)
    assert (await between.drain()).waiting == 1
    assert (await between.only()).state is PushState.WAITING
    assert notes(between) == []


def notes(between: Between) -> list[str]:
    """What the partner holds on that job."""
    here, job = between.here, job_of(between)
    if between.partner.connector == "servicetitan":
        return [row["text"] for row in here.servicetitan.job_notes.notes[int(job)]]
    return [row["message"] for row in here.jobber.notes.of[job]]


async def test_a_refusal_is_kept_in_the_partners_own_words(between: Between) -> None:
    """Nothing to say: both partners mind a note without a text."""
    config = Config.model_validate(
        {
            "deliver": {
                "notes": {**NOTE, "to": between.partner.connector, "input": {"job_id": "links.job", "text": "' '"}}
            }
        }
    )
    between.here.house = replace(between.here.house, config=config)
    await between.link(job_of(between), "c-7")
    await between.photograph("p1", PHOTO)
    assert (await between.drain()).failed == 1
    failed = await between.only()
    words = {"servicetitan": "The Text field is required.", "jobber": "Message can't be blank"}
    assert failed.said is not None
    assert words[between.partner.connector] in failed.said
    assert failed.said in str(failed.note)
