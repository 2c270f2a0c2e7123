"""What happens in the demo, in the order in which it is told."""

from __future__ import annotations

import asyncio
import html
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from runner.authoring.simulate import jobber as simulated_jobber
from runner.authoring.simulate.guide import ENVIRONMENT
from runner.authoring.simulate.outbox import WebhookAttempt
from runner.cli.demo_world import CAM, JOBBER, TITAN, World
from runner.engine.replay import replay_pushes
from runner.model.event import EventState
from runner.model.integration import State
from runner.model.push import PushState
from runner.model.run import SyncRun
from runner.service import tickets
from runner.store import events, integrations, pushes, runs, wakeups
from runner.store.dead import Which

COMPANY = "Sample Plumbing"
SETTINGS: dict[str, dict[str, str]] = {
    "companycam": {"access_token": CAM.access_token},
    "servicetitan": {
        "tenant_id": str(TITAN.tenant),
        "client_id": TITAN.client_id,
        "client_secret": TITAN.client_secret,
    },
    "jobber": {},
}
OPEN = ("Scheduled", "InProgress", "Dispatched")
LOOK = 0.2
SOON = 5.0
"""A wake-up that is due within so many seconds is waited for; one for next week is not."""


@dataclass
class Acts:
    """Plays the demo and remembers what the outside saw: the answers to webhooks, by status and by what they were."""

    world: World
    say: Callable[[str], None]
    patience: float
    attempts: list[WebhookAttempt] = field(default_factory=list)
    knocks: Counter[int] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)
    again_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    writes_before_last: int = 0
    writes_after_last: int = 0
    began: float = field(default_factory=time.monotonic)

    async def play(self) -> None:
        """All acts."""
        self.world.companycam.fail_next(1, 422, on="POST /v2/projects")
        async with asyncio.TaskGroup() as tasks:
            await self.connect()
            self.told = {run.id for run in await self.world.house.store.database.read(self._runs)}
            self.say("\nThe schedules and the worker start; records come in and go on to the host:")
            await self.world.begin_work(tasks)
            await self.quiet()
            await self.replay()
            await self.change()
            await self.knock()
            await self.quiet()
            await self.sync_again()
            self.world.stop.set()

    async def connect(self) -> None:
        """Connect the company to all three, by the API and as a browser would."""
        self.say(f"{COMPANY} connects:")
        known = await self.world.house.store.database.read(lambda c: integrations.find(c, company=COMPANY))
        active = {one.connector: one.id for one in known if one.state is State.ACTIVE}
        for connector, settings in SETTINGS.items():
            if connector in active and connector != "jobber":
                self.ids[connector] = active[connector]
                self.say(f"  {connector} is connected from an earlier demo")
                continue
            url = await self._begin(connector, settings, active.get(connector))
            if url is not None:
                await self._consent(url)
                self.say(f"  {connector} is connected: consent given in a browser")
            else:
                self.say(f"  {connector} is connected: credentials proved with a call")

    async def _begin(self, connector: str, settings: dict[str, str], known: str | None) -> str | None:
        if known is not None:  # the simulated partner was started anew and knows no earlier consent
            self.ids[connector] = known
            found = await self.world.house.store.database.read(lambda c: integrations.get(c, known))
            return tickets.link(self.world.house, found).url
        body = {"company": COMPANY, "connector": connector, "environment": ENVIRONMENT, "settings": settings}
        made = await self._api("POST", "/api/integrations", body)
        self.ids[connector] = made["integration"]["id"]
        url: str | None = made["authorize_url"]
        return url

    async def _consent(self, url: str) -> None:
        """Follow the link, approve on the partner's page, come back: as a person would."""
        browser = self.world.browser
        key = re.search(r'name="key" value="([^"]+)"', (await browser.get(url)).text)
        out = await browser.post(url, data={"key": key[1] if key else ""})
        page = await browser.get(out.headers["location"])
        fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text.partition("</form>")[0])
        form = {name: html.unescape(value) for name, value in fields} | {"decision": "approve"}
        back = await browser.post(str(page.url.join("/api/oauth/authorize")), data=form)
        done = await browser.get(back.headers["location"])
        if done.status_code != 200:
            self.left.append(f"consent at jobber ended with {done.status_code}")

    async def replay(self) -> None:
        """What the host refused is seen, and pushed again."""
        refused = await self.world.house.store.database.read(
            lambda c: pushes.find(c, state=PushState.FAILED, limit=1000)
        )
        for push in refused:
            self.say(f"\nThe host refused {push.kind} {push.external_id}: {push.note}")
        if refused:
            count = await replay_pushes(self.world.house, Which(failed=True))
            self.say(f"  the operator replays it: {count} pushed again")
            await self.quiet()

    async def change(self) -> None:
        """Things change at the partners; each tells of it by signed webhooks, Jobber by two copies of each."""
        titan, jobber, clock = self.world.servicetitan, self.world.jobber, self.world.clock
        clock.stands = True
        scheduled = [
            row for row in titan.table("jobs") if row["jobStatus"] in ("Scheduled", "InProgress", "Dispatched")
        ]
        titan.change("jobs", scheduled[0]["id"], jobStatus="Canceled")
        titan.change("jobs", scheduled[1]["id"], priority="Urgent", summary="<p>Bring the long ladder</p>")
        clients = [row for row in jobber.table("clients") if not row["isLead"]]
        for client in clients[:4]:
            jobber.change("clients", client["id"], companyName=f"{client['lastName'] or 'Sample'} Holdings")
        clock.stands = False
        self.say(f"\nServiceTitan cancels job {scheduled[0]['id']}, changes another; Jobber renames four clients.")
        for partner in (titan, jobber):
            self.attempts += await partner.deliver(at_once=8)
        self.say(f"  {len(self.attempts)} signed webhooks were delivered, Jobber's all twice")

    async def knock(self) -> None:
        """Strangers and mistakes: a wrong signature, a body that is no JSON, an account that nobody connected."""
        sample = next(one for one in self.attempts if one.url.endswith("/jobber"))
        for number in range(3):
            await self._post(sample.body + b" " * (number + 1), dict(sample.headers))
        await self._signed(b"this is no JSON")
        event = {"topic": "CLIENT_UPDATE", "appId": "x", "accountId": "nobody", "itemId": "1", "occurredAt": "now"}
        await self._signed(orjson.dumps({"data": {"webHookEvent": event}}))
        self.say("Strangers knock: three wrong signatures, one body that is no JSON, one account that nobody connected")

    async def _signed(self, body: bytes) -> None:
        signature = simulated_jobber.seal(JOBBER.client_secret, body)
        await self._post(body, {"content-type": "application/json", "X-Jobber-Hmac-SHA256": signature})

    async def _post(self, body: bytes, headers: dict[str, str]) -> None:
        answer = await self.world.browser.post("/webhooks/jobber", content=body, headers=headers)
        self.knocks[answer.status_code] += 1

    async def sync_again(self) -> None:
        """Everything is fetched once more; nothing changed, so nothing is pushed."""
        self.again_at, self.writes_before_last = datetime.now(UTC), self._writes()
        self.say("\nEverything is synced once more, in full:")
        for connector in ("servicetitan", "jobber"):
            await self._api("POST", f"/api/integrations/{self.ids[connector]}/sync", {"full": True})
        await self.quiet()
        self.writes_after_last = self._writes()

    def _writes(self) -> int:
        return sum(count for label, count in self.world.companycam.calls.items() if not label.startswith("GET"))

    async def quiet(self) -> None:
        """Wait until nothing is due any more, telling of every run that ends meanwhile."""
        while busy := await self.world.house.store.database.read(_busy):
            await self._tell_runs()
            if time.monotonic() - self.began > self.patience:
                self.left.append(busy)
                break
            await asyncio.sleep(LOOK)
        await self._tell_runs()

    async def _tell_runs(self) -> None:
        names = {one: name for name, one in self.ids.items()}
        for run in reversed(await self.world.house.store.database.read(self._runs)):
            if run.id not in self.told and run.ended_at is not None:
                self.told.add(run.id)
                made, name = run.counts, f"{names.get(run.integration_id, '')} {run.sync}"
                counts = f"{made.seen} seen, {made.created} new, {made.changed} changed, {made.unchanged} unchanged"
                self.say(f"  {name:<38} {run.state.value}: {counts}{f'; {run.error}' if run.error else ''}")

    @staticmethod
    def _runs(connection: Connection) -> list[SyncRun]:
        return runs.find(connection, limit=1000)

    async def _api(self, method: str, path: str, body: dict[str, Any]) -> Any:
        key = self.world.settings.api_keys[0].reveal()
        answer = await self.world.browser.request(method, path, json=body, headers={"Authorization": f"Bearer {key}"})
        answer.raise_for_status()
        return answer.json()


def _busy(connection: Connection) -> str:
    """What is still to be done soon; empty when nothing is."""
    soon = datetime.now(UTC) + timedelta(seconds=SOON)
    table = wakeups.wakeups.c
    due = select(func.count()).where((table.state == "running") | (table.run_at <= soon))
    counts = {
        "wake-ups": connection.scalar(due) or 0,
        "events": events.counts(connection)[EventState.PENDING],
        "pushes": pushes.counts(connection).states[PushState.PENDING],
    }
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)
