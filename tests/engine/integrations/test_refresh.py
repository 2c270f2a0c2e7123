from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from runner.client.tokens import Apps, Tokens
from runner.engine.integrations.disconnect import disconnect
from runner.engine.integrations.refresh import refresh
from runner.engine.syncs import sync
from runner.engine.work.sweep import sweep
from runner.errors import AuthenticationError
from runner.model.credential import UNSAID, Credential
from runner.model.integration import Integration, Reason, State
from runner.model.secret import Secret
from runner.store import integrations
from runner.store.wakeups import wakeups
from runner.testing.clock import START
from tests.partners import APPS, World


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


OFF = Reason("switched-off", "An operator switched it off", "Switch it on")
RIGHTS = Reason("integration-refused", "The plan ended", "Renew the plan")
ASKED = "POST /api/oauth/token"


async def stands(here: World, integration: Integration) -> Integration:
    return await here.read(lambda c: integrations.get(c, integration.id))


@pytest.mark.parametrize(("state", "reason"), [(State.DISABLED, OFF), (State.ERROR, RIGHTS)])
async def test_tokens_of_one_that_rests_are_kept_alive_through_restarts(
    here: World, state: State, reason: Reason
) -> None:
    integration = await here.connect("jobber")
    await here.write(lambda c: here.house.store.move(c, integration.id, state, reason, here.clock.now()))
    before = await token(here, integration)
    await here.write(lambda c: c.execute(wakeups.delete()))  # whatever was planned is lost
    here.clock.advance((UNSAID / 2).total_seconds())
    await sweep(here.house)
    await here.work()
    after = await token(here, integration)
    assert (after.refresh_token != before.refresh_token, (await stands(here, integration)).state) == (True, state)
    assert await here.read(lambda c: here.house.store.vault.fading(c, here.clock.now())) == []


async def test_one_that_is_off_and_whose_token_died_says_so_and_asks_no_more(here: World) -> None:
    integration = await here.connect("jobber")
    await here.write(lambda c: here.house.store.move(c, integration.id, State.DISABLED, OFF, here.clock.now()))
    here.jobber.grants.drop()
    here.clock.advance((UNSAID / 2).total_seconds())
    assert await refresh(here.house, integration.id) is None
    found = await stands(here, integration)
    assert (found.state, found.reason and found.reason.code) == (State.DISABLED, "credential-refused")
    assert (await token(here, integration)).refresh_token is None
    asked = here.jobber.calls[ASKED]
    await here.work(wait=timedelta(days=30))
    assert here.jobber.calls[ASKED] == asked


async def test_one_whose_credential_was_refused_is_not_kept_alive(here: World) -> None:
    integration = await here.connect("jobber")
    reason = Reason("credential-refused", "no", "Connect again")
    await here.write(lambda c: here.house.store.move(c, integration.id, State.ERROR, reason, here.clock.now()))
    asked = here.jobber.calls[ASKED]
    here.clock.advance(UNSAID.total_seconds())
    await sweep(here.house)
    await here.work()
    assert here.jobber.calls[ASKED] == asked


async def test_a_partner_that_is_away_moves_nothing_and_is_asked_again(here: World) -> None:
    integration = await here.connect("jobber")
    await here.work()
    before = await token(here, integration)
    here.clock.advance((UNSAID / 2).total_seconds())
    here.jobber.fail_next(2, 503, on="/oauth/token")
    await sweep(here.house)
    await here.work(wait=timedelta(minutes=10))
    assert (await stands(here, integration)).state is State.ACTIVE
    assert (await token(here, integration)).refresh_token != before.refresh_token


async def test_a_401_in_the_middle_of_a_sync_renews_once_and_goes_on(here: World) -> None:
    integration = await here.connect("jobber")
    pages = 0

    async def refuse_after_the_first_page(request: httpx.Request) -> None:
        nonlocal pages
        if b"query Clients" in request.content:
            pages += 1
            if pages == 1:
                here.jobber.fail_next(1, 401, on="/graphql")

    for number in range(60):
        here.jobber.add("clients", firstName=f"Client {number}")
    here.wire.after = refuse_after_the_first_page
    asked = here.jobber.calls[ASKED]
    run = await sync.run(here.house, integration, "clients")
    assert here.jobber.calls[ASKED] - asked == 1
    assert run.counts.seen == len(here.jobber.table("clients"))
    assert pages > 3


async def test_a_refused_refresh_in_a_sync_is_asked_once(here: World) -> None:
    integration = await here.connect("jobber")
    here.jobber.grants.drop()
    here.clock.advance(4000)
    asked = here.jobber.calls[ASKED]
    await here.work(wait=timedelta(days=2))
    assert here.jobber.calls[ASKED] - asked == 1
    found = await stands(here, integration)
    assert (found.state, found.reason and found.reason.code) == (State.ERROR, "credential-refused")


async def test_a_wrong_client_secret_is_the_operators_and_no_company_connects_again(here: World) -> None:
    integration = await here.connect("jobber")
    here.clock.advance(4000)
    wrong = open_tokens(here, {"jobber": {**APPS["jobber"], "client_secret": Secret("no longer")}})
    with pytest.raises(AuthenticationError, match="check the client id and secret"):
        await wrong.get(here.house.connectors.get("jobber"), integration)
    found = await stands(here, integration)
    assert (found.state, found.reason and found.reason.code) == (State.ERROR, "client-refused")
    await sync.run(here.house, found, "clients")  # the operator has mended it
    assert (await stands(here, integration)).state is State.ACTIVE


def open_tokens(here: World, apps: Apps) -> Tokens:
    return Tokens(here.house.store, here.house.http, here.clock, apps)
