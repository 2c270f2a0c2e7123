"""No secret that was used is anywhere that people look: a whole run of `runner serve` with every partner that there is
a simulator of, and then its log, its database, its answers and the console are searched for all that was heard."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import yaml

from runner.authoring.simulate.guide import GUIDES, configuration, variables
from runner.authoring.simulate.server import PARTNERS, Running, start
from runner.connector.library import Connectors
from tests.browse import key_of, send
from tests.eavesdrop import Ear, Mood, forms, leaks
from tests.partners import ROOT
from tests.victim import API_KEY, KEY, Victim

NOTIFY = "whsec_" + base64.b64encode(b"a secret that the host was given").decode()
STRANGER = "a-password-that-a-stranger-sends-us"
CONNECTORS = Connectors(ROOT / "connectors")
WAYS = {"quickbooks": "intuit", "housecallpro": "key"}
COMMANDS = (
    "status", "doctor", "integrations --json", "integrations acme/jobber", "deliveries", "deliveries --rejected",
    "keys rotate", "sync acme/hubspot",
)  # fmt: skip
ONE_BY_ONE = """
import sys
from runner.cli.main import main

for command in sys.argv[1:]:
    try:
        main(command.split())
    except SystemExit as ended:
        assert ended.code in (None, 0, 1), (command, ended.code)
"""  # in one process: most of what a command takes is its imports


class Run:
    """A runner, its partners, and everything that it said."""

    def __init__(self, here: Victim, running: Running, ear: Ear) -> None:
        self.here, self.running, self.ear = here, running, ear
        self.pages: list[bytes] = []
        self.console: list[bytes] = []
        self.ids: dict[str, str] = {}

    async def api(self, method: str, path: str, **more: Any) -> httpx.Response:
        return await self.here.client.request(method, f"/api{path}", headers={"X-API-Key": API_KEY}, **more)

    async def connect(self, name: str) -> None:
        """As its admin does, through the connect link and the partner's own page."""
        guide = GUIDES[name](self.running.urls[name])
        body = {"company": "acme", "connector": name, "environment": "simulated", "settings": dict(guide.settings)}
        body |= {"way": WAYS[name]} if name in WAYS else {}
        made = await self.api("POST", "/integrations", json=body)
        assert made.status_code == 201, (name, made.text)
        self.ids[name] = made.json()["integration"]["id"]
        if link := made.json()["authorize_url"]:
            await self._consent(link)
        known = await self.api("GET", f"/integrations/{self.ids[name]}")
        assert known.json()["integration"]["state"] == "active", known.text

    async def _consent(self, link: str) -> None:
        client = self.here.client
        self.ear.hear(httpx.URL(link).query.decode().partition("=")[2], "a connect link")
        page = await client.get(link)
        self.ear.hear(key_of(page), "the form of a connect link")
        out = httpx.URL((await send(client, link, key_of(page))).headers["location"])
        for cookie in client.cookies.jar:
            self.ear.hear(cookie.value or "", "a cookie")
        ticked = out.params.get("scope", "").split()
        form = {**dict(out.params), "decision": "approve", "ticked": ticked}
        back = await client.post(out.copy_with(query=None), data=form)
        done = await client.get(back.headers["location"], follow_redirects=True)
        self.pages.append(done.content)

    async def run(self, *commands: str) -> None:
        """Commands of the console, over the same database."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ONE_BY_ONE, *commands, cwd=ROOT, env=self.here.environ,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
        self.console.append(said)

    async def sync(self) -> None:
        for integration_id in self.ids.values():
            begun = await self.api("POST", f"/integrations/{integration_id}/sync", json={})
            assert begun.status_code == 202, begun.text

    async def look(self) -> None:
        """Read whatever there is to read."""
        for path in (
            "/integrations",
            "/changes",
            "/deliveries",
            "/records",
            *(f"/integrations/{i}" for i in self.ids.values()),
        ):
            self.pages.append((await self.api("GET", path)).content)
        self.pages.append((await self.here.client.get("/metrics")).content)
        for bad in ({"code": STRANGER, "state": STRANGER}, {"error": STRANGER, "state": STRANGER}):
            self.pages.append((await self.here.client.get("/oauth/callback", params=bad)).content)
        headers = {"Authorization": f"Bearer {STRANGER}", "X-Jobber-Hmac-SHA256": "YWJj", "Cookie": f"a={STRANGER}"}
        self.pages.append((await self.here.client.post("/webhooks/jobber", content=b"{}", headers=headers)).content)

    def count(self, query: str) -> int:
        found: int = self.here.rows(query)[0][0]
        return found

    def has_synced(self) -> bool:
        """Whether every integration that has syncs has done one."""
        done = "SELECT count(DISTINCT integration_id) FROM sync_runs WHERE state <> 'running'"
        return self.count(done) >= len(syncing())

    def files(self) -> dict[str, bytes]:
        """The database as it lies on the disk now, and the log."""
        found = {path.name: path.read_bytes() for path in self.here.folder.glob("runner.db*")}
        return {**found, "the log": (self.here.folder / "log").read_bytes()}


@asynccontextmanager
async def overheard(folder: Path) -> AsyncIterator[Run]:
    ear = Ear()
    with socket.create_server(("127.0.0.1", 0)) as kept:  # until the partners have their ports
        base = f"http://127.0.0.1:{kept.getsockname()[1]}"
        sizes: dict[str, Any] = {name: {"size": 3} for name in PARTNERS}
        running = await start(list(PARTNERS), first_port=0, webhook_base=base, post=False, **sizes)
    for listener, name in zip(running._listeners, PARTNERS, strict=True):
        listener.config.loaded_app = ear.around(name, listener.config.loaded_app)
    config = {**yaml.safe_load((ROOT / "runner.yaml").read_text(encoding="utf-8")), **configuration(running.urls)}
    config["notify"] = {"url": f"{base}/nobody-is-there"}
    (folder / "runner.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    own = {
        "RUNNER_DATABASE_URL": f"sqlite:///{folder / 'runner.db'}",
        "RUNNER_CONNECTORS": str(ROOT / "connectors"),
        "RUNNER_CONFIG": str(folder / "runner.yaml"),
        "RUNNER_ENCRYPTION_KEYS": KEY,
        "RUNNER_API_KEYS": API_KEY,
        "RUNNER_NOTIFY_SECRET": NOTIFY,
        "RUNNER_BASE_URL": base,
        "PYTHONPATH": str(ROOT),
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith("RUNNER_")}
    async with httpx.AsyncClient(base_url=base, timeout=20, trust_env=False) as client:
        port = int(base.rpartition(":")[2])
        here = Victim(folder, port, running.partners, {**others, **own, **variables(running.urls)}, client)
        try:
            await here.start()
            yield Run(here, running, ear)
        finally:
            if here.process is not None and here.process.returncode is None:
                await here.stop()
            await running.stop()


@cache
def syncing() -> frozenset[str]:
    """The partners that something is fetched from."""
    return frozenset(name for name in PARTNERS if CONNECTORS.get(name).syncs_of(WAYS.get(name)))


def configured(urls: Mapping[str, str]) -> dict[str, str]:
    """What the operator and the companies gave us, as far as it is secret."""
    found = {API_KEY: "the host's key", KEY.partition(":")[2]: "the encryption key", NOTIFY: "the notices' secret"}
    found |= {NOTIFY.removeprefix("whsec_"): "the notices' secret", STRANGER: "a stranger's password"}
    for name, url in urls.items():
        guide, spec = GUIDES[name](url), CONNECTORS.get(name)
        for declared, given in ((spec.app, guide.app), (spec.settings, guide.settings)):
            found |= {
                given[key]: f"{name}'s {key}" for key, field in declared.items() if field.secret and given.get(key)
            }
    return found


async def test_no_secret_of_a_whole_run_is_anywhere(tmp_path: Path) -> None:
    async with overheard(tmp_path) as run:
        for name in PARTNERS:
            await run.connect(name)
        await run.here.until(run.has_synced)
        for name, partner in run.running.partners.items():
            order = orjson.loads(GUIDES[name]("").change)
            partner.change(order["what"], order["id"], **order["fields"])
            await partner.deliver()
        await run.here.until(lambda: run.count("SELECT count(*) FROM events WHERE state <> 'pending'") >= 3)
        places = {f"{name}, connected": content for name, content in run.files().items()}
        moods: tuple[Mood, ...] = ("echo", "refuse")
        for mood in moods:
            with run.ear.silent():  # or those who are refused already could not be asked for a sync
                run.ear.mood = mood
                run.ear.repeated.clear()
                await run.sync()
            await run.here.until(lambda: run.ear.repeated >= syncing())
            await run.look()
        await run.run(*COMMANDS)
        run.ear.mood = "plain"
        for integration_id in run.ids.values():
            await run.api("DELETE", f"/integrations/{integration_id}")
        await run.look()
        states = dict(run.here.rows("SELECT connector, state FROM integrations"))
        told = run.here.rows("SELECT count(*) FROM events")[0][0]
        await run.here.stop()
        places |= {f"{name}, at the end": content for name, content in run.files().items()}
        places |= {f"page {number}": content for number, content in enumerate(run.pages)}
        places |= {f"the console, {number}": said for number, said in enumerate(run.console)}
        places |= {
            str(path.relative_to(ROOT)): path.read_bytes() for path in (ROOT / "tests/snapshots").rglob("*.json")
        }
        assert (set(states), set(states.values())) == (set(PARTNERS), {"disabled"})
        assert told >= 3
        secrets = {**run.ear.heard, **configured(run.running.urls)}
        kinds = {where.partition(" of ")[0] for where in secrets.values()}
        assert kinds >= {"access_token", "refresh_token", "code", "state", "a cookie", "a connect link"}
        assert leaks(secrets, places) == []


@pytest.mark.parametrize("number", range(len(list(forms("a secret/of+some=length")))))
@pytest.mark.parametrize("before", [b"", b"a", b"ab", b"abc"])
def test_a_leak_is_found_in_whatever_form(number: int, before: bytes) -> None:
    secret = "a secret/of+some=length"
    form, text = list(forms(secret))[number]
    assert leaks({secret: "x"}, {"here": before + text + before}), form
    coded = base64.b64encode(before + secret.encode() + before)
    assert leaks({secret: "x"}, {"here": coded}), coded
    assert leaks({"another secret": "x"}, {"here": before + text + coded}) == []
