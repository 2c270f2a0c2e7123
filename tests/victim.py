"""`runner serve` as a process of its own, against simulated partners in this one: to be killed, and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import psycopg
import yaml

from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.server import start
from tests.browse import go_on
from tests.partners import APPS, ROOT, SETTINGS

API_KEY = "a-key-of-the-host-0123456789"
KEY = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
PATIENCE = 300.0


@dataclass
class Victim:
    """The process, its database and the partners around it."""

    folder: Path
    port: int
    partners: dict[str, Partner]
    environ: dict[str, str]
    client: httpx.AsyncClient
    process: asyncio.subprocess.Process | None = field(default=None)

    async def start(self) -> None:
        """Start `runner serve` and wait until it is ready."""
        log = (self.folder / "log").open("ab")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "runner.cli.main", "serve", "--port", str(self.port),
            cwd=ROOT, env=self.environ, stdout=log, stderr=log,
        )  # fmt: skip
        log.close()
        await self.until(self._is_ready)

    async def kill(self) -> None:
        """SIGKILL: no time for anything."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), PATIENCE)

    async def connect(self, connector: str) -> None:
        """Connect the company, consent included."""
        body = {"company": "acme", "connector": connector, "environment": "simulated", "settings": SETTINGS[connector]}
        answer = await self.client.post("/api/integrations", json=body, headers={"X-API-Key": API_KEY})
        assert answer.status_code == 201, answer.text
        if url := answer.json()["authorize_url"]:
            asked = httpx.URL((await go_on(self.client, url)).headers["location"]).params
            code = self.partners[connector].grants.code(asked["redirect_uri"])  # type: ignore[attr-defined]
            done = await self.client.get("/oauth/callback", params={"code": code, "state": asked["state"]})
            assert done.status_code == 200, done.text

    async def quiet(self) -> None:
        """Wait until nothing is due any more."""
        await self.until(self._is_quiet)

    async def until(self, holds: Callable[[], Any]) -> None:
        """Wait until something holds; a test that waits too long shows the log of the process."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = holds()
                    if await found if asyncio.iscoroutine(found) else found:
                        return
                    await asyncio.sleep(0.002)
        except TimeoutError:
            raise AssertionError((self.folder / "log").read_text(encoding="utf-8")[-3000:]) from None

    async def command(self, *words: str) -> str:
        """Run another command of `runner` to its end, which is a good one; what it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "runner.cli.main", *words,
            cwd=ROOT, env=self.environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        told, flaws = await process.communicate()
        assert process.returncode == 0, flaws.decode()
        return told.decode()

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database says."""
        url = self.environ["RUNNER_DATABASE_URL"]
        if url.startswith("postgresql"):
            with psycopg.connect(url) as connection:
                return connection.execute(query.replace("?", "%s").encode(), values).fetchall()
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10)) as database:
            return database.execute(query, values).fetchall()

    async def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.returncode is None, (self.folder / "log").read_text(encoding="utf-8")[-3000:]
        try:
            return (await self.client.get("/readyz")).status_code == 200
        except httpx.TransportError:
            await asyncio.sleep(0.05)
            return False

    async def _is_quiet(self) -> bool:
        await asyncio.sleep(0.05)
        soon = (datetime.now(UTC) + timedelta(seconds=30)).isoformat()
        due = self.rows("SELECT count(*) FROM wakeups WHERE state = 'running' OR run_at < ?", soon)
        events = self.rows("SELECT count(*) FROM events WHERE state = 'pending'")
        pushes = self.rows("SELECT count(*) FROM pushes WHERE state = 'pending'")
        return not (due[0][0] or events[0][0] or pushes[0][0])


@asynccontextmanager
async def victim(
    folder: Path,
    *,
    rules: Mapping[str, dict[str, Any]] = MappingProxyType({}),
    connectors: Path = ROOT / "connectors",
    **options: dict[str, Any],
) -> AsyncIterator[Victim]:
    """A process that runs, with the partners named in `options`; `rules` are said of rules of delivery on top."""
    running = await start(list(options), first_port=0, webhook_base=None, post=False, **options)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "runner.yaml").write_text(yaml.safe_dump(_config(running.urls, rules)), encoding="utf-8")
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=base, timeout=60, trust_env=False) as client:
        made = Victim(folder, port, running.partners, environ_of(folder, base, connectors), client)
        try:
            await made.start()
            yield made
            await made.stop()
        finally:
            if made.process is not None and made.process.returncode is None:
                await made.kill()
            await running.stop()


def _config(urls: dict[str, str], rules: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((ROOT / "runner.yaml").read_text(encoding="utf-8"))
    addresses = {"servicetitan": {"api": "", "auth": ""}, "jobber": {"api": "/api"}, "companycam": {"api": "/v2"}}
    config["environments"] = {
        name: {"simulated": {key: url + path for key, path in addresses[name].items()}} for name, url in urls.items()
    }
    config["allow_hosts"] = ["127.0.0.1"]
    for name, said in rules.items():
        config["deliver"][name] |= said
    return config


def environ_of(folder: Path, base: str, connectors: Path = ROOT / "connectors") -> dict[str, str]:
    """What a process reads that has its database and runner.yaml in the folder."""
    apps = {
        f"RUNNER_{name}_{field}".upper(): value if isinstance(value, str) else value.reveal()
        for name, values in APPS.items()
        for field, value in values.items()
    }
    own = {
        "RUNNER_DATABASE_URL": f"sqlite:///{folder / 'runner.db'}",
        "RUNNER_CONNECTORS": str(connectors),
        "RUNNER_CONFIG": str(folder / "runner.yaml"),
        "RUNNER_ENCRYPTION_KEYS": KEY,
        "RUNNER_API_KEYS": API_KEY,
        "RUNNER_BASE_URL": base,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RUNNER_")}
    return {**kept, **own, **apps, "PYTHONPATH": str(ROOT)}
