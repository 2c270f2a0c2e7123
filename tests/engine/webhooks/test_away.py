"""Events whose effect the database could not take, since it is what fails: nobody's fault, and no try is spent."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from runner.engine.webhooks import events
from runner.errors import StoreUnavailable
from runner.model.event import EventState
from runner.store import events as stored_events
from runner.store.events import EventFilter
from tests.engine.webhooks.test_receive import event, send
from tests.partners import World


@pytest.mark.each_database
async def test_events_wait_as_they_are_while_the_database_fails(here: World) -> None:
    titan = await here.connect("servicetitan")
    await here.work(wait=timedelta(seconds=30))
    await send(here, orjson.dumps(event(1)))
    here.clock.advance(10)
    await here.write(lambda c: c.exec_driver_sql("ALTER TABLE records RENAME TO away"))
    with pytest.raises(StoreUnavailable):
        await events.drain(here.house, titan.id)
    await here.write(lambda c: c.exec_driver_sql("ALTER TABLE away RENAME TO records"))
    (one,) = await here.read(lambda c: stored_events.find(c, EventFilter(integration_id=titan.id)))
    assert (one.state, one.attempts, one.note) == (EventState.PENDING, 0, None)
    await events.drain(here.house, titan.id)
    (one,) = await here.read(lambda c: stored_events.find(c, EventFilter(integration_id=titan.id)))
    assert one.state is EventState.DONE
