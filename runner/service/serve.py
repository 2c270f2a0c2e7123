"""What runs all day: web, scheduler and worker in one process, or some of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import uvicorn

from runner.engine.house import House
from runner.engine.work import dispatch
from runner.engine.work.dispatch import Verdict
from runner.errors import SettingsError
from runner.model.wakeup import WakeUp
from runner.service import bodies, heads
from runner.service.app import App
from runner.service.assemble import save_calls
from runner.service.heads import Heads
from runner.service.heart import Heart, beating
from runner.service.scheduler import Scheduler
from runner.service.settings import Settings
from runner.service.supervisor import READY, STOPPING, Supervisor
from runner.service.worker import Worker

BACKLOG = 2048
GOODBYE = 10
"""Seconds that open requests have to end once the process is told to stop."""


@dataclass(frozen=True)
class Parts:
    """Which parts run in this process."""

    web: bool = True
    scheduler: bool = True
    worker: bool = True

    @property
    def names(self) -> list[str]:
        """Those that run."""
        return [name for name, runs in vars(self).items() if runs]


@dataclass(frozen=True)
class Patience:
    """Seconds in which the head, and then the body of a webhook, are here; else 408. And in which an answer is read;
    else the connection is cut."""

    head: float = heads.PATIENCE
    body: float = bodies.PATIENCE
    answer: float = heads.ANSWER


def listen(host: str, port: int) -> socket.socket:
    """A socket that waits for connections; port 0 takes a free one. SettingsError when the port is taken."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host}:{port} ({_why(error)}); choose another with --host and --port"
        ) from None


def _why(error: OSError) -> str:
    number = error.errno or 0
    return os.strerror(number) if number > 0 else str(error)


async def serve(
    house: House,
    settings: Settings,
    *,
    stop: asyncio.Event,
    door: socket.socket | None = None,
    parts: Parts | None = None,
    ready: Callable[[], None] | None = None,
    patience: Patience | None = None,
    supervisor: Supervisor | None = None,
) -> None:
    """Run the parts until `stop` is set, then end them in order: no new work, `/readyz` at 503 while requests are still
    answered (`serve.leave_after`), no new requests, what runs is finished.

    `door` is the socket of the web part (see `listen`). `ready` is called once all parts are up. `patience` is how
    long slow requests are waited for. `supervisor` is told that we are up, alive, and ending.
    """
    chosen, supervisor = parts or Parts(), supervisor or Supervisor({})
    async with contextlib.AsyncExitStack() as stack:
        heart = await stack.enter_async_context(beating(house, chosen.names, supervisor))
        if chosen.scheduler:
            scheduler = Scheduler(house)
            await scheduler.start()
            stack.callback(scheduler.stop)
        worker = await stack.enter_async_context(_working(house, stop)) if chosen.worker else None
        if chosen.web and door is not None:
            await stack.enter_async_context(_web(house, settings, door, patience or Patience(), heart))
        if ready is not None:
            ready()
        supervisor.tell(READY)
        await stop.wait()
        supervisor.tell(STOPPING)
        heart.leaving = True
        leave_after = house.config.serve.leave_after.total_seconds() if chosen.web else 0
        running = ", ".join(worker.running) if worker else ""
        house.log.info("stopping", waiting_for=running or "nothing", seconds_at_most=GOODBYE + leave_after)
        await house.clock.sleep(leave_after)


@contextlib.contextmanager
def stopping_on_signals(stop: asyncio.Event) -> Iterator[None]:
    """SIGTERM and Ctrl-C set `stop`; the second of them ends the process at once, as a kill would. The handlers of
    before come back at the end."""
    loop = asyncio.get_running_loop()

    def take(number: int) -> None:
        if stop.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, take, number)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def runner_of(house: House) -> Callable[[WakeUp], Any]:
    """What a worker runs: the engine's verb for a wake-up, then the counts of the calls it made."""

    async def run(wakeup: WakeUp) -> Verdict:
        try:
            return await dispatch.run(house, wakeup)
        finally:
            if wakeup.kind != "sync":  # a run stores its calls with its pages, and counts them itself
                await save_calls(house, wakeup.subject)

    return run


class _Server(uvicorn.Server):
    """A server inside our event loop: signals are ours, and it says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.settled.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _protocol(house: House, app: App, patience: Patience) -> Callable[..., Heads]:
    most = house.config.serve.connections
    return partial(Heads, take=app.webhooks.take, patience=patience.head, answer=patience.answer, most=most)


@contextlib.asynccontextmanager
async def _web(house: House, settings: Settings, door: socket.socket, patience: Patience, heart: Heart) -> Any:
    app = App(house, settings, patience.body, heart)
    config = uvicorn.Config(
        app,
        http=_protocol(house, app, patience),  # type: ignore[arg-type]  # it is only called
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,  # the public address is base_url, and nothing here asks who called
        backlog=BACKLOG,
        timeout_graceful_shutdown=GOODBYE,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[door]), name="web")
    await server.settled.wait()
    try:
        yield
    finally:
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def _working(house: House, stop: asyncio.Event) -> AsyncIterator[Worker]:
    worker = Worker(house.store.queue, runner_of(house), house.clock, house.log, at_once=house.config.serve.workers)
    task = asyncio.create_task(worker.serve(stop), name="worker")
    try:
        yield worker
    finally:
        stop.set()
        await task
