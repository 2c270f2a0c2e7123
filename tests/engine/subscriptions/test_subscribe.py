from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from runner.connector.connector import Connector
from runner.engine.integrations import disconnect
from runner.engine.subscriptions import subscribe, unsubscribe
from runner.engine.work import sweep
from runner.engine.work.dispatch import Again
from runner.errors import PartnerUnavailable
from runner.model.event import EventState
from runner.model.integration import Reason, State
from runner.model.run import RunState
from runner.store import integrations, runs, subscriptions
from runner.store.subscriptions import SubscriptionState
from tests.engine.hooked import Hooked, hooked

pytestmark = pytest.mark.each_database

LIVE, FAILED, LOST, ENDING = (
    SubscriptionState.LIVE,
    SubscriptionState.FAILED,
    SubscriptionState.LOST,
    SubscriptionState.ENDING,
)


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Hooked]:
    async with hooked(database_url) as opened:
        yield opened


async def test_connecting_asks_for_webhooks_at_the_integrations_own_address(here: Hooked) -> None:
    made = await here.connect("photos")
    await here.work()

    (hook,) = here.partner.hooks.values()
    assert hook["url"] == f"https://runner.example/webhooks/photos/{made.id}"
    assert [(one.state, one.external_id) for one in await here.rows(made)] == [(LIVE, "101")]
    told = await here.partner.tell("101", "project.created", {"id": "9", "name": "Roof"})
    assert (told.status, told.accepted, told.unrouted) == (200, 1, 0)
    (event,) = await here.events()
    assert event.integration_id == made.id


async def test_every_subscription_has_a_secret_of_its_own(here: Hooked) -> None:
    one, other = await here.connect("photos"), await here.connect("photos", "other")
    await here.work()
    first, second = here.partner.hooks.values()
    assert first["token"] != second["token"]
    assert min(len(first["token"]), len(second["token"])) >= 32
    forged = {**first, "url": second["url"]}
    assert (await here.partner.tell("101", "project.created", {}, known=forged)).status == 401
    assert one.id != other.id


async def test_the_first_message_may_come_before_the_answer(here: Hooked) -> None:
    await here.connect("calendar")
    await here.work()
    assert [told.status for told in here.partner.told] == [200]
    (event,) = await here.events()
    assert (event.type, event.state) == ("sync", EventState.DROPPED)


async def test_a_new_one_is_made_before_the_old_one_ends(here: Hooked) -> None:
    made = await here.connect("calendar")
    (verdict,) = await here.work()
    assert verdict == Again(here.clock.now() + timedelta(days=6))
    (old,) = here.partner.channels
    before = dict(here.partner.channels[old])

    here.clock.advance(timedelta(days=6).total_seconds())
    here.partner.calls.clear()
    await here.work()

    (new,) = here.partner.channels
    assert new != old
    assert here.partner.calls == [("POST", "/watch"), ("POST", "/stop")]
    assert [one.key for one in await here.rows(made)] == [new]
    assert (await here.partner.notify(new)).status == 200
    assert (await here.partner.notify(old, known=before)).status == 401


async def test_the_old_secret_is_good_until_the_old_one_is_deleted(here: Hooked) -> None:
    made = await here.connect("calendar")
    await here.work()
    (old,) = here.partner.channels
    here.partner.refuse["/stop"] = [(500, {})]
    here.clock.advance(timedelta(days=6).total_seconds())
    await here.work()

    assert [one.state for one in await here.rows(made)] == [ENDING, LIVE]
    assert [(await here.partner.notify(channel)).status for channel in here.partner.channels] == [200, 200]
    here.clock.advance(120)
    await here.work()
    assert old not in here.partner.channels
    assert [one.state for one in await here.rows(made)] == [LIVE]


async def test_a_short_life_is_not_renewed_without_end(here: Hooked) -> None:
    here.partner.life = timedelta(hours=2)
    await here.connect("calendar")
    (verdict,) = await here.work()
    assert verdict == Again(here.clock.now() + timedelta(hours=1))


async def test_what_the_partner_may_have_dropped_is_made_anew_when_the_company_connects_again(here: Hooked) -> None:
    made = await here.connect("calendar")
    await here.work()
    (old,) = here.partner.channels
    here.partner.channels.clear()  # with the consent
    await here.error(made)

    await here.connect("calendar")
    here.partner.calls.clear()
    await here.work()
    (new,) = here.partner.channels
    assert new != old
    assert here.partner.calls == [("POST", "/watch"), ("POST", "/stop")]
    assert [(one.key, one.state) for one in await here.rows(made)] == [(new, LIVE)]


async def test_what_can_be_looked_at_is_kept_when_it_is_there(here: Hooked) -> None:
    made = await here.connect("photos")
    await here.work()
    await here.error(made)
    await here.connect("photos")
    here.partner.calls.clear()
    await here.work()
    assert ("POST", "/hooks") not in here.partner.calls
    assert [(one.state, one.external_id) for one in await here.rows(made)] == [(LIVE, "101")]


async def test_one_that_cannot_be_looked_at_rests_while_it_stays_connected(here: Hooked) -> None:
    made = await here.connect("calendar")
    (first,) = await here.work()
    calendar = here.house.connectors.get("calendar")
    await here.house.store.database.write(lambda c: subscribe.wake(c, here.house, calendar, made.id))
    here.partner.calls.clear()
    assert await here.work() == [first]
    assert here.partner.calls == []


async def test_between_two_refusals_of_a_renewal_nothing_is_done(here: Hooked) -> None:
    made = await here.connect("calendar")
    await here.work()
    here.partner.refuse["/watch"] = [(403, {})]
    here.clock.advance(timedelta(days=6).total_seconds())
    (verdict,) = await here.work()
    assert verdict == Again(here.clock.now() + timedelta(hours=1))
    assert [one.state for one in await here.rows(made)] == [LIVE, FAILED]

    here.clock.advance(3600)
    await here.work()
    assert [one.state for one in await here.rows(made)] == [LIVE]


async def test_a_hook_that_the_partner_switched_off_is_switched_on_again(here: Hooked) -> None:
    made = await here.connect("photos")
    await here.work()
    await here.work("sync")
    here.partner.hooks["101"]["enabled"] = False

    here.clock.advance(3600)
    await here.work()

    assert here.partner.hooks["101"]["enabled"]
    assert [one.external_id for one in await here.rows(made)] == ["101"]
    assert "subscription-mended" in here.log.events()
    assert len(await here.work("sync")) == 1  # what was missed meanwhile
    last = await here.house.store.database.read(lambda c: runs.last(c, made.id, "projects"))
    assert last.state is RunState.DONE


async def test_a_hook_that_is_gone_is_made_anew(here: Hooked) -> None:
    made = await here.connect("photos")
    await here.work()
    here.partner.hooks.clear()
    here.clock.advance(3600)
    await here.work()
    assert [one.external_id for one in await here.rows(made)] == ["102"]
    assert list(here.partner.hooks) == ["102"]


async def test_a_hook_that_cannot_be_mended_is_replaced(here: Hooked) -> None:
    made = await here.connect("photos")
    await here.work()
    here.partner.hooks["101"]["enabled"] = False
    here.partner.refuse["/hooks/101"] = [(422, {})]
    here.clock.advance(3600)
    await here.work()
    assert list(here.partner.hooks) == ["102"]
    assert [one.external_id for one in await here.rows(made)] == ["102"]


async def test_a_check_that_cannot_be_made_changes_nothing(here: Hooked) -> None:
    made = await here.connect("photos")
    await here.work()
    here.partner.refuse["/hooks"] = [(500, {})]
    here.clock.advance(3600)
    await here.work()
    (one,) = await here.rows(made)
    assert (one.state, one.external_id, one.attempts) == (LIVE, "101", 1)
    assert "answers 500" in str(one.note)
    here.clock.advance(120)
    await here.work()
    (one,) = await here.rows(made)
    assert (one.attempts, one.note) == (0, None)


async def test_a_refusal_is_visible_without_the_secret_and_tried_again(here: Hooked) -> None:
    made = await here.connect("photos")
    here.partner.refuse["/hooks"] = [(422, {"errors": ["at most 40 webhooks"]})]
    (verdict,) = await here.work()
    (refused,) = await here.rows(made)
    assert (refused.state, refused.attempts) == (FAILED, 1)
    assert "answers 422" in str(refused.note)
    assert isinstance(verdict, Again)

    await here.house.store.database.write(lambda c: subscribe.wake(c, here.house, _photos(here), made.id))
    await here.work()

    (live,) = await here.rows(made)
    assert (live.state, live.key, live.note) == (LIVE, refused.key, None)


async def test_a_try_without_an_answer_leaves_its_secret_good_for_a_day(here: Hooked) -> None:
    made = await here.connect("photos")
    here.partner.cut = True
    await here.work()
    assert sorted(one.state for one in await here.rows(made)) == [FAILED, LOST]
    assert (await here.partner.tell("101", "project.created", {"id": "9"})).status == 200

    here.clock.advance(120)
    await here.work()
    assert sorted(one.state for one in await here.rows(made)) == [LIVE, LOST]
    here.clock.advance(timedelta(days=1).total_seconds())
    await here.work()
    assert [one.state for one in await here.rows(made)] == [LIVE]
    assert (await here.partner.tell("101", "project.created", {"id": "9"})).status == 401


async def test_a_process_that_died_while_asking_does_not_ask_with_the_same_key(here: Hooked) -> None:
    made = await here.connect("calendar")
    await here.work()
    (key,) = here.partner.channels
    await here.house.store.database.write(lambda c: subscriptions.change(c, key, state="asked", external_id=None))
    await subscribe.keep(here.house, made.id)
    assert sorted(one.state for one in await here.rows(made)) == [LIVE, LOST]
    assert len(here.partner.channels) == 2


async def test_the_sweep_makes_a_lost_wake_up_again(here: Hooked) -> None:
    made = await here.connect("photos")
    await here.work("nothing")  # the wake-up is lost
    await sweep.sweep(here.house)
    await here.work()
    assert [one.state for one in await here.rows(made)] == [LIVE]
    await here.work("nothing")
    here.clock.advance(3600)
    here.partner.hooks["101"]["enabled"] = False
    await sweep.sweep(here.house)
    await here.work()
    assert here.partner.hooks["101"]["enabled"]


async def test_ending_deletes_what_is_at_the_partner(here: Hooked) -> None:
    made = await here.connect("photos")
    await here.work()
    before = dict(here.partner.hooks["101"])
    await unsubscribe.end(here.house, made)
    assert here.partner.hooks == {}
    assert await here.rows(made) == []
    assert (await here.partner.tell("101", "project.created", {}, known=before)).status == 401


async def test_ending_is_tried_again_when_the_partner_is_away(here: Hooked) -> None:
    made = await here.connect("photos")
    await here.work()
    here.partner.refuse["/hooks/101"] = [(503, {})]
    with pytest.raises(PartnerUnavailable):
        await unsubscribe.end(here.house, made)
    assert [one.external_id for one in await here.rows(made)] == ["101"]
    await unsubscribe.end(here.house, made)
    assert here.partner.hooks == {}


async def test_a_refused_ending_is_told_and_forgotten(here: Hooked) -> None:
    made = await here.connect("photos")
    await here.work()
    here.partner.refuse["/hooks/101"] = [(422, {})]
    await unsubscribe.end(here.house, made)
    assert await here.rows(made) == []
    assert "subscription-trouble" in here.log.events()


async def test_a_connector_that_asks_for_none_has_nothing_to_end(here: Hooked) -> None:
    made = await here.connect("photos")
    await unsubscribe.end(here.house, made)
    assert here.partner.calls == []


@pytest.mark.parametrize("state", [State.ERROR, State.DISABLED])
async def test_nothing_is_asked_for_one_that_is_not_active(here: Hooked, state: State) -> None:
    made = await here.connect("photos")
    await here.house.store.database.write(
        lambda c: c.execute(integrations.integrations.update().values(state=state.value))
    )
    assert await subscribe.keep(here.house, made.id) is None
    assert await subscribe.keep(here.house, "nobody") is None
    assert here.partner.calls == []


def _photos(here: Hooked) -> Connector:
    return here.house.connectors.get("photos")


async def test_disconnecting_ends_them_while_the_credential_is_there(here: Hooked) -> None:
    made = await here.connect("photos")
    await here.work()
    assert await disconnect.disconnect(here.house, made, Reason("disconnected", "by a test"))
    assert here.partner.hooks == {}
    assert await here.rows(made) == []


async def test_a_partner_that_is_away_is_asked_again_to_end_them(here: Hooked) -> None:
    made = await here.connect("photos")
    await here.work()
    here.partner.refuse["/hooks/101"] = [(503, {})]
    assert not await disconnect.disconnect(here.house, made, Reason("disconnected", "by a test"))
    here.clock.advance(600)
    await here.work("part")
    assert here.partner.hooks == {}
    assert await here.rows(made) == []


async def test_what_is_made_while_somebody_disconnects_does_not_stay_behind(here: Hooked) -> None:
    made = await here.connect("photos")
    here.partner.meanwhile = lambda: here.house.store.database.write(
        lambda c: disconnect.part(c, here.house, made.id, Reason("disconnected", "by a test"))
    )
    await here.work()
    assert await here.rows(made) == []
    before = {"url": f"https://runner.example/webhooks/photos/{made.id}", "token": here.partner.hooks["101"]["token"]}
    assert (await here.partner.tell("101", "project.created", {"id": "1"}, known=before)).status == 401
