"""Events that are well signed and say nonsense: each ends by itself, and what comes behind them is done."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.engine.webhooks import events as draining
from runner.model.event import EventState
from runner.model.integration import Integration
from runner.store import events
from runner.store.events import EventFilter
from tests.partners import World
from tests.service.test_hostile import FUZZ, LONG, junk
from tests.service.test_webhooks import signed

TOPICS = st.sampled_from(
    ["CLIENT_UPDATE", "CLIENT_DESTROY", "JOB_UPDATE", "JOB_DESTROY", "VISIT_UPDATE", "VISIT_DESTROY"]
)
TIMES = junk | st.sampled_from(
    ["2026-05-04T15:20:10Z", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00-14:00", "0000"]
)


@pytest.fixture
async def jobs(here: World) -> Integration:
    return await here.connect("jobber")


@settings(FUZZ, max_examples=1_000 if LONG else 20)
@given(told=st.lists(st.tuples(TOPICS, st.text(max_size=9) | junk, TIMES), min_size=1, max_size=6))
async def test_nonsense_does_not_hold_up_what_comes_behind_it(
    here: World, jobs: Integration, told: list[tuple[str, Any, Any]]
) -> None:
    for topic, item, at in [*told, ("CLIENT_DESTROY", "last", here.clock.now().isoformat())]:
        event = {"topic": topic, "accountId": jobs.account_id, "itemId": item, "occurredAt": at, "appId": "x"}
        raw = json.dumps({"data": {"webHookEvent": event}}).encode()
        assert (await here.receive("jobber", raw, signed(raw))).status in (200, 400)
    here.clock.advance(60)
    await draining.drain(here.house, jobs.id)
    found = await here.read(lambda c: events.find(c, EventFilter(integration_id=jobs.id), limit=10_000))
    assert [one for one in found if one.state is EventState.PENDING and one.attempts == 0] == []
    assert found[0].state is EventState.DONE
