"""Teamup, from the link's key to what changed in the calendar, against the simulated one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.limits import Window
from runner.authoring.simulate.teamup import TeamUp
from runner.connector.config import Config
from runner.engine.actions.act import act
from runner.engine.syncs import sync
from runner.errors import PartnerError, RecordSkipped
from runner.mapping.functions import iso8601
from runner.model.integration import Integration, State
from runner.model.push import PushState
from runner.model.run import RunState
from runner.store import integrations, pushes
from tests.partners import BASE, World, world

VISITS = Config.model_validate(
    {
        "deliver": {
            "visits": {
                "record": "appointment",
                "from": ["jobber"],
                "to": "teamup",
                "when": "starts_at && ends_at",
                "input": {
                    "host_id": "id",
                    "title": "status",
                    "subcalendars": "`[4822000]`",
                    "starts_at": "starts_at",
                    "ends_at": "ends_at",
                },
                "create": "create_event",
            }
        }
    }
)
FIRST, SERIES = "180300001", "180300004"


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, partners=("teamup",), size=36, teamup={"limits": (Window(2, 1.0),)}) as opened:
        yield opened


@pytest.fixture
def partner(here: World) -> TeamUp:
    found: TeamUp = here.partners["teamup"]
    return found


@pytest.fixture
async def calendar(here: World, partner: TeamUp) -> Integration:
    made = await here.connect("teamup")
    partner.hooks.url = f"{BASE}/webhooks/teamup/{made.id}"
    return made


async def run(here: World, calendar: Integration, name: str = "events", **how: Any) -> Any:
    here.clock.advance(60)
    return await sync.run(here.house, calendar, name, **how)


def occurring(partner: TeamUp, here: World) -> dict[str, dict[str, Any]]:
    """What takes place from 30 days back to 180 ahead."""
    today = here.clock.now().date()
    rows = partner.diary.window(today - timedelta(days=30), today + timedelta(days=180), "UTC")
    return {row["id"]: row for row in rows}


async def told(here: World, partner: TeamUp) -> None:
    """Deliver what waits, and let the runner work on it."""
    assert all(one.accepted for one in await partner.deliver())
    here.clock.advance(10)
    await here.work()


def event(**own: Any) -> dict[str, Any]:
    times = {"starts_at": "2026-06-01T09:00:00Z", "ends_at": "2026-06-01T11:00:00Z"}
    return {"host_id": "h-1", "title": "Gutter", "subcalendars": [4822000], **times, **own}


async def test_the_link_stands_for_the_account(calendar: Integration) -> None:
    assert (calendar.state, calendar.account_id, calendar.account_name) == (State.ACTIVE, "100200", "Operations")


async def test_a_link_that_nobody_shared_does_not_connect(here: World) -> None:
    made = await here.connect("teamup", calendar_key="ksrenewed00000000")
    assert made.state is State.ERROR
    assert made.reason is not None
    assert "could not be found" in made.reason.message


async def test_a_link_with_a_password_wants_it(database_url: str) -> None:
    async with world(database_url, partners=("teamup",), teamup={"password": "open"}) as here:
        assert (await here.connect("teamup")).state is State.ERROR
        assert (await here.connect("teamup", "other", password="open")).state is State.ACTIVE


async def test_a_company_has_several_calendars(here: World, calendar: Integration) -> None:
    other = await here.connect("teamup", calendar_key="ksexample0admin001")
    assert (other.state, other.account_name, other.id == calendar.id) == (State.ACTIVE, "Office", False)


async def test_what_is_stored_is_what_takes_place(here: World, partner: TeamUp, calendar: Integration) -> None:
    done = await run(here, calendar)
    assert (done.state, done.counts.quarantined) == (RunState.DONE, 0)
    stored, truth = await here.records(calendar, "appointment"), occurring(partner, here)
    assert stored.keys() == truth.keys()
    for key, row in truth.items():
        fields = stored[key].fields
        assert fields["title"] == (row["title"] or None), key
        assert fields["starts_at"] == (None if row["all_day"] else iso8601(row["start_dt"])), key
        assert fields["starts_on"] == (row["start_dt"][:10] if row["all_day"] else None), key
        assert fields["calendars"] == [str(one) for one in row["subcalendar_ids"]], key
    assert partner.violations == 0


async def test_subcalendars_are_stored_with_those_not_in_use(here: World, calendar: Integration) -> None:
    await run(here, calendar, "subcalendars")
    stored = await here.records(calendar, "calendar")
    assert len(stored) == 6
    assert [key for key, record in stored.items() if record.inactive] == ["4822005"]


async def test_what_changes_between_two_slices_is_in_the_next_delta(
    here: World, partner: TeamUp, calendar: Integration
) -> None:
    slices = 0

    async def before(request: httpx.Request) -> None:
        nonlocal slices
        slices += "startDate" in request.url.params
        here.clock.advance(10)
        if slices == 5:
            partner.change("events", FIRST, title="Changed meanwhile")

    here.wire.before = before
    await run(here, calendar)
    here.wire.before = None
    await run(here, calendar)
    assert (await here.records(calendar, "appointment"))[FIRST].fields["title"] == "Changed meanwhile"


async def test_after_that_the_delta_is_asked_by_the_partner_s_clock(
    here: World, partner: TeamUp, calendar: Integration
) -> None:
    await run(here, calendar)
    partner.change("events", FIRST, title="Changed")
    partner.change("events", SERIES, title="Weekly talk")
    partner.remove("events", "180300002")
    done = await run(here, calendar)
    assert done.counts.seen == 3
    stored = await here.records(calendar, "appointment")
    assert stored[FIRST].fields["title"] == "Changed"
    assert (stored[SERIES].fields["title"], stored[SERIES].fields["recurrence"]) == (
        "Weekly talk",
        ["RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"],
    )
    assert stored["180300002"].inactive
    asked = [request.url.params for request in here.wire.requests if request.url.path.endswith("/events")]
    assert ["modifiedSince" in params for params in asked] == [False] * 7 + [True]


async def test_a_delta_names_the_series_and_its_near_occurrences_come_with_the_hour(
    here: World, partner: TeamUp, calendar: Integration
) -> None:
    await run(here, calendar)
    here.clock.advance(600)
    partner.change("events", SERIES, title="Weekly talk")
    soon = (here.clock.now() + timedelta(days=14)).isoformat()

    async def titles() -> set[str]:
        stored = await here.records(calendar, "appointment")
        near = [one for key, one in stored.items() if key.startswith(f"{SERIES}-rid-")]
        return {one.fields["title"] for one in near if here.clock.now().isoformat() < one.fields["starts_at"] < soon}

    await run(here, calendar)
    assert await titles() != {"Weekly talk"}
    before = len(here.wire.requests)
    await run(here, calendar, "soon")
    assert await titles() == {"Weekly talk"}
    assert len(here.wire.requests) - before == 1


async def test_a_checkpoint_that_is_too_old_gives_way_to_a_window(
    here: World, partner: TeamUp, calendar: Integration
) -> None:
    await run(here, calendar)
    here.clock.advance(30 * 86_400)
    done = await run(here, calendar)
    assert done.state is RunState.DONE
    assert occurring(partner, here).keys() <= (await here.records(calendar, "appointment")).keys()


async def test_a_link_that_is_deleted_stops_the_integration(
    here: World, partner: TeamUp, calendar: Integration
) -> None:
    partner.disconnect()
    with pytest.raises(PartnerError):
        await run(here, calendar)
    found = await here.read(lambda c: integrations.get(c, calendar.id))
    assert found.state is State.ERROR
    assert found.reason is not None
    assert "give the new key" in found.reason.message


async def test_a_notice_brings_what_is_there_now(here: World, partner: TeamUp, calendar: Integration) -> None:
    await here.work()
    partner.change("events", FIRST, title="Told")
    partner.change("events", FIRST, title="Told twice")
    partner.outbox.disturb(copies=2, reverse=True)
    await told(here, partner)
    stored = await here.records(calendar, "appointment")
    assert stored[FIRST].fields["title"] == "Told twice"
    assert partner.calls["GET /{key}/events/{id}"] == 1


async def test_a_removed_event_is_deleted(here: World, partner: TeamUp, calendar: Integration) -> None:
    await here.work()
    partner.remove("events", FIRST)
    await told(here, partner)
    assert FIRST not in await here.records(calendar, "appointment")


async def test_a_trial_is_welcome_when_it_is_signed(here: World, partner: TeamUp, calendar: Integration) -> None:
    partner.hooks.try_out()
    partner.hooks.try_out(signed=False)
    assert [one.status for one in await partner.deliver()] == [200, 401]


async def test_an_event_is_made_in_the_calendar(here: World, partner: TeamUp, calendar: Integration) -> None:
    made = await act(here.house, calendar, "create_event", event(notes="Ring twice"))
    row = partner.table("events").row(made["id"])
    assert (row["remote_id"], row["notes"], row["version"]) == ("h-1", "<p>Ring twice</p>", made["version"])
    assert row["start_dt"] == "2026-06-01T10:00:00+01:00"


async def test_one_whose_answer_was_lost_is_found(database_url: str) -> None:
    async with world(database_url, partners=("teamup",), config=VISITS, jobber={"size": 1}) as here:
        await here.connect("teamup")
        partner: TeamUp = here.partners["teamup"]
        before = len(partner.table("events"))
        partner.fail_next(1, "lost", on="POST /{key}/events")
        source = await here.connect("jobber")
        await here.work(wait=timedelta(minutes=5))
        visits = [one for one in (await here.records(source, "appointment")).values() if one.fields["starts_at"]]
        made = [row["remote_id"] for row in list(partner.table("events"))[before:]]
        assert sorted(made) == sorted(one.external_id for one in visits)
        assert {one.state for one in await here.read(lambda c: pushes.find(c))} == {PushState.DONE}


async def test_an_id_of_ours_that_is_there_already_is_said(here: World, calendar: Integration) -> None:
    with pytest.raises(PartnerError, match="remote id job-1001 is used already"):
        await act(here.house, calendar, "create_event", event(host_id="job-1001"))


async def test_a_change_is_made_by_the_version_that_is_there(
    here: World, partner: TeamUp, calendar: Integration
) -> None:
    key = partner.add("events", rrule="", title="Before")
    partner.change("events", key, who="Changed by somebody")
    made = await act(here.house, calendar, "update_event", event(id=key, title="After"))
    row = partner.table("events").row(key)
    assert (row["title"], row["remote_id"], row["version"]) == ("After", "h-1", made["version"])


async def test_what_is_not_ours_stays_and_what_is_left_out_is_cleared(
    here: World, partner: TeamUp, calendar: Integration
) -> None:
    key = partner.add("events", rrule="", who="Crew A", custom={"status": ["waiting"]}, location="1 Example Street")
    await act(here.house, calendar, "update_event", event(id=key))
    row = partner.table("events").row(key)
    assert (row["who"], row["custom"], row["location"]) == ("Crew A", {"status": ["waiting"]}, "")


async def test_a_stale_version_is_read_again(here: World, partner: TeamUp, calendar: Integration) -> None:
    key = partner.add("events", rrule="", title="Before")

    async def faster(request: httpx.Request) -> None:
        if request.method == "PUT":
            here.wire.before = None
            partner.change("events", key, who="Crew B")

    here.wire.before = faster
    await act(here.house, calendar, "update_event", event(id=key, title="After"))
    row = partner.table("events").row(key)
    assert (row["title"], row["who"]) == ("After", "Crew B")
    assert partner.calls["PUT /{key}/events/{id}"] == 2


async def test_who_is_always_slower_gives_up_with_their_words(
    here: World, partner: TeamUp, calendar: Integration
) -> None:
    key = partner.add("events", rrule="", title="Before")

    async def faster(request: httpx.Request) -> None:
        if request.method == "PUT":
            partner.change("events", key, who="Crew B")

    here.wire.before = faster
    with pytest.raises(PartnerError, match="The version is not that of the event"):
        await act(here.house, calendar, "update_event", event(id=key, title="After"))
    assert partner.table("events").row(key)["title"] == "Before"


async def test_a_series_is_changed_as_a_whole(here: World, partner: TeamUp, calendar: Integration) -> None:
    rule = partner.table("events").row(SERIES)["rrule"]
    with pytest.raises(PartnerError, match="redit is missing"):
        await act(here.house, calendar, "update_event", event(id=SERIES))
    await act(here.house, calendar, "update_event", event(id=SERIES, title="Weekly talk", part="all"))
    row = partner.table("events").row(SERIES)
    assert (row["title"], row["rrule"]) == ("Weekly talk", rule)


async def test_a_change_whose_answer_was_lost_is_made_of_what_is_there(
    here: World, partner: TeamUp, calendar: Integration
) -> None:
    key = partner.add("events", rrule="", title="Before")
    partner.fail_next(1, "lost", on="PUT")
    made = await act(here.house, calendar, "update_event", event(id=key, title="After"))
    assert (partner.table("events").row(key)["title"], made["id"]) == ("After", key)


async def test_an_event_of_no_subcalendar_is_refused_in_their_words(here: World, calendar: Integration) -> None:
    with pytest.raises(PartnerError, match="subcalendar_ids is missing or invalid"):
        await act(here.house, calendar, "create_event", event(subcalendars=[]))


async def test_a_deletion_is_made_once(here: World, partner: TeamUp, calendar: Integration) -> None:
    await act(here.house, calendar, "delete_event", {"id": FIRST})
    assert partner.table("events").row(FIRST)["delete_dt"]
    with pytest.raises(RecordSkipped):
        await act(here.house, calendar, "delete_event", {"id": FIRST})
