"""A house over the benchmark's own connector, with a real store and a real HTTP client."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from runner.client.guard import open_http
from runner.connector.config import Config
from runner.connector.library import Connectors
from runner.engine.heap import settle
from runner.engine.house import House
from runner.engine.opening import open_house
from runner.engine.schemas import RecordSchemas
from runner.engine.syncs.sync import run
from runner.errors import AlreadyExists
from runner.model.clock import SystemClock
from runner.model.credential import Credential
from runner.model.integration import Integration, State
from runner.model.secret import Secret
from runner.service.logs import Redactor, build_log
from runner.store import integrations
from runner.store.keys import KeyRing
from runner.store.store import Store

T = TypeVar("T")

HERE = Path(__file__).parent / "partner"
INTEGRATION = Integration("int-bench", "Bench Co", "bench", "local", State.ACTIVE, account_id="acct-1")


def _log() -> Any:
    """What a process says at its default level, into nowhere: writing to a terminal is not what is measured."""
    return build_log("json", Redactor(), open(os.devnull, "w", encoding="utf-8"))  # as long as the process


def in_loop(work: Coroutine[Any, Any, T]) -> T:
    """What a work comes to, in the event loop that `runner serve` and `runner worker` run in."""
    import uvloop  # here, since `runner sync` does without

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def migrated(database: Path) -> None:
    """Make the tables."""
    store = Store.open(f"sqlite:///{database}", KeyRing.generate("bench"))
    store.database.migrate()
    asyncio.run(store.close())


@asynccontextmanager
async def opened(
    database: Path, url: str, folder: Path = HERE / "connectors", connector: str = "bench"
) -> AsyncIterator[tuple[House, Integration]]:
    """The house and its one active integration, with a connector of a folder whose every address is at `url`."""
    store = Store.open(f"sqlite:///{database}", KeyRing.generate("bench"))
    if store.database.pending():
        store.database.migrate()
    clock, connectors = SystemClock(), Connectors(folder)
    integration = replace(INTEGRATION, connector=connector)
    keys = next(iter(connectors.get(connector).environments.values()))
    with suppress(AlreadyExists):  # a second run over the same store
        await store.database.write(lambda connection: integrations.add(connection, integration, ""))
    token = Credential(access_token=Secret("bench-token"))
    await store.database.write(lambda connection: store.vault.put(connection, integration.id, token, clock.now()))
    async with open_http(["127.0.0.1"], None) as http:
        before = gc.get_threshold()
        settle()  # as `runner serve` does
        yield (
            open_house(
                connectors=connectors,
                config=Config(environments={connector: {"local": dict.fromkeys(keys, url)}}),
                store=store,
                http=http,
                clock=clock,
                apps={"bench": {"webhook_key": Secret("bench-secret-of-thirty-two-letters")}},
                schemas=RecordSchemas.read(HERE / "schemas" / "records"),
                base_url="http://127.0.0.1:8080",
                log=_log(),
            ),
            integration,
        )
    await store.close()
    gc.set_threshold(*before)


async def synced(url: str, database: Path, sync: str = "jobs") -> int:
    """The runner's own sync, from the house down."""
    async with opened(database, url) as (house, integration):
        made = await run(house, integration, sync)
        assert made.counts.quarantined == 0
        return made.counts.seen
