from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, delete

from runner.connector.schedule import Schedule
from runner.engine.integrations.disconnect import disconnect
from runner.engine.work.sweep import sweep
from runner.errors import StoreUnavailable
from runner.model.integration import Integration, Reason
from runner.service.agenda import Plan
from runner.service.scheduler import Scheduler
from runner.store import integrations, pauses
from runner.store.database import Database
from runner.store.wakeups import wakeups
from tests.partners import World

EVERY = st.integers(60, 90_000).map(lambda seconds: timedelta(seconds=seconds))
MOMENT = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


async def waiting(here: World) -> list[str]:
    return sorted(await here.read(lambda c: list(c.scalars(wakeups.select().with_only_columns(wakeups.c.key)))))


async def asleep(here: World) -> Integration:
    """A connected integration whose first wake-ups are gone."""
    integration = await here.connect("companycam")
    await here.write(lambda c: c.execute(delete(wakeups)))
    return integration


@given(every=EVERY, moment=MOMENT)
def test_slots_are_regular_and_the_last_has_passed(every: timedelta, moment: datetime) -> None:
    plan = Plan("i1", "jobs", Schedule(every=every))
    slot = plan.last_slot(moment)
    assert slot <= moment < slot + every
    assert plan.next_slot(slot) == slot + every


async def test_there_is_a_plan_for_each_sync_of_each_active_integration(here: World) -> None:
    integration = await here.connect("servicetitan")
    scheduler = Scheduler(here.house)
    await scheduler.reconcile()
    syncs = here.house.connectors.get("servicetitan").syncs
    assert [(plan.integration_id, plan.sync) for plan in scheduler.plans] == [
        (integration.id, name) for name in sorted(syncs)
    ]


async def test_a_disabled_integration_loses_its_plans(here: World) -> None:
    integration = await asleep(here)
    scheduler = Scheduler(here.house)
    await scheduler.reconcile()
    await disconnect(here.house, integration, Reason("disconnected", "x"))
    await scheduler.reconcile()
    assert scheduler.plans == []


async def test_a_slot_is_claimed_by_one_of_two_nodes(here: World) -> None:
    integration = await asleep(here)
    plan = Plan(integration.id, "users", Schedule(every=timedelta(hours=1)))
    nodes = [Scheduler(here.house), Scheduler(here.house)]
    slot = plan.last_slot(here.clock.now())
    assert [await node.tick([(plan, slot)]) for node in nodes] == [1, 0]
    assert await waiting(here) == [f"sync:{integration.id}:users"]


async def test_what_fell_due_while_nobody_was_here_fires_at_once(here: World) -> None:
    integration = await asleep(here)
    await Scheduler(here.house).reconcile()
    await here.write(lambda c: c.execute(delete(wakeups)))
    here.clock.advance(6 * 3600)  # each has a moment of its own within its `every`
    await Scheduler(here.house).reconcile()
    assert await waiting(here) == [f"sync:{integration.id}:{name}" for name in ("photos", "projects", "users")]


async def test_a_restart_within_a_slot_fires_nothing(here: World) -> None:
    await asleep(here)
    await Scheduler(here.house).reconcile()
    await here.write(lambda c: c.execute(delete(wakeups)))
    await Scheduler(here.house).reconcile()
    assert await waiting(here) == []


async def test_starting_sweeps_and_stopping_ends(here: World) -> None:
    integration = await asleep(here)
    scheduler = Scheduler(here.house)
    await scheduler.start()
    scheduler.stop()
    assert f"sync:{integration.id}:users" in await waiting(here)


async def test_a_store_that_is_away_is_logged_and_fires_later(here: World) -> None:
    await asleep(here)
    scheduler = Scheduler(here.house)
    await scheduler.reconcile()
    await here.house.store.close()
    here.clock.advance(86400)
    await scheduler._quietly(scheduler.fire(), "fire")
    assert "schedule-not-fired" in here.log.events()


class Away:
    """A database that cannot serve while `is_away`."""

    def __init__(self, database: Database) -> None:
        self.is_away = False
        self._database = database

    def __getattr__(self, name: str) -> Any:
        if self.is_away:
            raise StoreUnavailable("on purpose")
        return getattr(self._database, name)


async def test_a_slot_that_the_store_could_not_take_fires_when_it_is_back(here: World) -> None:
    integration = await asleep(here)
    away: Any = Away(here.house.store.database)
    scheduler = Scheduler(replace(here.house, store=replace(here.house.store, database=away)))
    await scheduler.reconcile()
    here.clock.advance(6 * 3600)
    away.is_away = True
    with pytest.raises(StoreUnavailable):
        await scheduler.fire()
    away.is_away = False
    await scheduler.fire()
    assert await waiting(here) == [f"sync:{integration.id}:{name}" for name in ("photos", "projects", "users")]
    await here.write(lambda c: c.execute(delete(wakeups)))
    await scheduler.fire()
    assert await waiting(here) == []


async def test_a_paused_schedule_lets_its_slots_pass_and_a_resumed_one_goes_on(here: World) -> None:
    integration = await asleep(here)
    plan, scheduler = Plan(integration.id, "users", Schedule(every=timedelta(hours=1))), Scheduler(here.house)
    await here.write(lambda c: pauses.pause(c, integration.id, here.clock.now()))
    assert await scheduler.tick([(plan, plan.last_slot(here.clock.now()))])
    assert await waiting(here) == []
    await here.write(lambda c: pauses.resume(c, integration.id))
    here.clock.advance(3600)
    assert await scheduler.tick([(plan, plan.last_slot(here.clock.now()))])
    assert await waiting(here) == [f"sync:{integration.id}:users"]


async def test_a_clock_that_jumps_back_fires_no_slot_again(here: World) -> None:
    integration = await asleep(here)
    plan, scheduler = Plan(integration.id, "users", Schedule(every=timedelta(hours=1))), Scheduler(here.house)
    fired = []
    for jump in (0, 3600, -3600, 3600, -7200, 3600, 3600, 3600):
        here.clock.advance(jump)
        fired.append(await scheduler.tick([(plan, plan.last_slot(here.clock.now()))]))
    assert fired == [1, 1, 0, 0, 0, 0, 0, 1]


async def test_the_operator_may_say_another_time(here: World) -> None:
    integration = await asleep(here)
    nightly = Schedule(cron="0 3 * * *", timezone="America/Denver")
    config = here.house.config.model_copy(update={"schedules": {"companycam": {"users": nightly}}})
    scheduler = Scheduler(replace(here.house, config=config))
    await scheduler.reconcile()
    assert [plan for plan in scheduler.plans if plan.sync == "users"] == [Plan(integration.id, "users", nightly)]


async def looks(here: World, scheduler: Scheduler) -> int:
    """How many statements the writer runs at a start to see how syncs and schedules stand."""
    ran: list[str] = []

    def trace(connection: Connection, told: Callable[[str], None] | None) -> None:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(told)

    await here.write(lambda c: trace(c, ran.append))
    await sweep(here.house)
    await scheduler.reconcile()
    await here.write(lambda c: trace(c, None))
    return sum(
        1 for statement in ran if any(table in statement for table in ("integrations", "sync_runs", "schedules"))
    )


@pytest.mark.sqlite_only
async def test_a_start_takes_no_more_statements_for_more_integrations(here: World) -> None:
    first = await asleep(here)
    few = await looks(here, Scheduler(here.house))

    def grow(connection: Connection) -> None:
        for number in range(200):
            integrations.add(connection, replace(first, id=f"i{number}", company=f"c{number}"))

    await here.write(grow)
    scheduler = Scheduler(here.house)
    assert (await looks(here, scheduler), len(scheduler.plans)) == (few, 3 * 201)
    assert few <= 10
    assert len(await waiting(here)) >= 3 * 200


async def test_what_is_due_fires_once_and_again_at_its_next_slot(here: World) -> None:
    integration = await asleep(here)
    scheduler = Scheduler(here.house)
    await scheduler.reconcile()
    slots = sorted({plan.next_slot(here.clock.now()) for plan in scheduler.plans})
    await here.write(lambda c: c.execute(delete(wakeups)))
    here.clock.advance((slots[-1] - here.clock.now()).total_seconds())
    for _ in range(2):
        await scheduler.fire()
    assert await waiting(here) == [f"sync:{integration.id}:{name}" for name in ("photos", "projects", "users")]
    await here.write(lambda c: c.execute(delete(wakeups)))
    await scheduler.fire()
    assert await waiting(here) == []


async def test_the_plans_of_one_sync_fire_at_moments_of_their_own(here: World) -> None:
    plans = [Plan(f"i{number}", "jobs", Schedule(every=timedelta(minutes=15))) for number in range(10_000)]
    moments = Counter(plan.next_slot(here.clock.now()) for plan in plans)
    assert max(moments.values()) <= 40  # eleven a second, more or less
