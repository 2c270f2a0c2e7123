from __future__ import annotations

from datetime import timedelta

from runner.engine.disconnect import disconnect
from runner.engine.refresh import refresh
from runner.model.credential import UNSAID, Credential
from runner.model.integration import Integration, Reason, State
from runner.store import integrations
from tests.clock import START
from tests.partners import World


async def token(here: World, integration: Integration) -> Credential:
    return await here.read(lambda c: here.house.store.vault.get(c, integration.id))


async def test_a_token_that_nobody_uses_is_refreshed_half_way(here: World) -> None:
    integration = await here.connect("jobber")
    before = await token(here, integration)
    due = await refresh(here.house, integration.id)
    assert due == START + UNSAID / 2
    assert await token(here, integration) == before
    here.clock.advance((UNSAID / 2).total_seconds())
    assert await refresh(here.house, integration.id) == here.clock.now() + UNSAID / 2
    assert (await token(here, integration)).refresh_token != before.refresh_token


async def test_a_refused_refresh_needs_a_person(here: World) -> None:
    integration = await here.connect("jobber")
    here.jobber.grants.drop()
    here.clock.advance((UNSAID / 2).total_seconds())
    assert await refresh(here.house, integration.id) is None
    after = await here.read(lambda c: integrations.get(c, integration.id))
    assert after.state is State.ERROR
    asked = here.jobber.calls["POST /api/oauth/token"]
    await here.work(wait=timedelta(days=30))
    assert here.jobber.calls["POST /api/oauth/token"] == asked


async def test_what_is_not_active_or_has_no_refresh_token_is_left_alone(here: World) -> None:
    titan = await here.connect("servicetitan")
    jobs = await here.connect("jobber")
    await disconnect(here.house, jobs, Reason("disconnected", "switched off"))
    assert [await refresh(here.house, one) for one in (titan.id, jobs.id, "nobody")] == [None, None, None]
