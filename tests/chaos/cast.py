"""Who plays: three partners that are read, the one that is pushed to, and the destination that counts; each behind a
wire of its own, and overheard."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
import yaml

from runner.authoring.simulate.guide import configuration, variables
from runner.authoring.simulate.limits import Window
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.server import Listener, Running, start
from tests.chaos.clock import Almanac
from tests.chaos.ledger import Ledger
from tests.chaos.wire import Wire, to_port
from tests.eavesdrop import Ear
from tests.partners import ROOT

READ = ("jobber", "servicetitan", "hubspot")
HOST = "companycam"
LEDGER = "ledger"
SECRET = "whsec_dGhlIGxlZGdlcidzIG93biBzZWNyZXQsIGxvbmcgZW5vdWdo"
AGO = timedelta(days=2)
"""How long before today the partners' data end, before anything is changed."""
SHORT_LIVED = 45.0
"""Seconds that a token lives: many are renewed in a run."""
OUR_BUDGET = re.compile(r"^    - {type: window, requests: 120, .*our own budget.*\n", re.MULTILINE)
A_SECOND = 0.6
"""What partners that count by the second take for one: a machine under load may keep a call that it was allowed."""
OPTIONS: dict[str, dict[str, Any]] = {
    "jobber": {"rotating": False, "token_lifetime": SHORT_LIVED},
    "servicetitan": {"token_lifetime": SHORT_LIVED, "limits": (Window(60, A_SECOND),)},
    "hubspot": {"search_lag": 0.0, "access_lifetime": SHORT_LIVED, "search_limits": (Window(5, A_SECOND),)},
    "companycam": {"size": 0},
}
"""Refresh tokens stay: one that is replaced, and lost with the answer, is gone by the partner's own rules."""
UNLIMITED: dict[str, dict[str, Any]] = {
    "jobber": {"limits": (), "budget": 10**9, "restore": 10**9},
    "servicetitan": {"limits": ()},
    "hubspot": {"limits": (Window(10**6, 10.0),), "search_limits": ()},
    "companycam": {"limits": {}},
}
FIGURE = re.compile(r"\b(requests|budget|restore): (\d+)")
"""Of a rate limit."""
PATIENT = 8
"""Seconds in which a partner answers, in place of half a minute."""


@dataclass
class Cast:
    """`urls` lead over the wires."""

    running: Running
    ledger: Ledger
    wires: dict[str, Wire]
    almanac: Almanac
    ear: Ear
    base: datetime
    is_limited: bool

    @property
    def partners(self) -> dict[str, Partner]:
        return self.running.partners

    @property
    def urls(self) -> dict[str, str]:
        return {name: f"http://127.0.0.1:{wire.port}" for name, wire in self.wires.items()}

    def environ(self) -> dict[str, str]:
        """What the operator has of them."""
        found = {name: url for name, url in self.urls.items() if name != LEDGER}
        return {**variables(found), "RUNNER_DESTINATION_LEDGER_SECRET": SECRET}

    def config(self) -> dict[str, Any]:
        """runner.yaml: the one that is shipped, and what is told to the ledger."""
        read = yaml.safe_load((ROOT / "runner.yaml").read_text(encoding="utf-8"))
        told = {
            "told_contacts": {"record": "contact", "from": list(READ), "to": LEDGER},
            "told_deals": {"record": "deal", "from": ["hubspot"], "to": LEDGER},
            "told_visits": {"record": "appointment", "from": ["jobber"], "to": LEDGER},
        }
        often = {"jobber": "clients", "servicetitan": "jobs", "hubspot": "deals"}
        return {
            **configuration({name: url for name, url in self.urls.items() if name != LEDGER}),
            "deliver": {**read["deliver"], **told},
            "destinations": {LEDGER: {"type": "webhook", "url": f"{self.urls[LEDGER]}/changes", "batch": 5}},
            "serve": {"sweep_every": "5s"},
            "schedules": {name: {sync: {"every": "20s"}} for name, sync in often.items()},
        }


def today() -> datetime:
    """The base of a run that begins now."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - AGO


@asynccontextmanager
async def cast(
    seed: int, size: int, base: datetime, webhook_base: str, *, is_limited: bool = True
) -> AsyncIterator[Cast]:
    """They listen. What they have depends on the seed, the size and the `base` alone; what they allow, on whether they
    are limited."""
    almanac, ear, ledger, over = Almanac(), Ear(), Ledger(), asyncio.Event()
    shared: dict[str, Any] = {"size": size, "seed": seed, "stall": over.wait}
    options: dict[str, Any] = {
        name: {**shared, **own, **({} if is_limited else UNLIMITED[name])} for name, own in OPTIONS.items()
    }
    with almanac.at(base):
        running = await start(
            list(options), first_port=0, webhook_base=webhook_base, now=almanac, post=False, **options
        )
    host = running.partners[HOST]
    for subscription in list(host.table("webhooks")):  # the runner asks for its own
        host.table("webhooks").remove(subscription["id"])
    for listener, (name, partner) in zip(running._listeners, running.partners.items(), strict=True):
        listener.config.loaded_app = ear.around(name, partner.app)
    wires = {name: to_port(int(url.rpartition(":")[2])) for name, url in running.urls.items()}
    async with _listening(ledger) as port:
        wires[LEDGER] = to_port(port)
        for wire in wires.values():
            await wire.open()
        try:
            yield Cast(running, ledger, wires, almanac, ear, base, is_limited)
        finally:
            over.set()
            for wire in wires.values():
                await wire.close()
            await running.stop()


@asynccontextmanager
async def _listening(ledger: Ledger) -> AsyncIterator[int]:
    door = socket.create_server(("127.0.0.1", 0))
    listener = Listener(uvicorn.Config(ledger.app, lifespan="off", log_level="warning", access_log=False))
    task = asyncio.create_task(listener.serve(sockets=[door]))
    await listener.settled.wait()
    try:
        yield door.getsockname()[1]
    finally:
        listener.should_exit = listener.force_exit = True
        await task


def lay_out(folder: Path, *, is_limited: bool) -> Path:
    """The connectors of the cast in a folder of their own; returns it. They wait less long for answers, and
    ServiceTitan's keeps the partner's limit alone, so that it is that one which is met. Where partners are not limited,
    connectors allow a thousand times as much."""
    made = folder / "connectors"
    made.mkdir()
    for name in (*READ, HOST):
        text = (ROOT / "connectors" / f"{name}.yaml").read_text(encoding="utf-8")
        text = re.sub(r"^  timeout: \d+s", f"  timeout: {PATIENT}s", text, flags=re.MULTILINE)
        text = OUR_BUDGET.sub("", text)
        text = text if is_limited else FIGURE.sub(r"\1: \g<2>000", text)
        (made / f"{name}.yaml").write_text(text, encoding="utf-8")
    if not (folder / "schemas").exists():
        shutil.copytree(ROOT / "schemas", folder / "schemas")
    return made
