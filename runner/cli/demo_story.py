"""The acts of the demo that go both ways: photos, an edit on both sides, our own changes told back, an office away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from runner.cli.demo_outside import PICTURES
from runner.cli.demo_stage import OPEN, Stage
from runner.cli.explaining import told
from runner.engine.links.two_sides import Told, explain
from runner.model.circuit import Circuit, CircuitState
from runner.model.push import PushState
from runner.store import circuits, integrations, links, pushes

OFFICE = "office"
PHOTOGRAPHED, EDITED = 2, 3
"""Which of the jobs that are still open."""
HOST_NAME, HOST_STREET = "Bakery, east roof", "1 Host Way"
TITAN_NAME, TITAN_STREET = "Corner Bakery", "2 Partner Street"


class Story:
    """Plays them. What a second demo in the same folder finds done is told once more, and changes nothing."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.world = stage.world

    async def play(self) -> None:
        """All of them, in order."""
        await self.hear_ourselves()
        self.world.outside.down = True
        await self.photograph()
        await self.edit_both()
        await self.come_back()

    async def hear_ourselves(self) -> None:
        """CompanyCam tells of what we changed there ourselves."""
        before = self.stage.writes()
        count = await self._tell()
        await self.stage.quiet(OFFICE)
        if count:
            self.stage.say(
                f"\nCompanyCam tells by {count} signed webhooks of what we changed there; nothing is sent again."
            )
        self.stage.moments["our own changes, sent once more"] = (0, self.stage.writes() - before)

    async def photograph(self) -> None:
        """Photos are taken, one of them so large that it goes in pieces; meanwhile the office is away."""
        host, taken = self.world.companycam, list(self.world.companycam.table("photos"))
        project = await self._project_of(PHOTOGRAPHED)
        for row in taken:
            host.notify("photos", "change", row, row)
        for name in PICTURES if not taken else ():
            address = f"{self.world.outside.url}/pictures/{name}.jpg"
            host.add("photos", project_id=project, uris=[{"type": "original", "uri": address, "url": address}])
        told = "are told of once more" if taken else "are taken in CompanyCam"
        self.stage.say(f"\n{len(PICTURES)} photos {told}, while the host's own office is away:")
        await self._tell()
        await self.stage.quiet(OFFICE)
        pieces = self.world.dropbox.calls["POST /2/files/upload_session/append_v2"]
        if not taken:
            self.stage.say(f"  each is stored in Dropbox, the large one in {pieces} pieces, and noted on its job")
        circuit = await self._circuit()
        state = circuit.state(self.world.clock.now())
        if not taken and state is not CircuitState.OPEN:
            self.stage.left.append(f"the office is away, and its circuit is {state}")
        self.stage.say(f"  the office's circuit is {state}: {circuit.note or 'there was nothing new to tell'}")
        self.stage.moments["tries in vain to reach the office"] = (circuit.failures, self.world.outside.turned_away)

    async def edit_both(self) -> None:
        """The host and ServiceTitan both change the name and the address of one thing, while the office is away."""
        titan, job, key = self.world.servicetitan, self._job(EDITED), await self._project_of(EDITED)
        row, place = self.world.companycam.table("projects").row(key), titan.table("locations").row(job["locationId"])
        self.stage.say(f"\nThe host's users and ServiceTitan's both change the project of job {job['id']}:")
        self._edit(row)
        await self._tell()
        await self.stage.quiet(OFFICE)
        self.world.theirs.stands = True
        titan.change("locations", place["id"], name=TITAN_NAME, address={**place["address"], "street": TITAN_STREET})
        self.world.theirs.stands = False
        await self.stage.api("POST", f"/api/integrations/{self.stage.ids['servicetitan']}/sync", {"sync": "locations"})
        await self.stage.quiet(OFFICE)
        before = self.stage.writes()
        count = await self._tell()
        await self.stage.quiet(OFFICE)
        found = await self._explained(str(job["id"]))
        for line in told(replace(found, inputs=tuple(one for one in found.inputs if one.winner is not None))):
            self.stage.say(f"  {line}")
        self.stage.say(f"  CompanyCam tells of it by {count} signed webhooks; nothing is sent again")
        self.stage.moments["what was decided, sent once more"] = (0, self.stage.writes() - before)
        self._judge(found, row)

    def _edit(self, row: dict[str, Any]) -> None:
        host = self.world.companycam
        if row["name"] == HOST_NAME:
            host.notify("projects", "change", row, row)
            return
        host.change("projects", row["id"], name=HOST_NAME, address={**row["address"], "street_address_1": HOST_STREET})

    def _judge(self, found: Told, row: dict[str, Any]) -> None:
        """By the rule, the host's name and the partner's address stayed."""
        inputs = {one.name: one for one in found.inputs}
        name, street = inputs["name"].host, (inputs["address"].host or {}).get("street_address_1")
        self.stage.moments["name that both changed"] = (name, row["name"])
        self.stage.moments["street that both changed"] = (street, row["address"]["street_address_1"])
        winners = [inputs["name"].winner, inputs["address"].winner]
        if (name, street, winners) != (HOST_NAME, TITAN_STREET, ["host", "partner"]):
            self.stage.left.append(
                f"the rule keeps the host's name and the partner's street; there are {name}, {street}"
            )

    async def come_back(self) -> None:
        """The office is back, and is tried again after a while, which is not waited for."""
        self.world.outside.down = False
        waiting = await self.world.house.store.database.read(lambda c: pushes.find(c, destination=OFFICE, limit=1000))
        times = [(await self._circuit()).trial_at, *(one.due_at for one in waiting if one.state is PushState.PENDING)]
        if known := [time for time in times if time is not None]:
            pause = max(known) - self.world.clock.now()
            self.world.clock.put_forward(pause)
            self.stage.say(f"\nThe office is back; {pause.total_seconds():.0f} seconds later it is tried again:")
            await self.stage.quiet()
            self.stage.say(f"  its circuit is {(await self._circuit()).state(self.world.clock.now())}; all has arrived")
        self.stage.left += self.world.outside.wrong

    async def _circuit(self) -> Circuit:
        return await self.world.house.store.database.read(lambda connection: circuits.get(connection, OFFICE))

    async def _tell(self) -> int:
        """CompanyCam's webhooks go out; how many."""
        sent = await self.world.companycam.deliver(at_once=8)
        self.stage.attempts += sent
        return len(sent)

    def _job(self, place: int) -> dict[str, Any]:
        return [row for row in self.world.servicetitan.table("jobs") if row["jobStatus"] in OPEN][place]

    async def _project_of(self, place: int) -> str:
        """The host's project of a job that is still open."""
        job = str(self._job(place)["id"])

        def read(connection: Connection) -> str:
            found = links.find(connection, self.stage.ids["servicetitan"], kind="project")
            return next(one.host_id for one in found if one.external_id == job)

        return await self.world.house.store.database.read(read)

    async def _explained(self, job: str) -> Told:
        house = self.world.house

        def read(connection: Connection) -> Told:
            whose = integrations.get(connection, self.stage.ids["servicetitan"])
            return next(
                one for one in explain(connection, house.config, whose, "project", job) if one.rule == "projects"
            )

        return await house.store.database.read(read)
