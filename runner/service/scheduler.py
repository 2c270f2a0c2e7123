"""The scheduler: fires the plans of active integrations. To fire is only to put a wake-up into the queue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Connection

from runner.engine.house import House
from runner.engine.syncs.rest import rests
from runner.engine.work.retain import retain
from runner.engine.work.sweep import sweep
from runner.errors import RunnerError
from runner.model.integration import State
from runner.model.wakeup import WakeUp
from runner.service.agenda import Agenda, Plan
from runner.store import integrations, schedules, standings
from runner.store.statements import chunks

FIRE = timedelta(seconds=1)
RECONCILE = timedelta(seconds=30)
RETAIN = timedelta(minutes=10)
MANY = 5000
"""Plans that fire in one transaction, at the most."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Scheduler:
    """Fires the plans of the integrations that are active. Nodes may each have one: a row a schedule decides who
    ticks."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._jobs = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )
        self._agenda = Agenda()
        self._due: dict[str, tuple[Plan, datetime]] = {}

    async def start(self) -> None:
        """Begin to fire. What a killed process held is taken back at once, and what fell due meanwhile fires."""
        await sweep(self._house)
        await self.reconcile()
        self._repeat(self.fire, FIRE)
        self._repeat(self.reconcile, RECONCILE)
        self._repeat(self.sweep, self._house.config.serve.sweep_every)
        self._repeat(self.retain, RETAIN)
        self._jobs.start()

    def stop(self) -> None:
        """Fire no more."""
        if self._jobs.running:
            self._jobs.shutdown(wait=False)

    @property
    def plans(self) -> list[Plan]:
        """What fires now, by key."""
        return self._agenda.plans

    async def reconcile(self) -> None:
        """Make the plans those of the integrations that are active now."""
        for some in chunks(self._agenda.missing(await self._wanted()), MANY):
            await self._catch_up(some)
            self._agenda.add(some, self._house.clock.now())

    async def fire(self) -> None:
        """Tick for all whose slot has come, and for those that the store could not take before."""
        self._due |= {plan.key: (plan, slot) for plan, slot in self._agenda.due(self._house.clock.now())}
        for some in chunks(list(self._due.values()), MANY):
            await self.tick(some)
            for plan, _ in some:
                del self._due[plan.key]

    async def sweep(self) -> None:
        """Re-make lost wake-ups from the tables, those that keep tokens alive too; one node does it each time."""
        every = self._house.config.serve.sweep_every
        if await self._claim("sweep", every):
            await sweep(self._house)

    async def retain(self) -> None:
        """Remove what is old; one node does it each time."""
        if await self._claim("retain", RETAIN):
            await retain(self._house)

    async def tick(self, slots: Sequence[tuple[Plan, datetime]]) -> int:
        """Put the wake-ups of these slots, but for those that another node has: claims and wake-ups are one
        transaction. Returns how many were claimed."""
        return await self._house.store.database.write(lambda connection: self._tick(connection, slots))

    def _tick(
        self, connection: Connection, slots: Sequence[tuple[Plan, datetime]], silent: Collection[str] = ()
    ) -> int:
        claimed = schedules.claim(connection, {plan.key: slot for plan, slot in slots})
        mine = [(plan, slot) for plan, slot in slots if plan.key in claimed and plan.key not in silent]
        stand = standings.of(connection, [plan.of for plan, _ in mine])
        awake = [(plan, slot) for plan, slot in mine if not rests(stand[plan.of], plan.schedule.gap, slot)]
        self._house.store.queue.put_all(connection, [WakeUp("sync", *plan.of, run_at=slot) for plan, slot in awake])
        return len(claimed)

    async def _wanted(self) -> list[Plan]:
        active = await self._house.store.database.read(lambda c: integrations.find(c, state=State.ACTIVE))
        known = set(self._house.connectors.names())
        return [
            Plan(found.id, name, self._house.config.schedule(found.connector, name, sync))
            for found in active
            if found.connector in known
            for name, sync in self._house.connectors.get(found.connector).syncs_of(found.way).items()
        ]

    async def _catch_up(self, plans: Sequence[Plan]) -> None:
        """Fire for the slots that passed while nobody was here; a sync that was just connected ran already."""
        now = self._house.clock.now()

        def work(connection: Connection) -> None:
            known = schedules.known(connection, [plan.key for plan in plans])
            new = {plan.of: plan.key for plan in plans if plan.key not in known}
            ran = {new[key] for key, stands in standings.of(connection, list(new)).items() if stands.state is not None}
            self._tick(connection, [(plan, plan.last_slot(now)) for plan in plans], ran)

        await self._house.store.database.write(work)

    async def _claim(self, key: str, every: timedelta) -> bool:
        now = self._house.clock.now()
        slot = _EPOCH + (now - _EPOCH) // every * every
        return await self._house.store.database.write(lambda connection: schedules.tick(connection, key, slot))

    def _repeat(self, job: Any, every: timedelta) -> None:
        async def guarded() -> None:
            await self._quietly(job(), job.__name__)

        self._jobs.add_job(
            guarded, IntervalTrigger(seconds=max(1, int(every.total_seconds())), timezone=UTC), id=job.__name__
        )

    async def _quietly(self, work: Any, name: str) -> None:
        """A trigger that fails fires again; the others are not disturbed."""
        try:
            await work
        except RunnerError as error:
            self._house.log.error("schedule-not-fired", schedule=name, error=str(error))
