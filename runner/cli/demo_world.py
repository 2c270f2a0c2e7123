"""The world of the demo: four simulated partners on ports of this machine, and the real service among them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import secrets
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from runner.authoring.simulate.companycam import CompanyCam
from runner.authoring.simulate.companycam_options import CompanyCamOptions
from runner.authoring.simulate.dropbox import Dropbox
from runner.authoring.simulate.guide import configuration, variables
from runner.authoring.simulate.jobber import Jobber
from runner.authoring.simulate.jobber_options import JobberOptions
from runner.authoring.simulate.limits import Window
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.server import Running, start
from runner.authoring.simulate.servicetitan import ServiceTitan
from runner.authoring.simulate.servicetitan_options import ServiceTitanOptions
from runner.cli.demo_outside import Outside
from runner.cli.demo_past import DemoClock, PartnersClock, Past
from runner.cli.keeping import make_key
from runner.connector.library import Connectors
from runner.engine.house import House
from runner.service.assemble import Seams, opened, read_apps, secrets_of
from runner.service.logs import Redactor, build_log, join_libraries
from runner.service.serve import Parts, listen, serve
from runner.service.settings import Settings

TITAN, JOBBER, CAM = ServiceTitanOptions(), JobberOptions(), CompanyCamOptions()
LIMITS: dict[str, dict[str, Any]] = {
    "servicetitan": {"limits": (Window(4, 1.0),)},
    "jobber": {"duplicates": 2, "budget": 40_000},
    "dropbox": {"team_space": False},
    "companycam": {
        "processing": 0.0,
        "limits": {
            "GET": Window(240, 60.0),
            "POST": Window(10, 1.0),
            "PUT": Window(20, 1.0),
            "DELETE": Window(20, 1.0),
        },
    },
}
"""Stricter than the real partners, so that a small demo really meets a 429; and one that says everything twice."""


RULES = Path(__file__).with_name("demo.yaml")


@dataclass(frozen=True)
class World:
    """What the acts of the demo are handed."""

    folder: Path
    house: House
    settings: Settings
    clock: DemoClock
    theirs: PartnersClock
    past: Past
    outside: Outside
    partners: dict[str, Partner]
    browser: httpx.AsyncClient
    stop: asyncio.Event

    @property
    def servicetitan(self) -> ServiceTitan:
        found = self.partners["servicetitan"]
        assert isinstance(found, ServiceTitan)
        return found

    @property
    def jobber(self) -> Jobber:
        found = self.partners["jobber"]
        assert isinstance(found, Jobber)
        return found

    @property
    def companycam(self) -> CompanyCam:
        found = self.partners["companycam"]
        assert isinstance(found, CompanyCam)
        return found

    @property
    def dropbox(self) -> Dropbox:
        found = self.partners["dropbox"]
        assert isinstance(found, Dropbox)
        return found

    async def begin_work(self, tasks: asyncio.TaskGroup) -> None:
        """Start the schedules and the worker."""
        up = asyncio.Event()
        parts = Parts(web=False)
        tasks.create_task(serve(self.house, self.settings, stop=self.stop, parts=parts, ready=up.set))
        await up.wait()


@contextlib.asynccontextmanager
async def open_world(folder: Path, size: int) -> AsyncIterator[World]:
    """Open everything but the worker: partners, house, web server, and a browser that keeps cookies."""
    past, door = Past(folder), listen("127.0.0.1", 0)
    clock = DemoClock(past.ahead())
    theirs, base_url = PartnersClock(clock, past.first(clock.now())), f"http://127.0.0.1:{door.getsockname()[1]}"
    async with contextlib.AsyncExitStack() as stack:
        field = await _running(stack, theirs, ("servicetitan", "jobber"), base_url, size)
        rest = [await _running(stack, theirs, (name,), None, own) for name, own in (("companycam", 0), ("dropbox", 1))]
        partners = field.partners | rest[0].partners | rest[1].partners
        past.recall(partners["companycam"], base_url)
        theirs.stands = False
        outside = await _outside(stack)
        settings = _settings(folder, base_url, {**field.urls, **rest[0].urls, **rest[1].urls}, outside)
        log = _log(stack, folder, settings)
        house = await stack.enter_async_context(opened(settings, log, Seams(clock)))
        browser = await stack.enter_async_context(httpx.AsyncClient(base_url=base_url, timeout=20.0, trust_env=False))
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            await _web(tasks, house, settings, door, stop)
            try:
                yield World(folder, house, settings, clock, theirs, past, outside, partners, browser, stop)
            finally:
                past.keep(partners["companycam"], clock)
            stop.set()


async def _outside(stack: contextlib.AsyncExitStack) -> Outside:
    outside = Outside(secrets.token_bytes(32))
    listener, task = await outside.open()

    async def close() -> None:
        listener.should_exit = listener.force_exit = True
        await task

    stack.push_async_callback(close)
    return outside


async def _running(
    stack: contextlib.AsyncExitStack, clock: PartnersClock, names: tuple[str, ...], webhooks: str | None, size: int
) -> Running:
    options: dict[str, Any] = {name: {**LIMITS[name], "size": size} for name in names}
    running = await start(names, first_port=0, webhook_base=webhooks, now=clock.now, post=False, **options)
    stack.push_async_callback(running.stop)
    return running


async def _web(
    tasks: asyncio.TaskGroup, house: House, settings: Settings, door: socket.socket, stop: asyncio.Event
) -> None:
    up = asyncio.Event()
    parts = Parts(scheduler=False, worker=False)
    tasks.create_task(serve(house, settings, stop=stop, door=door, parts=parts, ready=up.set))
    await up.wait()


def _settings(folder: Path, base_url: str, urls: dict[str, str], outside: Outside) -> Settings:
    """What an operator would set, with the simulated partners as an environment of each connector."""
    added = configuration(urls) | {"destinations": {"office": {"type": "webhook", "url": f"{outside.url}/office"}}}
    text = RULES.read_text(encoding="utf-8") + "\n" + yaml.safe_dump(added, sort_keys=False)
    (folder / "runner.yaml").write_text(text, encoding="utf-8")
    return Settings.read(
        {
            "RUNNER_DATABASE_URL": f"sqlite:///{folder / 'runner.db'}",
            "RUNNER_CONFIG": str(folder / "runner.yaml"),
            "RUNNER_ENCRYPTION_KEYS": _key(folder),
            "RUNNER_BASE_URL": base_url,
            "RUNNER_API_KEYS": secrets.token_urlsafe(32),
            "RUNNER_DESTINATION_OFFICE_SECRET": f"whsec_{base64.b64encode(outside.secret).decode()}",
            **variables(urls),
        }
    )


def _key(folder: Path) -> str:
    """The key of this folder's database: it opens only what simulators gave."""
    file = folder / "key"
    if not file.exists():
        file.touch(0o600)
        file.write_text(make_key("demo"), encoding="utf-8")
    return file.read_text(encoding="utf-8")


def _log(stack: contextlib.AsyncExitStack, folder: Path, settings: Settings) -> Any:
    stream = stack.enter_context((folder / "log").open("a", encoding="utf-8"))
    apps = read_apps(Connectors(settings.connectors), settings)
    log = build_log("plain", Redactor(secrets_of(settings, apps)), stream)
    bridge = join_libraries(log)
    stack.callback(logging.getLogger().removeHandler, bridge)
    return log
