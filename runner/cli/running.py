"""The operator's commands that run until they are stopped."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from runner.cli.output import example

if TYPE_CHECKING:
    from runner.service.serve import Parts

Host = typer.Option("127.0.0.1", "--host", help="The address to listen on; 0.0.0.0 for all.")
Port = typer.Option(8080, "--port", help="The port to listen on; 0 takes a free one.")


@example("runner serve --port 8080")
def serve(
    host: str = Host,
    port: int = Port,
    scheduler: bool = typer.Option(True, "--scheduler/--no-scheduler", help="Run the schedules in this process."),
    worker: bool = typer.Option(True, "--worker/--no-worker", help="Work on wake-ups in this process."),
) -> None:
    """Run the web server, the schedules and a worker in one process, until it is told to stop."""
    from runner.service.serve import Parts

    _run(Parts(web=True, scheduler=scheduler, worker=worker), host, port)


@example("runner worker")
def worker(
    scheduler: bool = typer.Option(False, "--scheduler/--no-scheduler", help="Run the schedules in this process too."),
) -> None:
    """Run a worker alone, beside a `runner serve` on the same database, until it is told to stop."""
    from runner.service.serve import Parts

    _run(Parts(web=False, scheduler=scheduler, worker=True), "", 0)


@example("runner simulate servicetitan jobber --first-port 9101")
def simulate(
    connectors: list[str] = typer.Argument(None, help="The partners; all that are simulated when left out."),
    host: str = typer.Option("127.0.0.1", "--host", help="The address to listen on."),
    first_port: int = typer.Option(9101, "--first-port", help="The port of the first; the others follow."),
    webhooks: str = typer.Option("http://127.0.0.1:8080", "--webhooks", help="The runner that their webhooks go to."),
    size: int = typer.Option(40, "--size", help="How many things each partner has."),
) -> None:
    """Run simulated partners on ports of this machine, to try things without an account; prints what to set."""
    from runner.authoring.simulate.guide import lines
    from runner.authoring.simulate.server import PARTNERS, UnknownPartnerError
    from runner.authoring.simulate.server import serve as listen
    from runner.errors import NotFound

    names = connectors or list(PARTNERS)
    options = {name: {"size": size} for name in names}

    def ready(urls: dict[str, str]) -> None:
        for line in lines(urls):
            typer.echo(line)
        typer.echo("\nCtrl-C ends it.")

    try:
        asyncio.run(listen(names, host=host, first_port=first_port, webhook_base=webhooks, ready=ready, **options))
    except UnknownPartnerError as error:
        raise NotFound(str(error)) from None
    except KeyboardInterrupt:
        raise typer.Exit from None


@example("runner demo")
def demo(
    folder: Path = typer.Option(Path(".demo"), "--dir", help="Where the demo keeps its database."),
    size: int = typer.Option(24, "--size", min=10, max=60, help="How many things each simulated partner has."),
) -> None:
    """Show it all without an account: four simulated partners, real HTTP, a real database, and what happened."""
    from runner.cli.demo import run

    raise typer.Exit(run(folder, size))


def _run(parts: Parts, host: str, port: int) -> None:

    import uvloop

    from runner.cli.workshop import log_of, settings_now
    from runner.engine.heap import settle
    from runner.service.assemble import opened
    from runner.service.logs import join_libraries
    from runner.service.serve import listen, stopping_on_signals
    from runner.service.serve import serve as run_parts
    from runner.service.supervisor import Supervisor

    settings = settings_now()
    settings.keyring()
    log = log_of(settings, logging.INFO)
    door = listen(host, port) if parts.web else None
    bridge = join_libraries(log)

    def ready() -> None:
        where = f"http://{host}:{door.getsockname()[1]}" if door else None
        log.info("ready", url=where, public=settings.base_url, scheduler=parts.scheduler, worker=parts.worker)

    async def run() -> None:
        stop = asyncio.Event()
        with stopping_on_signals(stop):
            async with opened(settings, log) as house:
                settle()
                await run_parts(
                    house, settings, stop=stop, door=door, parts=parts, ready=ready, supervisor=Supervisor(os.environ)
                )
        log.info("stopped")

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())
    finally:
        if door is not None:
            door.close()
        logging.getLogger().removeHandler(bridge)
