from __future__ import annotations

from sqlalchemy import select

from runner.engine.work.dispatch import MOST_ATTEMPTS, Again, Done, run
from runner.model.integration import State
from runner.model.wakeup import WakeUp
from runner.store import integrations
from runner.store.vault import credentials
from tests.partners import World


async def test_a_limited_sync_waits_and_a_refused_one_is_given_up(here: World) -> None:
    titan = await here.connect("servicetitan")
    here.servicetitan.fail_next(50, 429, on="/jobs")
    limited = await run(here.house, WakeUp("sync", titan.id, "jobs"))
    assert isinstance(limited, Again)
    assert limited.at > here.clock.now()


async def test_a_partner_that_is_away_is_called_again_later(here: World) -> None:
    titan = await here.connect("servicetitan")
    here.servicetitan.fail_next(5, 503, on="/jobs")
    verdict = await run(here.house, WakeUp("sync", titan.id, "jobs"))
    assert isinstance(verdict, Again)
    here.clock.advance((verdict.at - here.clock.now()).total_seconds())
    assert await run(here.house, WakeUp("sync", titan.id, "jobs")) == Done()


async def test_a_refused_credential_is_not_tried_in_a_loop(here: World) -> None:
    titan = await here.connect("servicetitan")
    here.servicetitan.fail_next(1, 403, on="/jobs")
    first = await run(here.house, WakeUp("sync", titan.id, "jobs"))
    assert isinstance(first, Done)
    assert first.failed
    sent = len(here.wire.requests)
    assert await run(here.house, WakeUp("sync", titan.id, "jobs")) == Done("the integration is error")
    assert len(here.wire.requests) == sent


async def test_a_full_sync_can_be_asked_for(here: World) -> None:
    titan = await here.connect("servicetitan")
    await here.work()
    calls = here.wire.count("GET", "/jobs")
    assert await run(here.house, WakeUp("sync", titan.id, "jobs", options={"full": True})) == Done()
    assert "modifiedOnOrAfter" not in str(here.wire.requests[-1].url)
    assert here.wire.count("GET", "/jobs") == calls + 1


async def test_wake_ups_that_lead_nowhere_are_settled(here: World) -> None:
    for wakeup in (WakeUp("sync", "nobody", "jobs"), WakeUp("dance", "x")):
        verdict = await run(here.house, wakeup)
        assert isinstance(verdict, Done)
        assert verdict.failed


async def test_a_closed_store_is_waited_for(here: World) -> None:
    titan = await here.connect("servicetitan")

    async def close(_: object) -> None:
        await here.house.store.close()

    here.wire.before = close
    assert isinstance(await run(here.house, WakeUp("sync", titan.id, "jobs")), Again)


async def test_what_breaks_is_tried_again_and_given_up_in_the_end(here: World) -> None:
    titan = await here.connect("servicetitan")

    async def breaks(_: object) -> None:
        raise KeyError("Ann, +1 402 555 0100")

    here.wire.before = breaks
    first = await run(here.house, WakeUp("sync", titan.id, "jobs"))
    last = await run(here.house, WakeUp("sync", titan.id, "jobs", attempts=MOST_ATTEMPTS))
    assert isinstance(first, Again)
    assert isinstance(last, Done)
    assert "402" not in f"{first.note}{last.note}"


async def test_a_credential_that_no_key_opens_waits_and_heals_by_itself(here: World) -> None:
    titan, jobs = await here.connect("servicetitan"), "jobs"
    sealed = await here.read(lambda c: c.scalar(select(credentials.c.sealed)))
    await here.write(lambda c: c.execute(credentials.update().values(sealed=b"k9:" + sealed[3:])))
    verdict = await run(here.house, WakeUp("sync", titan.id, jobs))
    assert isinstance(verdict, Again)
    assert (await here.read(lambda c: integrations.get(c, titan.id))).state is State.ACTIVE
    await here.write(lambda c: c.execute(credentials.update().values(sealed=sealed)))
    assert await run(here.house, WakeUp("sync", titan.id, jobs)) == Done()
