"""Web processes are replaced one after the other under load, and no webhook is lost or refused: for real."""

from __future__ import annotations

import asyncio
import signal
import socket
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx

from runner.authoring.simulate.jobber import seal
from tests.postman import told
from tests.switch import switch
from tests.victim import ROOT, environ_of

LEAVING = "serve: {leave_after: 1500ms}\n"
POSTERS = 2


class Web:
    """A `runner serve` of its own that takes webhooks alone."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._folder = folder
        self._environ = environ_of(folder, "http://127.0.0.1") | {"RUNNER_CONNECTORS": str(_connectors(folder))}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with (self._folder / f"log-{self.port}").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "runner.cli.main", "serve", "--port", str(self.port), "--no-worker",
                "--no-scheduler", cwd=ROOT, env=self._environ, stdout=log, stderr=log,
            )  # fmt: skip

    async def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and wait for its end; the exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self._process.wait()

    @property
    def log(self) -> str:
        return (self._folder / f"log-{self.port}").read_text(encoding="utf-8")


def _connectors(folder: Path) -> Path:
    """A folder with one connector alone, which is read quickly."""
    connectors = folder / "connectors"
    if not connectors.exists():
        connectors.mkdir()
        (connectors / "jobber.yaml").symlink_to(ROOT / "connectors/jobber.yaml")
        (folder / "schemas").symlink_to(ROOT / "schemas")
    return connectors


async def post_on(url: str, done: asyncio.Event, statuses: Counter[str], name: int) -> list[str]:
    """Post one webhook after the other until it is done; the keys of those that were answered 2xx. Nothing is tried
    again."""
    keys, number = [], 0
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False, headers={"Connection": "close"}) as client:
        while not done.is_set():
            number += 1
            key, body = told(f"c{name}", number)
            headers = {"X-Jobber-Hmac-SHA256": seal("jobber-secret", body)}
            try:
                answer = await client.post("/webhooks/jobber", content=body, headers=headers)
            except httpx.TransportError as error:
                statuses[type(error).__name__] += 1
                continue
            statuses[str(answer.status_code)] += 1
            if answer.is_success:
                keys.append(key)
            await asyncio.sleep(0.02)
    return keys


@asynccontextmanager
async def two(folder: Path) -> AsyncIterator[list[Web]]:
    (folder / "runner.yaml").write_text(LEAVING, encoding="utf-8")
    webs = [Web(folder), Web(folder)]
    try:
        for web in webs:
            await web.start()
        yield webs
    finally:
        await asyncio.gather(*(web.stop(signal.SIGKILL) for web in webs))


def stored(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "runner.db")) as database:
        return [row[0] for row in database.execute("SELECT key FROM events")]


async def test_a_rolling_restart_drops_no_webhook(tmp_path: Path) -> None:
    statuses: Counter[str] = Counter()
    async with two(tmp_path) as webs, switch([web.port for web in webs]) as (found, url):
        ports = {web.port for web in webs}
        await found.until(ports)
        done = asyncio.Event()
        posting = [asyncio.create_task(post_on(url, done, statuses, number)) for number in range(POSTERS)]
        first, second = webs
        codes = [await first.stop()]
        await first.start()
        await found.until(ports)
        codes.append(await second.stop())
        await found.until({first.port})
        done.set()
        keys = [key for some in await asyncio.gather(*posting) for key in some]
    assert codes == [0, 0]
    assert set(statuses) == {"200"}, webs[0].log + webs[1].log
    assert sorted(stored(tmp_path)) == sorted(keys)
    assert min(found.served.values()) > 0


async def test_the_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    (tmp_path / "runner.yaml").write_text("serve: {leave_after: 10m}\n", encoding="utf-8")
    web = Web(tmp_path)
    await web.start()
    async with switch([web.port]) as (found, _):
        await found.until({web.port})
        ending = asyncio.create_task(web.stop())
        await found.until(set())
        assert "stopping" in web.log
        assert await web.stop() == -signal.SIGTERM
        await ending
