"""The scheduler: one job for each active integration and sync. A trigger only puts a wake-up into the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Connection

from runner.connector.schedule import Schedule
from runner.engine.house import House
from runner.engine.rest import rests
from runner.engine.retain import retain
from runner.engine.sweep import sweep
from runner.errors import RunnerError
from runner.model.integration import State
from runner.model.wakeup import WakeUp
from runner.store import integrations, runs, schedules
from runner.store.statements import chunks

RECONCILE = timedelta(seconds=30)
RETAIN = timedelta(minutes=10)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Plan:
    """When a sync of an integration runs. Its slots are the same on every node, and its own."""

    integration_id: str
    sync: str
    schedule: Schedule

    @property
    def key(self) -> str:
        return f"sync:{self.integration_id}:{self.sync}"

    @property
    def number(self) -> int:
        """Different for every plan, so that they do not all fire at once."""
        return int.from_bytes(blake2b(self.key.encode(), digest_size=4).digest(), "big")

    def slot(self, now: datetime) -> datetime:
        """The slot nearest to `now`: a trigger fires around its slot, by the clocks of the nodes."""
        return self.schedule.nearest(now, self.number)

    def last_slot(self, now: datetime) -> datetime:
        """The latest slot that has passed."""
        return self.schedule.last(now, self.number)


class SlotTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires at each slot of a plan."""

    __slots__ = ("plan",)

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The first slot after what fired last, or after now."""
        return self.plan.schedule.next(max(previous_fire_time or now, now), self.plan.number)


class Scheduler:
    """Keeps the jobs in step with the integrations. Nodes may each have one: a row a schedule decides who ticks."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._jobs = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )
        self._plans: dict[str, Plan] = {}

    async def start(self) -> None:
        """Begin to fire. What a killed process held is taken back at once, and what fell due meanwhile fires."""
        await sweep(self._house)
        await self.reconcile()
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
        return [self._plans[key] for key in sorted(self._plans)]

    async def reconcile(self) -> None:
        """Make the jobs those of the integrations that are active now."""
        wanted = {plan.key: plan for plan in await self._wanted()}
        for key in [key for key, plan in self._plans.items() if wanted.get(key) != plan]:
            self._jobs.remove_job(key)
            del self._plans[key]
        new = [plan for key, plan in wanted.items() if key not in self._plans]
        for some in chunks(new):
            await self._catch_up(some)
            for plan in some:
                self._add(plan)

    async def sweep(self) -> None:
        """Re-make lost wake-ups from the tables, those that keep tokens alive too; one node does it each time."""
        every = self._house.config.serve.sweep_every
        if await self._claim("sweep", every):
            await sweep(self._house)

    async def retain(self) -> None:
        """Remove what is old; one node does it each time."""
        if await self._claim("retain", RETAIN):
            await retain(self._house)

    async def tick(self, plan: Plan, slot: datetime) -> bool:
        """Put the wake-up of one slot, unless another node has: claim and wake-up are one transaction."""
        return await self._house.store.database.write(lambda connection: self._tick(connection, plan, slot))

    def _tick(self, connection: Connection, plan: Plan, slot: datetime) -> bool:
        mine = schedules.tick(connection, plan.key, slot)
        gap = plan.schedule.gap
        if mine and not rests(connection, plan.integration_id, plan.sync, gap, slot):
            self._house.store.queue.put(connection, WakeUp("sync", plan.integration_id, plan.sync))
        return mine

    async def _wanted(self) -> list[Plan]:
        active = await self._house.store.database.read(lambda c: integrations.find(c, state=State.ACTIVE))
        known = set(self._house.connectors.names())
        return [
            Plan(found.id, name, self._house.config.schedule(found.connector, name, sync))
            for found in active
            if found.connector in known
            for name, sync in self._house.connectors.get(found.connector).syncs_of(found.way).items()
        ]

    def _add(self, plan: Plan) -> None:
        self._jobs.add_job(self._fire, SlotTrigger(plan), args=(plan,), id=plan.key, name=plan.key)
        self._plans[plan.key] = plan

    async def _fire(self, plan: Plan) -> None:
        await self._quietly(self.tick(plan, plan.slot(self._house.clock.now())), plan.key)

    async def _catch_up(self, plans: list[Plan]) -> None:
        """Fire for the slots that passed while nobody was here; a sync that was just connected ran already."""
        now = self._house.clock.now()

        def work(connection: Connection) -> None:
            for plan in plans:
                if _ran_first(connection, plan):
                    schedules.tick(connection, plan.key, plan.last_slot(now))
                else:
                    self._tick(connection, plan, plan.last_slot(now))

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
        """A trigger that fails fires again at its next slot; the others are not disturbed."""
        try:
            await work
        except RunnerError as error:
            self._house.log.error("schedule-not-fired", schedule=name, error=str(error))


def _ran_first(connection: Connection, plan: Plan) -> bool:
    """Whether connecting woke the sync before any schedule did."""
    known = schedules.last(connection, plan.key)
    return known is None and runs.last(connection, plan.integration_id, plan.sync) is not None
