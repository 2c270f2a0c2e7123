"""The worker: takes wake-ups from the queue, runs them side by side under leases, and settles them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from runner.engine.house import Log
from runner.engine.work.dispatch import Again, Verdict
from runner.errors import StoreError, StoreUnavailable
from runner.model.clock import Clock
from runner.model.wakeup import WakeUp
from runner.store.queue import Queue, worker_id
from runner.store.wakeups import SYNC, Taken

Run = Callable[[WakeUp], Awaitable[Verdict]]

LEASE = timedelta(seconds=30)
BEATS = 3
"""How often a lease is prolonged before it would end."""
RESCUE = timedelta(seconds=10)
"""How often a worker looks for what those held that are gone."""
PAUSE = 1.0
"""Seconds until the store is asked again after it could not serve."""
TRIES = 60
"""How often a wake-up that was run is settled in vain before it is left to its lease."""
GRACE = 10.0
"""Seconds that running wake-ups have to finish once the worker is told to stop."""
UPSET = timedelta(seconds=30)
"""How long a wake-up waits whose run broke in a way that nobody foresaw."""


class Worker:
    """Runs up to `at_once` wake-ups side by side, all but one of them syncs at the most. A wake-up that takes long
    keeps its lease as long as it works."""

    def __init__(
        self,
        queue: Queue,
        run: Run,
        clock: Clock,
        log: Log,
        *,
        at_once: int = 4,
        lease: timedelta = LEASE,
        grace: float = GRACE,
    ) -> None:
        self.name = worker_id()
        self._queue = queue
        self._run = run
        self._clock = clock
        self._log = log
        self._at_once = at_once
        self._lease = lease
        self._grace = grace
        self._running: set[asyncio.Task[None]] = set()
        self._rescued: datetime | None = None

    @property
    def running(self) -> list[str]:
        """The keys of the wake-ups that run now."""
        return sorted(task.get_name() for task in self._running)

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then finish what runs, or give it back."""
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await self._round(stopped)
        finally:
            stopped.cancel()
            await self._end()

    async def drain(self) -> int:
        """Work until nothing is due any more; returns how many wake-ups were run. For commands and tests."""
        count = 0
        while taken := await self._queue.take(self.name, self._at_once, self._lease, self._clock.now()):
            await asyncio.gather(*(self._work(one) for one in taken))
            count += len(taken)
        return count

    async def _round(self, stopped: asyncio.Task[bool]) -> None:
        free = self._at_once - len(self._running)
        if free:
            free -= len(await self._start(free))
        waits: set[asyncio.Task[bool] | asyncio.Task[None]] = {stopped}
        news = asyncio.create_task(self._queue.wait()) if free else None
        waits |= self._running if news is None else {news}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        if news is not None and not news.done():
            news.cancel()

    async def _start(self, free: int) -> list[Taken]:
        try:
            await self._rescue()
            taken = await self._queue.take(self.name, free, self._lease, self._clock.now(), self._room_for_syncs())
        except StoreError as error:
            self._log.error("queue-unavailable", error=str(error), again_in=PAUSE)
            await asyncio.sleep(PAUSE)
            return []
        for one in taken:
            task = asyncio.create_task(self._work(one), name=one.wakeup.key)
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return taken

    async def _rescue(self) -> None:
        """Give back what a killed worker held, though no process that runs schedules be left."""
        now = self._clock.now()
        if self._rescued is None or not timedelta(0) <= now - self._rescued < RESCUE:
            self._rescued = now
            await self._queue.sweep(now)

    def _room_for_syncs(self) -> int:
        """One place is kept from syncs, which may take hours, for what takes a moment: webhooks, pushes, tokens."""
        running = sum(1 for task in self._running if task.get_name().startswith(f"{SYNC}:"))
        return max(self._at_once - 1, 1) - running

    async def _work(self, taken: Taken) -> None:
        """Run one wake-up while another task keeps its lease; whichever ends first decides."""
        run = asyncio.create_task(self._verdict(taken.wakeup))
        beat = asyncio.create_task(self._hold(taken))
        try:
            await asyncio.wait({run, beat}, return_when=asyncio.FIRST_COMPLETED)
            if not run.done():
                self._log.warning("lease-lost", wakeup=taken.wakeup.key)
                return
            await self._close(taken, run.result())
        except asyncio.CancelledError:
            await self._give_back(taken)
            raise
        finally:
            run.cancel()
            beat.cancel()
            await asyncio.gather(run, beat, return_exceptions=True)

    async def _verdict(self, wakeup: WakeUp) -> Verdict:
        try:
            return await self._run(wakeup)
        except StoreUnavailable as error:  # the disk is full, or the database away: no trace tells more than it says
            self._log.error("wakeup-not-run", wakeup=wakeup.key, error=str(error), again_in=UPSET.total_seconds())
            return Again(self._clock.now() + UPSET, str(error))
        except Exception as error:
            # Whatever it is, the other wake-ups go on; this one is tried again and stays visible with its note.
            self._log.error("wakeup-broke", wakeup=wakeup.key, error=type(error).__name__, exc_info=error)
            return Again(self._clock.now() + UPSET, f"{type(error).__name__}; the log has the details")

    async def _close(self, taken: Taken, verdict: Verdict) -> None:
        """Settle it, or let it wait. While the store cannot serve, again and again: its key would rest until the lease
        ends. It is run once more then: effects are idempotent."""
        if not isinstance(verdict, Again) and verdict.failed:
            self._log.warning("wakeup-given-up", wakeup=taken.wakeup.key, note=verdict.note)
        for number in range(1, TRIES + 1):
            try:
                await self._settle(taken, verdict)
                return
            except StoreError as error:
                self._log.error("wakeup-not-settled", wakeup=taken.wakeup.key, error=str(error), tries=number)
            await self._clock.sleep(PAUSE)

    async def _settle(self, taken: Taken, verdict: Verdict) -> None:
        if isinstance(verdict, Again):
            await self._queue.retry_at(taken, verdict.at, verdict.note)
        else:
            await self._queue.settle(taken)

    async def _hold(self, taken: Taken) -> None:
        """Prolong the lease again and again; ends when it is lost."""
        held = True
        while held:
            await self._clock.sleep(self._lease.total_seconds() / BEATS)
            try:
                held = await self._queue.extend(taken, self._lease, self._clock.now())
            except StoreError as error:
                self._log.warning("lease-not-prolonged", wakeup=taken.wakeup.key, error=str(error))

    async def _end(self) -> None:
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=self._grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _give_back(self, taken: Taken) -> None:
        try:
            await self._queue.retry_at(taken, self._clock.now(), "the worker stopped before it was done")
        except StoreError as error:
            self._log.warning("wakeup-not-given-back", wakeup=taken.wakeup.key, error=str(error))
