from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from runner.engine.syncs import sync
from runner.engine.work.sweep import sweep
from runner.model.integration import State
from runner.model.wakeup import WakeUp
from runner.store import integrations
from runner.store.wakeups import wakeups
from tests.engine.syncs.test_sync import Killed, die_at
from tests.engine.webhooks.test_receive import event, send
from tests.partners import World

SOON = timedelta(minutes=10)


async def keys(here: World) -> set[str]:
    return set(await here.read(lambda c: c.scalars(wakeups.select().with_only_columns(wakeups.c.key)).all()))


async def lose(here: World) -> None:
    """All wake-ups vanish."""
    await here.write(lambda c: c.execute(wakeups.delete()))


async def test_lost_wake_ups_are_made_again_from_the_tables(here: World) -> None:
    host = await here.connect("companycam")
    titan = await here.connect("servicetitan")
    await here.work(wait=SOON)
    here.servicetitan.change("jobs", 7001, summary="new")
    await send(here, orjson.dumps(event()))
    here.clock.advance(4000)
    await lose(here)
    await sweep(here.house)
    found = await keys(here)
    assert {f"events:{titan.id}", f"sync:{titan.id}:jobs"} <= found
    assert f"sync:{host.id}:users" not in found


async def test_a_push_that_nobody_was_woken_for_is_made_after_all(here: World) -> None:
    host = await here.connect("companycam")
    titan = await here.connect("servicetitan")
    await lose(here)
    for name in ("locations", "jobs"):
        await sync.run(here.house, titan, name)
    await lose(here)
    await sweep(here.house)
    assert f"push:{host.id}" in await keys(here)


async def test_a_killed_sync_is_woken(here: World) -> None:
    titan = await here.connect("servicetitan")
    await here.work(wait=SOON)
    die_at(here, 1)
    with pytest.raises(Killed):
        await sync.run(here.house, titan, "jobs", full=True)
    await lose(here)
    here.clock.advance(3600)
    await sweep(here.house)
    assert f"sync:{titan.id}:jobs" in await keys(here)


async def test_a_sync_that_is_under_way_is_not_followed_by_another(here: World) -> None:
    titan = await here.connect("servicetitan")
    await here.work(wait=SOON)
    await lose(here)
    key = f"sync:{titan.id}:jobs"
    await here.write(lambda c: here.house.store.queue.put(c, WakeUp("sync", titan.id, "jobs")))
    taken = await here.house.store.queue.take("test:1:x", 1, timedelta(hours=3), here.clock.now())
    assert [one.wakeup.key for one in taken] == [key]
    here.clock.advance(7200)
    await sweep(here.house)
    states = await here.read(
        lambda c: c.scalars(wakeups.select().with_only_columns(wakeups.c.state).where(wakeups.c.key == key)).all()
    )
    assert states == ["running"]
    here.clock.advance(7200)
    await sweep(here.house)
    assert key in await keys(here)


async def test_what_is_up_to_date_is_left_alone(here: World) -> None:
    await here.connect("servicetitan")
    await here.work(wait=SOON)
    await lose(here)
    assert (await sweep(here.house)).wakeups == 0


async def test_an_integration_in_error_is_not_synced(here: World) -> None:
    titan = await here.connect("servicetitan")
    await here.work(wait=SOON)
    await lose(here)
    here.clock.advance(100_000)
    await here.write(lambda c: integrations.set_state(c, titan.id, State.ERROR, None, here.clock.now()))
    assert (await sweep(here.house)).wakeups == 0
