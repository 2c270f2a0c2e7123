"""What happens in the demo, in the order in which it is told."""

from __future__ import annotations

import asyncio
import html
import re

import orjson

from runner.authoring.simulate import jobber as simulated_jobber
from runner.authoring.simulate.guide import ENVIRONMENT
from runner.cli.demo_stage import COMPANY, OPEN, Stage
from runner.cli.demo_story import Story
from runner.cli.demo_world import CAM, JOBBER, TITAN
from runner.engine.records.replay import replay_pushes
from runner.model.integration import State
from runner.model.push import PushState
from runner.service import tickets
from runner.store import integrations, pushes
from runner.store.dead import Which

SETTINGS: dict[str, dict[str, str]] = {
    "companycam": {"access_token": CAM.access_token},
    "servicetitan": {
        "tenant_id": str(TITAN.tenant),
        "client_id": TITAN.client_id,
        "client_secret": TITAN.client_secret,
    },
    "jobber": {},
    "dropbox": {},
}
CONSENT = ("jobber", "dropbox")


class Acts(Stage):
    """Plays the demo."""

    async def play(self) -> None:
        """All acts."""
        self.world.companycam.fail_next(1, 422, on="POST /v2/projects")
        async with asyncio.TaskGroup() as tasks:
            await self.connect()
            self.told = {run.id for run in await self.world.house.store.database.read(self.runs_so_far)}
            self.say("\nThe schedules and the worker start; records come in and go on to the host:")
            await self.world.begin_work(tasks)
            await self.quiet()
            await self.replay()
            await self.change()
            await self.knock()
            await self.quiet()
            await Story(self).play()
            await self.sync_again()
            self.world.stop.set()

    async def connect(self) -> None:
        """Connect the company to all four, by the API and as a browser would."""
        self.say(f"{COMPANY} connects:")
        known = await self.world.house.store.database.read(lambda c: integrations.find(c, company=COMPANY))
        active = {one.connector: one.id for one in known if one.state is State.ACTIVE}
        for connector, settings in SETTINGS.items():
            if connector in active and connector not in CONSENT:
                self.ids[connector] = active[connector]
                self.say(f"  {connector} is connected from an earlier demo")
                continue
            url = await self._begin(connector, settings, active.get(connector))
            if url is not None:
                await self._consent(url)
                again = (
                    " once more: this one was started anew, and knows nothing of before" if connector in active else ""
                )
                self.say(f"  {connector} is connected: consent given in a browser{again}")
            else:
                self.say(f"  {connector} is connected: credentials proved with a call")
        await self.api("POST", f"/api/integrations/{self.ids['dropbox']}/pause", {})  # it is only written to

    async def _begin(self, connector: str, settings: dict[str, str], known: str | None) -> str | None:
        if known is not None:  # the simulated partner was started anew and knows no earlier consent
            self.ids[connector] = known
            found = await self.world.house.store.database.read(lambda c: integrations.get(c, known))
            return tickets.link(self.world.house, found).url
        body = {"company": COMPANY, "connector": connector, "environment": ENVIRONMENT, "settings": settings}
        made = await self.api("POST", "/api/integrations", body)
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
        action = re.search(r'<form method="post" action="([^"]+)"', page.text)
        back = await browser.post(str(page.url.join(html.unescape(action[1]) if action else "")), data=form)
        done = await browser.get(back.headers["location"])
        if done.status_code != 200:
            self.left.append(f"consent at {page.url.host} ended with {done.status_code}")

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
        titan, jobber, clock = self.world.servicetitan, self.world.jobber, self.world.theirs
        clock.stands = True
        scheduled = [row for row in titan.table("jobs") if row["jobStatus"] in OPEN]
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
        self.again_at, self.writes_before_last = self.world.clock.now(), self.writes()
        self.say("\nEverything is synced once more, in full:")
        for connector in ("servicetitan", "jobber"):
            await self.api("POST", f"/api/integrations/{self.ids[connector]}/sync", {"full": True})
        await self.quiet()
        self.writes_after_last = self.writes()
