"""The simulated partners on ports of this machine: `runner simulate`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import uvicorn

from runner.authoring.simulate.companycam import companycam
from runner.authoring.simulate.dropbox import dropbox
from runner.authoring.simulate.googlecalendar import googlecalendar
from runner.authoring.simulate.housecallpro import housecallpro
from runner.authoring.simulate.hover import hover
from runner.authoring.simulate.hubspot import hubspot
from runner.authoring.simulate.jobber import jobber
from runner.authoring.simulate.making import Make
from runner.authoring.simulate.outbox import WebhookTarget
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.pipedrive import pipedrive
from runner.authoring.simulate.quickbooks import quickbooks
from runner.authoring.simulate.servicetitan import servicetitan
from runner.authoring.simulate.teamup import teamup
from runner.errors import SettingsError

DELIVER_EVERY = 0.2
SILENCE = 120.0


PARTNERS: Mapping[str, Make[Partner]] = {
    "servicetitan": servicetitan,
    "jobber": jobber,
    "companycam": companycam,
    "quickbooks": quickbooks,
    "hubspot": hubspot,
    "googlecalendar": googlecalendar,
    "dropbox": dropbox,
    "pipedrive": pipedrive,
    "hover": hover,
    "teamup": teamup,
    "housecallpro": housecallpro,
}


class UnknownPartnerError(LookupError):
    """Nobody simulates that partner."""


class Listener(uvicorn.Server):
    """A server inside somebody else's event loop: it leaves the process's signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.settled.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@dataclass
class Running:
    """
    Partners that listen.

    Attributes:
        urls: name to base address, such as `http://127.0.0.1:9101`.
        partners: name to the partner itself.
    """

    urls: dict[str, str]
    partners: dict[str, Partner]
    _client: httpx.AsyncClient
    _listeners: list[Listener] = field(default_factory=list)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _posting: asyncio.Task[None] | None = None

    async def open(self, name: str, partner: Partner, host: str, port: int) -> None:
        """Listen for one partner; port 0 takes a free one."""
        door = _listen(host, port)
        listener = Listener(uvicorn.Config(partner.app, lifespan="off", log_level="warning", access_log=False))
        task = asyncio.create_task(listener.serve(sockets=[door]))
        self._listeners.append(listener)
        self._tasks.append(task)
        await listener.settled.wait()
        self.partners[name] = partner
        shown = f"[{host}]" if ":" in host else host
        self.urls[name] = f"http://{shown}:{door.getsockname()[1]}"

    def begin_posting(self) -> None:
        """Deliver webhooks as they fall due, until `stop`."""
        self._posting = asyncio.create_task(self._post())

    async def _post(self) -> None:
        while True:
            for partner in self.partners.values():
                await partner.deliver(at_once=10)
            await asyncio.sleep(DELIVER_EVERY)

    async def stop(self) -> None:
        """Close the doors and wait until all is quiet."""
        if self._posting is not None:
            self._posting.cancel()
            await asyncio.gather(self._posting, return_exceptions=True)
        for listener in self._listeners:
            listener.should_exit = True
            listener.force_exit = True
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()


async def start(
    names: Sequence[str],
    *,
    host: str = "127.0.0.1",
    first_port: int = 9101,
    webhook_base: str | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    post: bool = True,
    **options: Any,
) -> Running:
    """
    Listen for each named partner, on ports that follow one another, without blocking.

    Args:
        first_port: 0 takes free ports.
        webhook_base: the receiver, such as `http://127.0.0.1:8000`; webhooks go to `<base>/webhooks/<name>`.
            None: no subscription, though CompanyCam's may still be made through its API.
        post: deliver webhooks as they fall due; otherwise only on `deliver()`.
        options: partner to its options, such as `jobber={"size": 500, "budget": 2000}`.

    Raises:
        UnknownPartnerError: a name that nobody simulates. SettingsError: a port is taken.
    """
    makers = {name: _maker(name) for name in names}
    client = httpx.AsyncClient(timeout=httpx.Timeout(30.0), trust_env=False)
    running = Running({}, {}, client)
    try:
        for place, (name, make) in enumerate(makers.items()):
            url = f"{webhook_base.rstrip('/')}/webhooks/{name}" if webhook_base else ""
            chosen = {"stall": _stay_silent, **options.get(name, {})}
            partner = make(now=now, webhooks=WebhookTarget(url, client), **chosen)
            await running.open(name, partner, host, first_port + place if first_port else 0)
    except BaseException:
        await running.stop()
        raise
    if post:
        running.begin_posting()
    return running


async def serve(
    names: Sequence[str],
    *,
    host: str = "127.0.0.1",
    first_port: int = 9101,
    webhook_base: str | None = None,
    ready: Callable[[dict[str, str]], None] | None = None,
    **options: Any,
) -> None:
    """Listen until cancelled; `ready` hears the addresses. Arguments as in `start`."""
    running = await start(names, host=host, first_port=first_port, webhook_base=webhook_base, **options)
    try:
        if ready is not None:
            ready(running.urls)
        await asyncio.Event().wait()
    finally:
        await running.stop()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        number = (isinstance(error, OSError) and error.errno) or 0
        why = os.strerror(number) if number > 0 else str(error)
        raise SettingsError(
            f"cannot listen on {host}:{port} ({why}); choose others with --host and --first-port"
        ) from None


def _maker(name: str) -> Make[Partner]:
    if name not in PARTNERS:
        msg = f"nobody simulates {name!r}; there are {', '.join(PARTNERS)}"
        raise UnknownPartnerError(msg)
    return PARTNERS[name]


async def _stay_silent() -> None:
    """What a call does on a socket that was told to time out: longer than any client waits."""
    await asyncio.sleep(SILENCE)
