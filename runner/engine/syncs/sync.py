"""A sync: fetch one kind page by page, and keep each page with the place of the next in one transaction."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from sqlalchemy import Connection

from runner.connector.connector import Connector
from runner.connector.sync import Sync
from runner.engine.follow import followed
from runner.engine.house import House
from runner.engine.integrations.connect import recover
from runner.engine.syncs.aside import Aside, asking, goes_aside
from runner.engine.syncs.keep import Pass, require_open
from runner.engine.syncs.missing import roll_for
from runner.engine.syncs.running import Progress, Running
from runner.engine.syncs.start import Start, started
from runner.engine.trouble import refuse, words
from runner.errors import AuthenticationError, NotFound, PartnerError, RateLimited, ResyncNeeded
from runner.model.integration import Integration, State
from runner.model.run import RunState, SyncRun
from runner.store import checkpoints, runs


async def run(
    house: House,
    integration: Integration,
    sync_name: str,
    *,
    full: bool = False,
    progress: Progress | None = None,
    accept_deletions: bool = False,
) -> SyncRun:
    """Run a sync to its end; goes on where a killed one stopped. `full` ignores the checkpoint. An integration in
    `error` is active again when it succeeds, since the partner took its credential. With `accept_deletions` a full pass
    deletes what it did not find, however much that is.

    Raises RateLimited (the run stays open: call again after its `wait`), AuthenticationError (the integration is then
    in `error`), and the rest of the PartnerError family (the run is then `failed`; what was stored stays).
    """
    connector = house.connectors.get(integration.connector)
    sync = _sync(connector, sync_name, integration.way)
    require_open(integration.id, integration.state)
    try:
        done = await _run(house, connector, integration, sync, sync_name, full, progress, accept_deletions)
    except ResyncNeeded:
        await house.store.database.write(lambda connection: checkpoints.forget(connection, integration.id, sync_name))
        done = await _run(house, connector, integration, sync, sync_name, True, progress, accept_deletions)
    if integration.state is State.ERROR:
        await recover(house, connector, integration)
    return done


def _sync(connector: Connector, name: str, way: str | None) -> Sync:
    """The sync of that name, if it is one for integrations that came in this way."""
    known = connector.syncs_of(way)
    if name not in known:
        there = f"there are: {', '.join(known) or 'none'}"
        if name in connector.syncs:
            ways = " or ".join(connector.syncs[name].ways)
            raise NotFound(f"the sync `{name}` is for those that connected by {ways}, and this one did not ({there})")
        raise NotFound(f"{connector.connector} has no sync `{name}` ({there})")
    return known[name]


async def _run(
    house: House,
    connector: Connector,
    integration: Integration,
    sync: Sync,
    name: str,
    full: bool,
    progress: Progress | None,
    accept_deletions: bool,
) -> SyncRun:
    checkpoint = await house.store.database.read(lambda connection: checkpoints.get(connection, integration.id, name))
    start = started(sync, checkpoint, house.clock.now(), full)
    opened = await house.store.database.write(lambda connection: _open(connection, house, integration, name, start))
    roll = roll_for(connector, sync, start, is_believed=accept_deletions)
    own = Pass(house, integration, sync, name, replace(start, run_id=opened.id), opened.id, roll)
    aside = _aside(house, connector, integration, own) if goes_aside(sync, start) else None
    work = Running(own, connector, opened.counts, start.newest, progress, aside)
    with followed(house, integration, opened):
        try:
            return await work.walk()
        except RateLimited:
            await work.pause()
            raise
        except Exception as error:
            await work.fail(error)
            await refuse(house, integration, error)
            raise


def _aside(house: House, connector: Connector, integration: Integration, own: Pass) -> Aside:
    """What asks for news while a full pass goes on."""
    gap = house.config.schedule(connector.connector, own.name, own.sync).gap
    last = max(own.start.began_at, own.start.saved_at or own.start.began_at)
    return Aside(house.clock, gap, last, lambda: _news(house, connector, integration, own))


async def _news(house: House, connector: Connector, integration: Integration, full: Pass) -> None:
    """One run for what is new. If the partner fails, the next one asks for it, and the full pass goes on."""
    name, sync = full.name, full.sync
    checkpoint = await house.store.database.read(lambda connection: checkpoints.get(connection, integration.id, name))
    start = asking(sync, checkpoint, full.start, house.clock.now())
    made = SyncRun(start.run_id, integration.id, name, False, RunState.RUNNING, start.began_at)
    await house.store.database.write(lambda connection: runs.begin(connection, made))
    work = Running(Pass(house, integration, sync, name, start, made.id, None), connector, made.counts, None)
    with followed(house, integration, made):
        try:
            await work.walk()
        except AuthenticationError as error:
            await work.fail(error)
            raise
        except PartnerError as error:
            await work.fail(error)
            house.log.warning("news-not-told", integration=integration.id, sync=name, message=words(error))


def _open(connection: Connection, house: House, integration: Integration, name: str, start: Start) -> SyncRun:
    """The run of a walk: the one that was killed, or a new one."""
    for known in runs.find(connection, integration.id, name, RunState.RUNNING):
        if known.id == start.run_id:
            return known
        runs.end(connection, known.id, RunState.FAILED, house.clock.now(), known.counts, "given up for a later run")
    run_id = start.run_id if start.unbroken else uuid4().hex
    made = SyncRun(run_id, integration.id, name, start.full, RunState.RUNNING, house.clock.now())
    runs.begin(connection, made)
    return made
