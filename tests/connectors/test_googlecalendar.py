"""Google Calendar, from consent to stored records, against the simulated account's own truth."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from runner.authoring.simulate.googlecalendar import GoogleCalendar
from runner.authoring.simulate.googlecalendar_data import CREW, FIRST
from runner.engine.actions.act import act
from runner.engine.integrations import disconnect
from runner.engine.syncs import sync
from runner.errors import AuthenticationError, PartnerError, PushError, RunnerError, UnexpectedResponse
from runner.model.integration import Integration, Reason, State
from runner.model.record import Record
from runner.model.run import RunState, SyncRun
from runner.store import integrations
from tests.partners import World, world
from tests.shelf import shipped, text_of

WEEK = timedelta(days=7)


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, partners=("googlecalendar",), size=39) as opened:
        yield opened


@pytest.fixture
def partner(here: World) -> GoogleCalendar:
    found: GoogleCalendar = here.partners["googlecalendar"]
    return found


@pytest.fixture
async def company(here: World) -> Integration:
    return await here.connect("googlecalendar")


async def run(here: World, company: Integration, name: str = "events") -> SyncRun:
    return await sync.run(here.house, company, name)


async def appointments(here: World, company: Integration) -> dict[str, Record]:
    return await here.records(company, "appointment")


def ordinary(partner: GoogleCalendar) -> dict[str, dict[str, object]]:
    """The events that are there, people's out-of-office notes aside."""
    rows = {row["id"]: row for row in partner.table("events")}
    return {
        key: row
        for key, row in rows.items()
        if row.get("eventType", "default") == "default" and (row["status"] != "cancelled" or "recurringEventId" in row)
    }


async def test_the_calendar_is_known_by_its_id(company: Integration) -> None:
    assert (company.state, company.account_id, company.account_name) == (State.ACTIVE, "ops@example.com", "Operations")


async def test_a_scope_that_was_left_unticked_is_told(here: World, company: Integration) -> None:
    with pytest.raises(RunnerError, match=r"calendar\.events"):
        await here.consent(company, without="calendar.events")


async def test_each_calendar_is_an_integration_of_its_own(here: World, company: Integration) -> None:
    crew = await here.connect("googlecalendar", calendar_id=CREW)
    assert (crew.id != company.id, crew.account_id) == (True, CREW)


async def test_what_is_stored_is_what_the_calendar_has(
    here: World, partner: GoogleCalendar, company: Integration
) -> None:
    done = await run(here, company)
    assert (done.state, done.counts.quarantined) == (RunState.DONE, 0)
    stored, truth = await appointments(here, company), ordinary(partner)
    assert stored.keys() == truth.keys()
    assert {key for key, one in stored.items() if one.inactive} == {
        key for key, row in truth.items() if row["status"] == "cancelled"
    }
    assert {key: one.fields.get("sync_token") for key, one in stored.items()} == {
        key: row["etag"] for key, row in truth.items()
    }
    assert stored[FIRST].fields["description"] == "Bring ladder"
    assert stored[FIRST].fields["host_project_id"] == "1001"
    assert partner.violations == 0


async def test_occurrences_belong_to_their_series(here: World, partner: GoogleCalendar, company: Integration) -> None:
    await run(here, company)
    stored = await appointments(here, company)
    below = {key: one for key, one in ordinary(partner).items() if "recurringEventId" in one}
    series = {key: stored[key].fields["series"] for key in below}
    assert series == {key: one["recurringEventId"] for key, one in below.items()}
    assert len(below) == 6


async def test_what_was_deleted_is_missed_by_the_next_pass(
    here: World, partner: GoogleCalendar, company: Integration
) -> None:
    await run(here, company)
    partner.remove("events", FIRST)
    await run(here, company)
    assert FIRST not in await appointments(here, company)


async def test_the_calendar_itself_is_a_record(here: World, company: Integration) -> None:
    await run(here, company, "calendar")
    (calendar,) = (await here.records(company, "calendar")).values()
    assert (calendar.fields["name"], calendar.fields["zone"], calendar.fields["access"]) == (
        "Operations",
        "Europe/London",
        "write",
    )


async def test_a_channel_is_opened_on_connect_and_its_news_start_the_sync(
    here: World, partner: GoogleCalendar, company: Integration
) -> None:
    await here.work()
    (channel,) = partner.channels.open.values()
    assert channel.address.endswith(f"/webhooks/googlecalendar/{company.id}")
    partner.change("events", FIRST, summary="Moved to Tuesday")
    await partner.deliver()
    assert [door.status for door in here.doors] == [200, 200]
    await here.work()
    assert (await appointments(here, company))[FIRST].fields["title"] == "Moved to Tuesday"


async def test_the_sync_message_may_come_before_the_answer_and_is_dropped(
    here: World, partner: GoogleCalendar, company: Integration
) -> None:
    async def knock_first(request: object) -> None:
        await partner.deliver()

    here.wire.after = knock_first
    await here.work()
    assert [door.status for door in here.doors] == [200]


async def test_a_channel_is_renewed_before_it_ends_new_one_first(
    here: World, partner: GoogleCalendar, company: Integration
) -> None:
    await here.work()
    (first,) = partner.channels.open
    opened: list[int] = []

    async def count(request: object) -> None:
        opened.append(len(partner.channels.open))

    here.wire.after = count
    await here.work(wait=WEEK)
    (second,) = partner.channels.open
    assert second != first
    assert 2 in opened


async def test_a_token_that_is_not_the_channel_s_is_refused(
    here: World, partner: GoogleCalendar, company: Integration
) -> None:
    await here.work()
    (channel,) = partner.channels.open.values()
    channel.token = "guessed"
    partner.change("events", FIRST, summary="x")
    partner.outbox.waiting = [letter for letter in partner.outbox.waiting if letter.topic == "exists"]
    await partner.deliver()
    assert [door.status for door in here.doors] == [401]


async def test_what_is_deleted_twice_is_deleted(here: World, partner: GoogleCalendar, company: Integration) -> None:
    for _ in range(2):
        await act(here.house, company, "delete_event", {"id": FIRST})
    assert partner.table("events").row(FIRST)["status"] == "cancelled"


async def test_who_takes_the_consent_back_is_told_to_connect_again(
    here: World, partner: GoogleCalendar, company: Integration
) -> None:
    partner.disconnect()
    with pytest.raises(AuthenticationError):
        await run(here, company)
    left = await here.read(lambda connection: integrations.get(connection, company.id))
    assert left.state is State.ERROR


async def test_disconnecting_stops_the_channel_and_revokes(
    here: World, partner: GoogleCalendar, company: Integration
) -> None:
    await here.work()
    await disconnect.disconnect(here.house, company, Reason("disconnected", "the company asked for it"))
    await here.work()
    assert partner.channels.open == {}
    assert partner.calls["POST /revoke"] == 1


async def test_over_the_limit_the_runner_waits_and_goes_on(
    here: World, partner: GoogleCalendar, company: Integration
) -> None:
    partner.fail_next(1, 429, on="events")
    done = await run(here, company)
    assert done.state is RunState.DONE


async def test_a_later_run_asks_with_the_token(here: World, partner: GoogleCalendar, company: Integration) -> None:
    await run(here, company)
    here.clock.advance(600)
    partner.change("events", FIRST, summary="Moved by the office")
    partner.remove("events", next(key for key, row in ordinary(partner).items() if plain(row) and key != FIRST))
    second = await run(here, company)
    assert (second.full, second.counts.seen) == (False, 2)
    found = await appointments(here, company)
    assert found.keys() == ordinary(partner).keys()
    assert found[FIRST].fields["title"] == "Moved by the office"


def plain(row: dict[str, object]) -> bool:
    return not row.get("recurrence") and "recurringEventId" not in row


async def test_a_token_that_is_gone_begins_anew(database_url: str) -> None:
    async with world(database_url, partners=("googlecalendar",), googlecalendar={"sync_lifetime": 3600.0}) as here:
        company, partner = await here.connect("googlecalendar"), here.partners["googlecalendar"]
        await run(here, company)
        partner.remove("events", next(key for key, row in ordinary(partner).items() if plain(row)))
        here.clock.advance(7200)
        second = await run(here, company)
        assert (second.full, second.state) == (True, RunState.DONE)
        assert (await appointments(here, company)).keys() == ordinary(partner).keys()


async def a_year_of_changes(here: World, partner: GoogleCalendar) -> tuple[str, str, str]:
    """What can become of a series: renamed, one occurrence moved, one cancelled, and another series deleted whole."""
    below = [row for row in partner.table("events") if "recurringEventId" in row]
    moved = next(row for row in below if row["status"] == "confirmed")
    ended = next(row["recurringEventId"] for row in below if row["recurringEventId"] != moved["recurringEventId"])
    partner.change("events", moved["recurringEventId"], summary="Weekly briefing, new room")
    partner.change("events", moved["id"], summary="Briefing, in the afternoon", status="confirmed")
    other = next(row for row in below if row["recurringEventId"] == moved["recurringEventId"] and row is not moved)
    partner.change("events", other["id"], status="cancelled")
    partner.remove("events", ended)
    here.clock.advance(60)
    return moved["recurringEventId"], other["id"], ended


@pytest.mark.parametrize("dead", ["by age", "by a change of rights", "not at all"])
async def test_series_and_their_exceptions_come_to_the_same_by_delta_and_by_a_new_beginning(
    database_url: str, dead: str
) -> None:
    lifetime = {"googlecalendar": {"sync_lifetime": 3600.0, "size": 39}}
    async with world(database_url, partners=("googlecalendar",), **lifetime) as here:
        company, partner = await here.connect("googlecalendar"), here.partners["googlecalendar"]
        await run(here, company)
        series, cancelled, ended = await a_year_of_changes(here, partner)
        if dead == "by age":
            here.clock.advance(7200)
        elif dead == "by a change of rights":
            partner.change("calendars", company.account_id, accessRole="writer")
        second = await run(here, company)
        assert (second.full, second.state, second.error) == (dead != "not at all", RunState.DONE, None)
        found = await appointments(here, company)
        assert found[series].fields["title"] == "Weekly briefing, new room"
        assert found[series].fields["recurrence"]
        assert (found[cancelled].inactive, found[cancelled].fields["series"]) == (True, series)
        assert ended not in found
        assert {key for key, one in found.items() if not one.inactive} == {
            key for key, row in ordinary(partner).items() if row["status"] != "cancelled"
        }
        assert (await run(here, company)).full is False
        assert partner.violations == 0


async def test_a_filter_by_change_that_reaches_no_further_back_begins_anew(database_url: str) -> None:
    """`updatedMinTooLongAgo`, by a connector that asks with `updatedMin` in place of a token."""
    text = text_of("googlecalendar")
    token = "incremental: {type: token, path: nextSyncToken, at: last_page}"
    assert text.count('syncToken: "{{ checkpoint }}"') == text.count(token) == 1
    text = text.replace('syncToken: "{{ checkpoint }}"', 'updatedMin: "{{ checkpoint }}"')
    connectors = shipped(googlecalendar=text.replace(token, "incremental: {type: since}"))
    days = {"googlecalendar": {"reach": 86_400.0}}
    async with world(database_url, partners=("googlecalendar",), connectors=connectors, **days) as here:
        company, partner = await here.connect("googlecalendar"), here.partners["googlecalendar"]
        await run(here, company)
        partner.remove("events", FIRST)
        here.clock.advance(2 * 86_400)
        second = await run(here, company)
        assert (second.full, second.state) == (True, RunState.DONE)
        assert FIRST not in await appointments(here, company)


NEW = {"title": "Zephyr survey", "starts_at": "2026-06-01T09:00:00Z", "ends_at": "2026-06-01T11:00:00Z"}


async def test_an_event_whose_answer_was_lost_is_made_once(
    here: World, partner: GoogleCalendar, company: Integration
) -> None:
    async def after(request: httpx.Request) -> None:
        if request.method == "POST" and request.url.path.endswith("/events"):
            here.wire.after = None
            raise httpx.ReadTimeout("late")

    here.wire.after = after
    made = await act(here.house, company, "create_event", NEW)
    assert [row["id"] for row in partner.table("events") if row.get("summary") == "Zephyr survey"] == [made["id"]]


async def test_a_change_that_somebody_was_faster_than_is_made_of_the_newer_event(
    here: World, partner: GoogleCalendar, company: Integration
) -> None:
    made = await act(here.house, company, "create_event", NEW)

    async def faster(request: httpx.Request) -> None:
        if request.method == "PATCH":
            here.wire.before = None
            partner.change("events", made["id"], description="by the office")

    here.wire.before = faster
    await act(here.house, company, "update_event", {**NEW, "id": made["id"], "title": "Roof repair"})
    row = ordinary(partner)[made["id"]]
    assert (row["summary"], row["description"]) == ("Roof repair", "by the office")


async def test_only_what_is_given_is_changed(here: World, partner: GoogleCalendar, company: Integration) -> None:
    made = await act(here.house, company, "create_event", {**NEW, "project": "p-1", "place": "1 Example Street"})
    changed = await act(here.house, company, "update_event", {"id": made["id"], "ends_at": "2026-06-01T12:00:00Z"})
    row = ordinary(partner)[made["id"]]
    assert (row["summary"], row["location"]) == ("Zephyr survey", "1 Example Street")
    assert (row["start"], row["end"]) == ({"dateTime": NEW["starts_at"]}, {"dateTime": "2026-06-01T12:00:00Z"})
    assert row["extendedProperties"] == {"private": {"jobId": "p-1"}}
    assert (changed["etag"], changed["etag"] == made["etag"]) == (row["etag"], False)


async def test_who_is_always_slower_gives_up_with_their_words(
    here: World, partner: GoogleCalendar, company: Integration
) -> None:
    made = await act(here.house, company, "create_event", NEW)

    async def faster(request: httpx.Request) -> None:
        if request.method == "PATCH":
            partner.change("events", made["id"], description="by the office")

    here.wire.before = faster
    with pytest.raises(PartnerError, match="Precondition Failed"):
        await act(here.house, company, "update_event", {"id": made["id"], "title": "Roof repair"})
    assert ordinary(partner)[made["id"]]["summary"] == "Zephyr survey"


async def test_an_event_that_ends_before_it_begins_is_refused_in_their_words(here: World, company: Integration) -> None:
    with pytest.raises(UnexpectedResponse, match="The specified time range is empty"):
        await act(here.house, company, "create_event", {**NEW, "ends_at": "2026-06-01T08:00:00Z"})


async def test_what_an_event_lacks_is_said_before_anything_is_sent(
    here: World, partner: GoogleCalendar, company: Integration
) -> None:
    before = partner.calls.total()
    with pytest.raises(PushError, match="`title` is missing"):
        await act(here.house, company, "create_event", {"starts_at": NEW["starts_at"], "ends_at": NEW["ends_at"]})
    assert partner.calls.total() == before


async def test_a_change_whose_answer_was_lost_is_made_of_what_is_there(
    here: World, partner: GoogleCalendar, company: Integration
) -> None:
    """The first try has moved the etag: the second reads it again."""
    made = await act(here.house, company, "create_event", NEW)
    partner.fail_next(1, "lost", on="PATCH")
    await act(here.house, company, "update_event", {"id": made["id"], "title": "Roof repair"})
    assert ordinary(partner)[made["id"]]["summary"] == "Roof repair"
