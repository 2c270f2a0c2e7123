"""Record the exchanges of syncs in a folder, and run the syncs from it: no network, no credential, a scratch database.

A recording holds what a partner answered, personal data included, and no secrets; so what happened to one company can
be handed to whoever mends it, and kept as a test.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
from sqlalchemy import Connection

from runner.client.caller import Caller
from runner.client.limiter import Limiter
from runner.client.recorder import Player, Recorder
from runner.client.scrub import Scrub, placeholder
from runner.client.tokens import Tokens
from runner.connector.config import Config
from runner.connector.connector import Connector
from runner.connector.library import Connectors
from runner.engine.house import House, Log
from runner.engine.opening import open_house
from runner.engine.schemas import RecordSchemas
from runner.engine.syncs import sync
from runner.errors import NotFound, SettingsError
from runner.model.clock import Clock
from runner.model.credential import Credential
from runner.model.integration import Integration, State
from runner.model.record import Record
from runner.model.run import Checkpoint, SyncRun
from runner.model.secret import Secret
from runner.store import account_tables, checkpoints, feed
from runner.store.account_tables import Kept
from runner.store.keys import KeyRing
from runner.store.store import Store

INDEX = "recording.json"
FORMAT = 1
Json = dict[str, Any]


class Standing:
    """A clock that stands, so that a run that is played back asks for the same moments; pauses are `pause`'s."""

    def __init__(self, at: datetime, pause: Clock | None = None) -> None:
        self.at = at
        self._pause = pause

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        if self._pause is not None:
            await self._pause.sleep(seconds)


@dataclass
class Tape:
    """A recording that is being made: `house` records what is called in it. `begin` before each run, `close` at the
    end."""

    house: House
    folder: Path
    clock: Clock
    standing: Standing
    scrub: Scrub
    index: Json

    async def begin(self, integration: Integration, name: str, full: bool) -> None:
        """Note what a run begins with; time stands until the next."""
        self.standing.at = self.clock.now()
        known = await self.house.store.database.read(lambda c: checkpoints.get(c, integration.id, name))
        self.index["runs"].append({"sync": name, "full": full, "at": self.standing.at, "checkpoint": vars(known)})
        self.close()

    def close(self) -> None:
        """Write what the recording is of; secrets that were met meanwhile are taken out of that too."""
        plain = orjson.loads(orjson.dumps(self.index))
        (self.folder / INDEX).write_bytes(orjson.dumps(self.scrub.value(plain), option=orjson.OPT_INDENT_2) + b"\n")


async def record(house: House, integration: Integration, folder: Path) -> Tape:
    """Begin a recording in a folder that is new or empty. SettingsError when it is not, or when a secret is so short
    that it cannot be told from ordinary text."""
    await asyncio.to_thread(_prepare, folder)
    credential, tables = await house.store.database.read(lambda connection: _known(connection, house, integration))
    app = house.app(integration.connector, integration.environment)
    hidden = {name: value for name, value in app.items() if isinstance(value, Secret)}
    scrub = Scrub({**hidden, **credential.values})
    standing = Standing(house.clock.now(), house.clock)
    caller = house.caller.over(lambda wire: Recorder(wire, folder, scrub))
    connector = house.connectors.get(integration.connector)
    index = {
        "format": FORMAT,
        **{name: getattr(integration, name) for name in ("id", "company", "connector", "environment", "way")},
        **{name: getattr(integration, name) for name in ("account_id", "account_name")},
        "addresses": dict(house.environment(connector, integration.environment)),
        "settings": dict(integration.settings),
        "account": dict(integration.account),
        "hidden_settings": sorted(credential.values),
        "app": {name: value for name, value in app.items() if not isinstance(value, Secret)},
        "hidden_app": sorted(hidden),
        "tables": {name: vars(kept) for name, kept in tables.items()},
        "runs": [],
    }
    return Tape(replace(house, caller=caller, clock=standing), folder, house.clock, standing, scrub, index)


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise SettingsError(f"{folder} is not empty (name a new folder: a recording holds one company's exchanges)")
    os.chmod(folder, 0o700)  # personal data


def _known(connection: Connection, house: House, integration: Integration) -> tuple[Credential, dict[str, Kept]]:
    tables = account_tables.find(connection, integration.id)
    try:
        return house.store.vault.get(connection, integration.id), tables
    except NotFound:
        return Credential(), tables


@dataclass(frozen=True)
class Played:
    """What a recording came to: the runs, and the records at their end in the order of their last change."""

    runs: tuple[SyncRun, ...]
    records: tuple[Record, ...] = field(repr=False)


async def play(folder: Path, connectors: Connectors, schemas: RecordSchemas, log: Log) -> Played:
    """Run what was recorded, by the connectors as they are now. SettingsError when the folder holds no recording,
    UnexpectedResponse when a connector asks for what was not recorded."""
    index = await asyncio.to_thread(_read, folder)
    with tempfile.TemporaryDirectory(prefix="runner-replay-") as scratch:
        store = Store.open(f"sqlite:///{scratch}/scratch.db", KeyRing.generate())
        try:
            await asyncio.to_thread(store.database.migrate)
            async with httpx.AsyncClient(transport=httpx.MockTransport(_no_network)) as http:
                house, clock = _house(folder, index, connectors, schemas, store, http, log)
                return await _played(house, clock, index)
        finally:
            await store.close()


async def _played(house: House, clock: Standing, index: Json) -> Played:
    made = _integration(index)
    await house.store.database.write(lambda connection: _begin(connection, house, made, index))
    runs = []
    for one in index["runs"]:
        clock.at = datetime.fromisoformat(one["at"])
        runs.append(await sync.run(house, made, one["sync"], full=one["full"]))
    found = await house.store.database.read(lambda connection: list(feed.iterate(connection, made.id)))
    return Played(tuple(runs), tuple(stored.record for stored in found))


def _house(
    folder: Path,
    index: Json,
    connectors: Connectors,
    schemas: RecordSchemas,
    store: Store,
    http: httpx.AsyncClient,
    log: Log,
) -> tuple[House, Standing]:
    clock = Standing(datetime.fromisoformat(index["runs"][0]["at"]))
    app = {**index["app"], **{name: Secret(placeholder(name)) for name in index["hidden_app"]}}
    apps = {index["connector"]: app}
    config = Config(environments={index["connector"]: {index["environment"]: index["addresses"]}})
    house = open_house(
        connectors=connectors,
        config=config,
        store=store,
        http=http,
        clock=clock,
        apps=apps,
        schemas=schemas,
        base_url="https://runner.invalid",
        log=log,
    )
    values = {name: Secret(placeholder(name)) for name in index["hidden_settings"]}
    tokens = _Placeholders(house, Credential(values=values))
    caller = Caller(
        http, clock, Limiter(clock), tokens, random=lambda: 0.5, on_call=house.tally.count, wire=Player(folder)
    )
    return replace(house, tokens=tokens, caller=caller), clock


class _Placeholders(Tokens):
    """Hands out a credential that opens nothing."""

    def __init__(self, house: House, held: Credential) -> None:
        super().__init__(house.store, house.http, house.clock, house.apps, house.config.environments)
        self._held = held

    async def get(self, connector: Connector, integration: Integration) -> Credential:  # noqa: ARG002  # as Tokens
        return self._held

    async def renew(
        self,
        connector: Connector,  # noqa: ARG002  # as Tokens
        integration: Integration,  # noqa: ARG002  # as Tokens
        refused: Credential,  # noqa: ARG002  # as Tokens
    ) -> Credential:
        return self._held


def _integration(index: Json) -> Integration:
    names = ("id", "company", "connector", "environment", "way", "account_id", "account_name", "settings", "account")
    at = datetime.fromisoformat(index["runs"][0]["at"])
    return Integration(**{name: index[name] for name in names}, state=State.ACTIVE, since=at, created_at=at)


def _begin(connection: Connection, house: House, made: Integration, index: Json) -> None:
    house.store.begin(connection, made)
    for name, kept in index["tables"].items():
        table = Kept(kept["entries"], datetime.fromisoformat(kept["fetched_at"]))
        account_tables.save(connection, made.id, name, table)
    for one in index["runs"]:
        checkpoints.save(connection, made.id, one["sync"], _checkpoint(one["checkpoint"]))


def _checkpoint(kept: Mapping[str, Any]) -> Checkpoint:
    moments = [datetime.fromisoformat(kept[name]) if kept[name] else None for name in ("last_full_at", "saved_at")]
    return Checkpoint(kept["value"], kept["progress"], *moments)


def _read(folder: Path) -> Json:
    try:
        index: Json = orjson.loads((folder / INDEX).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        raise SettingsError(f"{folder} holds no recording (make one: `runner sync INTEGRATION --record DIR`)") from None
    if index.get("format") != FORMAT or not index.get("runs"):
        raise SettingsError(f"{folder} holds a recording that this version cannot play (record anew)")
    return index


def _no_network(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError(f"a recording is played without a network, and {request.url.host} was called")
