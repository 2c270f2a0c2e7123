"""The stage: processes of the runner over one database, and the cast around them."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import yaml
from sqlalchemy import Engine

from runner.authoring.simulate.guide import GUIDES
from runner.store.database import Database
from tests.browse import go_on
from tests.chaos.actor import Actor
from tests.chaos.base import Base, Sort, base
from tests.chaos.cast import HOST, READ, Cast, cast, lay_out
from tests.chaos.picture import looking
from tests.partners import ROOT
from tests.victim import API_KEY, KEY

COMPANY = "acme"
LOOK = 0.1
PATIENCE = 600.0
"""Seconds that anything is waited for: a machine may be slow, and no verdict hangs on how slow."""
TROUPE = {
    "web1": "web,scheduler",
    "web2": "web,scheduler",
    "worker1": "worker",
    "worker2": "worker",
    "worker3": "worker",
}
ALONE = {"all": "web,scheduler,worker"}


@dataclass
class Stage:
    """`ids` are those of the integrations by connector; `skipped` tells of time that was not waited for."""

    folder: Path
    base: Base
    cast: Cast
    actors: dict[str, Actor]
    client: httpx.AsyncClient
    engine: Engine
    ids: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    noted: str = ""

    @property
    def webs(self) -> list[Actor]:
        return [actor for actor in self.actors.values() if "web" in actor.parts]

    def address(self, place: int) -> str:
        """Of one web process after the other: the balancer in front of them is whoever calls."""
        return f"http://127.0.0.1:{self.webs[place % len(self.webs)].port}"

    async def connect(self) -> None:
        """The company connects to every partner: the host first, which all others are brought to."""
        for name in (HOST, *READ):
            guide = GUIDES[name](self.cast.urls[name])
            body = {"company": COMPANY, "connector": name, "environment": "simulated", "settings": dict(guide.settings)}
            made = await self.api("POST", "/integrations", json=body)
            assert made.status_code == 201, made.text
            self.ids[name] = made.json()["integration"]["id"]
            if link := made.json()["authorize_url"]:
                await self._consent(link)

    async def _consent(self, link: str) -> None:
        out = httpx.URL((await go_on(self.client, link)).headers["location"])
        form = {**dict(out.params), "decision": "approve", "ticked": out.params.get("scope", "").split()}
        back = await self.client.post(out.copy_with(query=None), data=form)
        done = await self.client.get(back.headers["location"], follow_redirects=True)
        assert done.status_code == 200, done.text

    async def api(self, method: str, path: str, place: int = 0, **more: Any) -> httpx.Response:
        """A call of the host's."""
        url = f"{self.address(place)}/api{path}"
        return await self.client.request(method, url, headers={"X-API-Key": API_KEY}, **more)

    async def insist(self, method: str, path: str, **more: Any) -> None:
        """The same, again and again until it is answered 2xx."""
        for place in range(10_000):
            try:
                if (await self.api(method, path, place, **more)).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
        raise AssertionError(f"{method} {path} is never answered")

    async def are_up(self) -> bool:
        """Whether every web process answers."""
        for place in range(len(self.webs)):
            try:
                if not (await self.client.get(f"{self.address(place)}/healthz")).is_success:
                    return False
            except httpx.TransportError:
                return False
        return True

    async def until(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait until something holds; whoever waits in vain is shown the ends of the logs."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while not await holds():
            await asyncio.sleep(LOOK)
            if asyncio.get_running_loop().time() > end:
                logs = "\n".join(actor.log.read_text(encoding="utf-8")[-1500:] for actor in self.actors.values())
                raise AssertionError(f"{what}: never in {PATIENCE:.0f} s\n{logs}")

    def note(self, what: str) -> None:
        """Write down what is waited for, beside the logs, when it is another thing than before."""
        if what != self.noted:
            self.noted = what
            with (self.folder / "waited_for").open("a", encoding="utf-8") as file:
                file.write(f"{datetime.now(UTC):%H:%M:%S} {what}\n")

    async def skip(self, seconds: float, what: str) -> None:
        """Let everybody's clock go forward, to where something is due."""
        self.skipped.append(f"{seconds:.0f} s to {what}")
        self.cast.almanac.ahead += seconds
        await self.base.skip(self.cast.almanac.ahead)
        self.set_clocks()

    def set_clocks(self) -> None:
        """Let every clock be right: as far ahead as time was skipped."""
        for actor in self.actors.values():
            actor.dial.turn(self.cast.almanac.ahead)


@asynccontextmanager
async def stage(
    folder: Path,
    sort: Sort,
    troupe: Mapping[str, str],
    seed: int,
    size: int,
    moment: datetime,
    *,
    is_limited: bool = True,
) -> AsyncIterator[Stage]:
    """A stage whose processes run, nobody connected. Partners that are not limited need not be waited for."""
    ports = _free_ports(len(troupe))
    public = f"http://127.0.0.1:{ports[0]}"
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with base(sort, folder) as under, cast(seed, size, moment, public, is_limited=is_limited) as others:
        environ = _environ(folder, under, others, public)
        actors = {
            name: Actor(name, parts, port, folder, environ)
            for (name, parts), port in zip(troupe.items(), ports, strict=True)
        }
        await _migrate(under)
        async with httpx.AsyncClient(base_url=public, timeout=60, trust_env=False) as client:
            with looking(under.own) as engine:
                made = Stage(folder, under, others, actors, client, engine)
                async with _playing(made):
                    yield made


@asynccontextmanager
async def _playing(made: Stage) -> AsyncIterator[None]:
    for actor in made.actors.values():
        actor.enter()
    try:
        await made.until(made.are_up, "the web processes answer")
        yield
    finally:
        await asyncio.gather(*(actor.leave() for actor in made.actors.values()))


async def _migrate(under: Base) -> None:
    database = Database.open(under.own)
    await asyncio.to_thread(database.migrate)
    await database.close()


def _environ(folder: Path, under: Base, others: Cast, public: str) -> dict[str, str]:
    (folder / "runner.yaml").write_text(yaml.safe_dump(others.config()), encoding="utf-8")
    own = {
        "RUNNER_DATABASE_URL": under.url,
        "RUNNER_CONNECTORS": str(lay_out(folder, is_limited=others.is_limited)),
        "RUNNER_CONFIG": str(folder / "runner.yaml"),
        "RUNNER_ENCRYPTION_KEYS": KEY,
        "RUNNER_API_KEYS": API_KEY,
        "RUNNER_BASE_URL": public,
        "RUNNER_LOG": "json",
        "PYTHONPATH": str(ROOT),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RUNNER_")}
    return {**kept, **own, **others.environ()}


def _free_ports(count: int) -> list[int]:
    """Ports that no outgoing connection takes while their process is away: those come from 32768 on."""
    found: list[int] = []
    for port in random.SystemRandom().sample(range(20_000, 32_000), 1000):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
        if len(found) == count:
            break
    return found
