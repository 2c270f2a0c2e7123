"""A run goes on, page by page: while one is stored, the next is mapped, and the one after that is fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

from sqlalchemy import Connection

from runner.connector.connector import Connector
from runner.engine import tally
from runner.engine.pages.tables import equipped
from runner.engine.records.admit import tell
from runner.engine.records.batch import Batch
from runner.engine.records.process import Intake
from runner.engine.syncs.aside import Aside
from runner.engine.syncs.backlog import Backlog
from runner.engine.syncs.keep import Pass
from runner.engine.syncs.walk import Page, pages
from runner.engine.tally import Made
from runner.engine.trouble import is_passing, words
from runner.errors import UnexpectedResponse
from runner.model.run import Counts, RunState, SyncRun
from runner.store import checkpoints, runs
from runner.store.columns import utc_text

TURN = 50
"""Payloads that are mapped before others get their turn: less than a millisecond."""

MOST = 500
"""Payloads that may be mapped and not stored yet, where the store is slower than all else."""
EVERY = timedelta(seconds=1)
"""How often the figures of calls are stored while a run goes on."""

Progress = Callable[[int, int, int | None], None]
"""Told after each page: pages and raw payloads so far, and how many there are in all where that is known."""


@dataclass(frozen=True)
class Mapped:
    """What a page says, and how far the walk has come with it."""

    batch: Batch
    page: Page
    newest: str | None


@dataclass
class Running:
    """A run that goes on, and how far it has come."""

    own: Pass
    connector: Connector
    counts: Counts
    newest: str | None
    progress: Progress | None = None
    aside: Aside | None = None
    stored: int = 0
    mapping: float = 0.0

    def __post_init__(self) -> None:
        self.told_at = self.own.house.clock.now()
        self.house, self.sync, self.integration = self.own.house, self.own.sync, self.own.integration
        self.has_cursor = self.connector.processor(self.sync.processor).cursor is not None

    async def walk(self) -> SyncRun:
        """All pages to the end."""
        backlog = Backlog(self._store, MOST)
        self.connector = await equipped(self.house, self.connector, self.integration, [self.sync.processor])
        found = pages(self.house, self.connector, self.sync, self.integration, self.own.start)
        try:
            async with aclosing(found):
                async for page in found:
                    await backlog.put(await self._mapped(page), len(page.payloads))
                    if self.aside is not None:
                        await self.aside.turn()
        finally:
            await backlog.settle()
        return await self.house.store.database.read(lambda connection: runs.get(connection, self.own.run_id))

    async def pause(self) -> None:
        """Keep what the calls of a run came to that stays open."""
        made, counts = self.house.tally.take(self.integration.id), self.counts + self._spent()

        def work(connection: Connection) -> None:
            tally.save(connection, self.integration.id, made)
            runs.save_counts(connection, self.own.run_id, counts)

        await self.house.store.database.write(work)

    async def fail(self, error: Exception) -> None:
        """Close the run. A walk that went on from its place and did not get any further starts over next time."""
        stuck = not self.own.start.unbroken and not self.stored and not is_passing(error)
        made, counts = self.house.tally.take(self.integration.id), self.counts + self._spent()

        def work(connection: Connection) -> None:
            now = self.house.clock.now()
            tally.save(connection, self.integration.id, made)
            runs.end(connection, self.own.run_id, RunState.FAILED, now, counts, words(error))
            if stuck:
                kept = checkpoints.get(connection, self.integration.id, self.own.name)
                checkpoints.save(connection, self.integration.id, self.own.name, replace(kept, progress=None))

        await self.house.store.database.write(work)

    async def _digest(self, page: Page) -> Batch:
        """What a page says. Others get their turn now and then: the next page's request, a webhook."""
        intake = Intake(self.house, self.connector, self.sync.processor, utc_text(page.asked_at))
        payloads, left = iter(page.payloads), len(page.payloads)
        while left > 0:
            began = self.house.clock.now()
            intake.take(islice(payloads, TURN))
            left -= TURN
            self.mapping += (self.house.clock.now() - began).total_seconds()
            if left > 0:
                await asyncio.sleep(0)
        batch = intake.batch
        is_told = self.sync.incremental is not None and self.sync.incremental.is_told
        looked_at = batch.seen - batch.errors - len(batch.gone)
        is_timeless = looked_at > 0 and not batch.cursors and not looked_at == batch.timeless == 1  # one is a bad one
        if self.has_cursor and is_timeless and not is_told:
            name, rule = self.sync.processor, self.connector.processor(self.sync.processor).cursor
            raise UnexpectedResponse(
                f"sync `{self.own.name}`: not one payload of a page has a time at `cursor: {rule}` of processor "
                f"`{name}`, so nobody can tell what is new (mend the expression, or take it out)"
            )
        tell(self.house, self.integration, batch)
        if self.own.roll is not None:
            self.own.roll.call(batch)
        return batch

    async def _mapped(self, page: Page) -> Mapped:
        """A page on its way to the store, and how far the walk has come with it."""
        batch = await self._digest(page)
        self.newest = self.own.reached(self.newest, batch, page)
        return Mapped(batch, page.without_payloads, self.newest)

    async def _store(self, some: list[Mapped]) -> None:
        made, spent = self._calls(some[-1].page), self._spent()
        kept = await self.house.store.database.write(lambda connection: self._keep(connection, some, made, spent))
        self.counts, self.stored = kept[-1], self.stored + len(some)
        if self.progress is not None:
            for counts, one in zip(kept, some, strict=True):
                self.progress(counts.pages, counts.seen, one.page.total)

    def _keep(self, connection: Connection, some: list[Mapped], made: Made, spent: Counts) -> list[Counts]:
        """Store pages in their order, in one transaction; what the run counts after each."""
        tally.save(connection, self.integration.id, made)
        counts, kept = self.counts + spent, []
        for one in some:
            counts += Counts(pages=1, seen=one.page.known, unchanged=one.page.known)
            counts = self.own.keep(connection, one.batch, one.page, one.newest, counts)
            kept.append(counts)
        return kept

    def _calls(self, page: Page) -> Made:
        """What was counted of calls and is due to be stored: with the last page, and now and then before."""
        now = self.house.clock.now()
        if page.next is not None and now - self.told_at < EVERY:
            return Made()
        self.told_at = now
        return self.house.tally.take(self.integration.id)

    def _spent(self) -> Counts:
        """What calls came to, and the seconds of mapping, since the last page."""
        mapping, self.mapping = self.mapping, 0.0
        return self.house.tally.spent(self.own.run_id) + Counts(map_seconds=max(0.0, mapping))
