"""A company with a source and a host, and records as a processor would make them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from runner.engine.pushes import push
from runner.engine.records.mark import mark
from runner.model.integration import Integration
from runner.model.push import Push
from runner.model.record import Record
from runner.store import links, pushes, records
from tests.partners import World


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

    async def store_stranger(self) -> None:
        """A project with somebody on it whom nobody has by e-mail at the host."""
        await self.store("user", "7", {"name": "Ann Lee", "email": "ann@old.example"})
        await self.store("project", "1", {"name": "Roof"})
        await self.store("assignment", "a", {"project": "1", "user": "7"})

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


async def open_host(here: World, connector: str = "companycam") -> Host:
    host = await here.connect(connector)
    source = await here.connect("servicetitan")
    taken = await here.house.store.queue.take("x:1:y", 100, timedelta(days=1), here.clock.now())
    for one in taken:  # no sync of its own: the tests say which records there are
        await here.house.store.queue.settle(one)
    return Host(here, source, host)
