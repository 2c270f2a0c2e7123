"""A `runner serve` or `runner worker` with a clock that may go wrong: `python -m tests.chaos.process DIAL PARTS PORT`.

`PARTS` are those of runner.service.serve that run, such as `web,scheduler`; the port is of no use to those without web.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

import uvloop

from runner.cli.workshop import log_of
from runner.service.assemble import Seams, opened
from runner.service.logs import join_libraries
from runner.service.serve import Parts, listen, serve, stopping_on_signals
from runner.service.settings import Settings
from tests.chaos.clock import Dial, WrongClock


async def run(dial: Dial, names: set[str], port: int) -> None:
    """Until it is told to stop."""
    settings, stop = Settings.read(os.environ), asyncio.Event()
    log = log_of(settings, logging.INFO)
    join_libraries(log)
    parts = Parts(web="web" in names, scheduler="scheduler" in names, worker="worker" in names)
    door = listen("127.0.0.1", port) if parts.web else None
    with stopping_on_signals(stop):
        async with opened(settings, log, Seams(machine=WrongClock(dial))) as house:
            await serve(house, settings, stop=stop, door=door, parts=parts, ready=lambda: log.info("ready"))
    log.info("stopped")


if __name__ == "__main__":
    uvloop.run(run(Dial(Path(sys.argv[1])), set(sys.argv[2].split(",")), int(sys.argv[3])))
