"""The real service on a port, simulated partners on others, and a page of the host on one more: a browser can be sent
from one to the next."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from runner.authoring.simulate.guide import configuration, variables
from runner.authoring.simulate.jobber import Jobber
from runner.authoring.simulate.server import Listener, start
from runner.authoring.simulate.servicetitan import ServiceTitan
from runner.engine.house import House
from runner.engine.integrations import connect
from runner.model.integration import Integration
from runner.service import tickets
from runner.service.assemble import Seams, opened
from runner.service.serve import Parts, listen, serve
from runner.service.settings import Settings
from runner.store import integrations
from runner.testing.clock import FakeClock
from tests.partners import ROOT, Log

KEY = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
HERE = Path(__file__).parent


@dataclass
class Stage:
    """What a test is handed beside a browser."""

    house: House
    clock: FakeClock
    log: Log
    jobber: Jobber
    servicetitan: ServiceTitan
    host: str

    async def begin(self, connector: str, company: str, **settings: str) -> Integration:
        """An integration whose admin is still to fill in, or to consent."""
        return await connect.begin(self.house, company, connector, "simulated", settings, later=True)

    def link(self, integration: Integration, redirect_to: str | None = None) -> str:
        """A connect link for it."""
        return tickets.link(self.house, integration, redirect_to).url

    async def state(self, integration: Integration) -> str:
        """How it stands."""
        found = await self.house.store.database.read(lambda c: integrations.get(c, integration.id))
        return found.state.value


@contextlib.asynccontextmanager
async def open_stage(folder: Path) -> AsyncIterator[Stage]:
    """Open it over a database in `folder`."""
    clock, log, door = FakeClock(), Log(), listen("127.0.0.1", 0)
    async with contextlib.AsyncExitStack() as stack:
        running = await start(("jobber", "servicetitan"), first_port=0, now=clock.now, post=False)
        stack.push_async_callback(running.stop)
        host = await stack.enter_async_context(_host())
        settings = _settings(folder, running.urls, f"http://127.0.0.1:{door.getsockname()[1]}", host)
        house = await stack.enter_async_context(opened(settings, log, Seams(clock=clock)))
        stop, up = asyncio.Event(), asyncio.Event()
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        parts = Parts(scheduler=False, worker=False)
        tasks.create_task(serve(house, settings, stop=stop, door=door, parts=parts, ready=up.set))
        await up.wait()
        stack.callback(stop.set)
        jobber, servicetitan = running.partners["jobber"], running.partners["servicetitan"]
        assert isinstance(jobber, Jobber)
        assert isinstance(servicetitan, ServiceTitan)
        yield Stage(house, clock, log, jobber, servicetitan, host)


def _settings(folder: Path, urls: dict[str, str], base_url: str, host: str) -> Settings:
    """What an operator would set. Yard Office is another name of the simulated Jobber."""
    connectors = folder / "connectors"
    connectors.mkdir()
    shutil.copy(HERE / "yard.yaml", connectors)
    for name in ("jobber", "servicetitan"):
        shutil.copy(ROOT / "connectors" / f"{name}.yaml", connectors)
    (folder / "schemas").symlink_to(ROOT / "schemas")
    config: dict[str, Any] = configuration(urls)
    config["environments"]["yard"] = config["environments"]["jobber"]
    config["serve"] = {"redirect_origins": [host]}
    (folder / "runner.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    apps = variables(urls)
    apps |= {name.replace("JOBBER", "YARD"): value for name, value in apps.items() if "JOBBER" in name}
    return Settings.read(
        {
            "RUNNER_DATABASE_URL": f"sqlite:///{folder / 'runner.db'}",
            "RUNNER_CONNECTORS": str(connectors),
            "RUNNER_CONFIG": str(folder / "runner.yaml"),
            "RUNNER_ENCRYPTION_KEYS": KEY,
            "RUNNER_BASE_URL": base_url,
            **apps,
        }
    )


@contextlib.asynccontextmanager
async def _host() -> AsyncIterator[str]:
    """The host product: its page of integrations, which shows what it is told of where people come from."""

    async def page(request: Request) -> Response:
        return HTMLResponse(
            '<!doctype html><html lang="en"><title>Host</title><h1>Integrations of the host</h1>'
            f'<p id="referer">{request.headers.get("referer", "none")}</p></html>'
        )

    app = Starlette(routes=[Route("/integrations", page)])
    door = socket.create_server(("127.0.0.1", 0))
    server = Listener(uvicorn.Config(app, lifespan="off", log_level="warning", access_log=False))
    task = asyncio.create_task(server.serve(sockets=[door]))
    await server.settled.wait()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        server.should_exit = True
        server.force_exit = True
        await task
