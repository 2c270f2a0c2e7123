"""A sync: fetch one kind page by page, and keep each page with the place of the next in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from uuid import uuid4

from sqlalchemy import Connection

from runner.connector.connector import Connector
from runner.connector.sync import Sync
from runner.engine import tally
from runner.engine.connect import recover
from runner.engine.follow import followed
from runner.engine.house import House
from runner.engine.missing import Roll, roll_for
from runner.engine.process import Batch, admit, digest, tell
from runner.engine.tables import equipped
from runner.engine.trouble import is_passing, refuse, words
from runner.engine.walk import Page, Start, begun, pages, resumed
from runner.errors import AuthenticationError, NotFound, RateLimited, ResyncNeeded, UnexpectedResponse
from runner.model.integration import Integration, State
from runner.model.run import Checkpoint, Counts, RunState, SyncRun
from runner.store import checkpoints, integrations, runs
from runner.store.columns import utc_text

TURN = 25
"""Payloads that are mapped before others get their turn: less than a millisecond."""

Progress = Callable[[int, int, int | None], None]
"""Told after each page: pages and raw payloads so far, and how many there are in all where that is known."""

_SHUT = {
    State.PENDING: "connect it first: `runner connect`",
    State.DISABLED: "switch it on first: `runner integrations --enable`",
}


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
    _require_open(integration.id, integration.state)
    try:
        done = await _run(house, connector, integration, sync, sync_name, full, progress, accept_deletions)
    except ResyncNeeded:
        await house.store.database.write(lambda connection: checkpoints.forget(connection, integration.id, sync_name))
        done = await _run(house, connector, integration, sync, sync_name, True, progress, accept_deletions)
    if integration.state is State.ERROR:
        await recover(house, connector, integration)
    return done


def _require_open(integration_id: str, state: State) -> None:
    if state in _SHUT:
        raise AuthenticationError(f"integration {integration_id} is {state} ({_SHUT[state]})")


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
    start = resumed(checkpoint)
    if start is None or (full and not start.full):
        start = begun(sync, checkpoint, house.clock.now(), full, uuid4().hex)
    opened = await house.store.database.write(lambda connection: _open(connection, house, integration, name, start))
    begin = replace(start, run_id=opened.id)
    work = _Work(house, connector, integration, sync, name, checkpoint, begin, opened, progress, accept_deletions)
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


@dataclass
class _Work:
    house: House
    connector: Connector
    integration: Integration
    sync: Sync
    name: str
    checkpoint: Checkpoint
    start: Start
    run: SyncRun
    progress: Progress | None
    accept_deletions: bool
    newest: str | None = field(init=False)
    counts: Counts = field(init=False)
    roll: Roll | None = field(init=False)
    stored: int = 0
    mapping: float = 0.0

    def __post_init__(self) -> None:
        self.newest = self.start.newest
        self.counts = self.run.counts
        is_whole = self.start.full and self.start.unbroken
        self.roll = roll_for(self.connector, self.sync, self.start.scope) if is_whole else None
        if self.roll is not None:
            self.roll.is_believed = self.accept_deletions

    async def walk(self) -> SyncRun:
        """All pages to the end. While one page is mapped and stored, the next is fetched."""
        storing: asyncio.Task[None] | None = None
        self.connector = await equipped(self.house, self.connector, self.integration, [self.sync.processor])
        found = pages(self.house, self.connector, self.sync, self.integration, self.start)
        try:
            async with aclosing(found):
                async for page in found:
                    batch = await self._digest(page)
                    if storing is not None:
                        await storing
                    storing = asyncio.create_task(self._store(batch, page))
        finally:
            if storing is not None:
                await storing
        return await self.house.store.database.read(
            lambda connection: next(
                known for known in runs.find(connection, self.integration.id, self.name) if known.id == self.run.id
            )
        )

    async def pause(self) -> None:
        """Keep what the calls of a run came to that stays open."""
        made, counts = self.house.tally.take(self.integration.id), self.counts + self._spent()

        def work(connection: Connection) -> None:
            tally.save(connection, self.integration.id, made)
            runs.save_counts(connection, self.run.id, counts)

        await self.house.store.database.write(work)

    async def fail(self, error: Exception) -> None:
        """Close the run. A walk that went on from its place and did not get any further starts over next time."""
        stuck = not self.start.unbroken and not self.stored and not is_passing(error)
        made, counts = self.house.tally.take(self.integration.id), self.counts + self._spent()

        def work(connection: Connection) -> None:
            now = self.house.clock.now()
            tally.save(connection, self.integration.id, made)
            runs.end(connection, self.run.id, RunState.FAILED, now, counts, words(error))
            if stuck:
                kept = checkpoints.get(connection, self.integration.id, self.name)
                checkpoints.save(connection, self.integration.id, self.name, replace(kept, progress=None))

        await self.house.store.database.write(work)

    async def _digest(self, page: Page) -> Batch:
        """What a page says. Others get their turn now and then: the next page's request, a webhook."""
        batch, payloads = Batch(self.sync.processor), iter(page.payloads)
        while part := list(islice(payloads, TURN)):
            began = self.house.clock.now()
            batch.extend(digest(self.house, self.connector, self.sync.processor, part, page.asked_at))
            self.mapping += (self.house.clock.now() - began).total_seconds()
            await asyncio.sleep(0)
        cursor = self.connector.processor(self.sync.processor).cursor
        is_told = self.sync.incremental is not None and self.sync.incremental.is_told
        timeless = batch.seen > batch.errors + len(batch.gone) and not batch.cursors
        if cursor is not None and timeless and not is_told:
            raise UnexpectedResponse(
                f"sync `{self.name}`: not one payload of a page has a time at `cursor: {cursor}` of processor "
                f"`{self.sync.processor}`, so nobody can tell what is new (mend the expression, or take it out)"
            )
        tell(self.house, self.integration, batch)
        if self.roll is not None:
            self.roll.call(batch)
        return batch

    async def _store(self, batch: Batch, page: Page) -> None:
        newest = self._mark(batch, page)
        made = self.house.tally.take(self.integration.id)
        told = self.counts + self._spent() + Counts(pages=1, seen=page.known, unchanged=page.known)
        began = self.house.clock.now()

        def work(connection: Connection) -> Counts:
            tally.save(connection, self.integration.id, made)
            return self._keep(connection, batch, page, newest, told, began)

        counts = await self.house.store.database.write(work)
        self.newest, self.counts, self.stored = newest, counts, self.stored + 1
        if self.progress is not None:
            self.progress(counts.pages, counts.seen, page.total)

    def _spent(self) -> Counts:
        """What calls came to, and the seconds of mapping, since the last page."""
        mapping, self.mapping = self.mapping, 0.0
        return self.house.tally.spent(self.run.id) + Counts(map_seconds=max(0.0, mapping))

    def _mark(self, batch: Batch, page: Page) -> str | None:
        """How far the walk has come: what the partner told last, or the newest cursor."""
        if self.sync.incremental is not None and self.sync.incremental.is_told:
            told = page.told or self.newest
            if told is None and page.next is None:
                raise UnexpectedResponse(f"sync `{self.name}`: no page had a token, so nobody can tell what is new")
            return told
        return max((cursor for cursor in (self.newest, batch.newest) if cursor), default=None)

    def _keep(
        self, connection: Connection, batch: Batch, page: Page, newest: str | None, told: Counts, began: datetime
    ) -> Counts:
        """One page in one transaction: its records, where the next begins, and what the run counts; of the time, all
        but the commit's."""
        at = self.house.clock.now()
        # somebody may have switched it off meanwhile
        _require_open(self.integration.id, integrations.state(connection, self.integration.id))
        counts = told + admit(connection, self.house, self.integration, batch, at)
        counts += Counts(store_seconds=max(0.0, (self.house.clock.now() - began).total_seconds()))
        kept = checkpoints.get(connection, self.integration.id, self.name)
        if page.next is not None:
            at_once = self.sync.incremental is not None and self.sync.incremental.is_saved_at_once
            value = (newest if at_once else None) or kept.value
            kept = replace(kept, value=value, progress=self.start.progress(page.next, newest))
            runs.save_counts(connection, self.run.id, counts)
        else:
            kept = self._finished(kept, newest)
            note = self._note(connection, page, at)
            counts += Counts(deleted=self.roll.struck if self.roll else 0)
            runs.end(connection, self.run.id, RunState.DONE, at, counts, note)
        checkpoints.save(connection, self.integration.id, self.name, kept)
        return counts

    def _note(self, connection: Connection, page: Page, at: datetime) -> str | None:
        """What an operator should know of a run that is done."""
        notes = []
        if self.roll is not None:
            notes.append(self.roll.strike(connection, self.house, self.integration, self.start.began_at, at))
        if page.smaller is not None:
            notes.append(f"the partner failed on larger pages: it was asked for pages of {page.smaller}")
        return "; ".join(note for note in notes if note) or None

    def _finished(self, kept: Checkpoint, newest: str | None) -> Checkpoint:
        incremental = self.sync.incremental
        if newest is not None and incremental is not None and not incremental.is_told:
            newest = min(newest, utc_text(self.start.began_at))  # what changed meanwhile may lie behind the walk
        value = incremental.advance(kept.value, [newest]) if incremental is not None else None
        last_full_at = self.start.began_at if self.start.full else kept.last_full_at
        return Checkpoint(value, None, last_full_at, self.start.began_at)
