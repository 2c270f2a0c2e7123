"""What the fact sheet says of reading and writing events; consent and channels have files of their own."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from runner.authoring.simulate.googlecalendar import GoogleCalendar, googlecalendar
from runner.authoring.simulate.googlecalendar_data import BUSY, CREW, FIRST, HOLIDAYS
from runner.authoring.simulate.limits import Window

PRIMARY = "calendars/primary/events"
SURVEY = {
    "summary": "Roof survey",
    "start": {"dateTime": "2026-06-02T09:00:00Z"},
    "end": {"dateTime": "2026-06-02T11:00:00Z"},
}


def inside(partner: GoogleCalendar) -> httpx.AsyncClient:
    token = partner.grants.issue()["access_token"]
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=partner.app),
        base_url="https://www.googleapis.com/calendar/v3/",
        headers={"Authorization": f"Bearer {token}"},
    )


async def pages(client: httpx.AsyncClient, path: str = PRIMARY, **params: Any) -> list[dict[str, Any]]:
    found = [(await client.get(path, params=params)).json()]
    while token := found[-1].get("nextPageToken"):
        found.append((await client.get(path, params={**params, "pageToken": token})).json())
    return found


async def sync(client: httpx.AsyncClient, **params: Any) -> tuple[dict[str, dict[str, Any]], str]:
    found = await pages(client, **params)
    return {item["id"]: item for page in found for item in page["items"]}, found[-1]["nextSyncToken"]


def reason(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    return answer.status_code, error["errors"][0]["reason"]


# Lists


async def test_a_full_listing_goes_page_by_page_and_ends_with_a_sync_token(clock):
    found = await pages(inside(googlecalendar(now=clock, size=40)), maxResults=15)
    assert [("nextPageToken" in page, "nextSyncToken" in page) for page in found] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    assert found[0]["kind"] == "calendar#events"
    assert found[0]["timeZone"] == "Europe/London"


async def test_deleted_events_are_left_out_unless_asked_for_but_cancelled_occurrences_are_not(clock):
    client = inside(googlecalendar(now=clock, size=26))
    plain = [item for page in await pages(client) for item in page["items"]]
    every = [item for page in await pages(client, showDeleted="true") for item in page["items"]]
    assert all("recurringEventId" in item for item in plain if item["status"] == "cancelled")
    gone = [item for item in every if item["status"] == "cancelled" and "recurringEventId" not in item]
    assert len(every) == 26
    assert [set(item) for item in gone] == [{"kind", "etag", "id", "status"}] * 2


async def test_a_page_may_be_empty_and_not_the_last(clock):
    partner = googlecalendar(now=clock, size=3)
    for row in list(partner.table("events")):
        partner.remove("events", row["id"])
    found = await pages(inside(partner), maxResults=1)
    assert [(page["items"], "nextPageToken" in page) for page in found] == [([], True), ([], True), ([], False)]


async def test_a_sync_token_brings_what_changed_and_what_was_deleted_and_nothing_else(clock):
    partner = googlecalendar(now=clock, size=30)
    client = inside(partner)
    known, token = await sync(client)
    nothing, token = await sync(client, syncToken=token)
    assert nothing == {}
    clock.pass_by(60)
    partner.change("events", FIRST, summary="Moved")
    gone = next(key for key, item in known.items() if item.get("summary") == "Crew holiday")
    partner.remove("events", gone)
    made = partner.add("events", summary="New")
    news, _ = await sync(client, syncToken=token)
    assert {key: (item["status"], item.get("summary")) for key, item in news.items()} == {
        FIRST: ("confirmed", "Moved"),
        gone: ("cancelled", None),
        made: ("confirmed", "New"),
    }


async def test_what_changes_during_a_walk_is_in_the_next(clock):
    partner = googlecalendar(now=clock, size=30)
    client = inside(partner)
    first = (await client.get(PRIMARY, params={"maxResults": 10})).json()
    partner.change("events", FIRST, summary="Meanwhile")
    rest = await pages(client, maxResults=10, pageToken=first["nextPageToken"])
    news, _ = await sync(client, syncToken=rest[-1]["nextSyncToken"])
    assert news.keys() == {FIRST}


@pytest.mark.parametrize(
    "param",
    [
        {"timeMin": "2026-01-01T00:00:00Z"},
        {"updatedMin": "2026-05-01T00:00:00Z"},
        {"q": "roof"},
        {"iCalUID": "x"},
        {"orderBy": "updated"},
        {"privateExtendedProperty": "jobId=1001"},
        {"showDeleted": "false"},
    ],
)
async def test_some_parameters_cannot_stand_beside_a_sync_token(clock, param):
    client = inside(googlecalendar(now=clock, size=3))
    _, token = await sync(client)
    assert (await client.get(PRIMARY, params={"syncToken": token, **param})).status_code == 400


async def test_the_same_sync_token_goes_with_every_page(clock):
    partner = googlecalendar(now=clock, size=5)
    client = inside(partner)
    _, token = await sync(client)
    for n in range(3):
        partner.add("events", summary=str(n))
    first = (await client.get(PRIMARY, params={"syncToken": token, "maxResults": 2})).json()
    alone = await client.get(PRIMARY, params={"pageToken": first["nextPageToken"], "maxResults": 2})
    both = await client.get(PRIMARY, params={"pageToken": first["nextPageToken"], "maxResults": 2, "syncToken": token})
    assert (alone.status_code, len(both.json()["items"])) == (400, 1)


@pytest.mark.parametrize("why", ["age", "rights"])
async def test_a_dead_sync_token_is_410_and_wants_a_full_sync(clock, why):
    partner = googlecalendar(now=clock, size=3)
    client = inside(partner)
    _, token = await sync(client)
    if why == "age":
        clock.pass_by(28 * 86_400)
        client = inside(partner)
    else:
        partner.change("calendars", "ops@example.com", accessRole="writer")
    answer = await client.get(PRIMARY, params={"syncToken": token})
    assert reason(answer) == (410, "fullSyncRequired")
    assert answer.json()["error"]["errors"][0]["location"] == "syncToken"
    assert answer.json()["error"]["errors"][0]["domain"] == "calendar"


async def test_the_other_410_of_a_list_says_that_updated_min_is_too_long_ago(clock):
    client = inside(googlecalendar(now=clock, size=3))
    answer = await client.get(PRIMARY, params={"updatedMin": "2026-01-01T00:00:00Z"})
    assert reason(answer) == (410, "updatedMinTooLongAgo")


async def test_updated_min_brings_what_changed_since_deleted_ones_too(clock):
    partner = googlecalendar(now=clock, size=13)
    clock.pass_by(3600)
    partner.change("events", FIRST, summary="Late")
    partner.remove("events", next(row["id"] for row in partner.table("events") if row.get("summary") == "Bin day"))
    params = {"updatedMin": clock().isoformat(), "orderBy": "updated"}
    items = [item for page in await pages(inside(partner), **params) for item in page["items"]]
    assert sorted(item["status"] for item in items) == ["cancelled", "confirmed"]


async def test_a_series_is_one_event_or_its_occurrences(clock):
    client = inside(googlecalendar(now=clock, size=13))
    whole = [item for page in await pages(client) for item in page["items"]]
    (series,) = (item for item in whole if item.get("summary") == "Weekly briefing" and "recurrence" in item)
    single = [item for page in await pages(client, singleEvents="true") for item in page["items"]]
    own = [item for item in single if item.get("recurringEventId") == series["id"]]
    assert all("recurrence" not in item for item in single)
    assert len({item["id"] for item in single}) == len(single)
    moved = [item for item in own if item["start"] != item["originalStartTime"]]
    assert [item["sequence"] for item in moved] == [1]
    instances = await pages(client, f"{PRIMARY}/{series['id']}/instances", maxResults=50)
    assert {item["id"] for page in instances for item in page["items"]} == {item["id"] for item in own}


async def test_an_occurrence_keeps_its_local_time_when_the_clocks_change(clock):
    client = inside(googlecalendar(now=clock, size=13))
    single = [item for page in await pages(client, singleEvents="true") for item in page["items"]]
    starts = {
        item["start"]["dateTime"][11:]
        for item in single
        if item.get("summary") == "Weekly briefing" and item["start"] == item["originalStartTime"]
    }
    assert starts == {"09:00:00Z", "09:00:00+01:00"}


async def test_an_occurrence_can_be_read_by_its_id_and_cancelled_alone(clock):
    client = inside(googlecalendar(now=clock, size=13))
    whole = [item for page in await pages(client) for item in page["items"]]
    (series,) = (item for item in whole if item.get("summary") == "Weekly briefing" and "recurrence" in item)
    one = (await client.get(f"{PRIMARY}/{series['id']}/instances")).json()["items"][0]
    assert (await client.get(f"{PRIMARY}/{one['id']}")).json() == one
    assert (await client.delete(f"{PRIMARY}/{one['id']}")).status_code == 204
    left = (await client.get(f"{PRIMARY}/{one['id']}")).json()
    assert left.keys() == {"kind", "etag", "id", "status", "recurringEventId", "originalStartTime"}
    assert (await client.get(f"{PRIMARY}/{series['id']}")).json()["status"] == "confirmed"


async def test_the_end_bounds_the_past_and_the_start_the_future(clock):
    client = inside(googlecalendar(now=clock, size=1))
    event = (await client.get(f"{PRIMARY}/{FIRST}")).json()
    start, end = event["start"]["dateTime"], event["end"]["dateTime"]
    asked = [{"timeMin": start, "timeMax": end}, {"timeMin": end}, {"timeMax": start}]
    assert [len((await client.get(PRIMARY, params=params)).json()["items"]) for params in asked] == [1, 0, 0]


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"timeMin": "2026-01-01T00:00:00"}, "badRequest"),
        ({"timeMin": "2026-01-02T00:00:00Z", "timeMax": "2026-01-01T00:00:00Z"}, "timeRangeEmpty"),
        ({"orderBy": "startTime"}, "badRequest"),
        ({"orderBy": "size"}, "invalid"),
        ({"maxResults": "many"}, "invalid"),
        ({"pageToken": "unknown"}, "invalid"),
        ({"syncToken": "unknown"}, "invalid"),
        ({"singleEvents": "yes"}, "invalid"),
    ],
)
async def test_a_question_that_means_nothing_is_400(clock, params, why):
    assert reason(await inside(googlecalendar(now=clock, size=1)).get(PRIMARY, params=params)) == (400, why)


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"q": "roof"}, ["Roof survey"]),
        ({"privateExtendedProperty": "jobId=1001"}, ["Roof survey"]),
        ({"iCalUID": f"{FIRST}@google.com"}, ["Roof survey"]),
        ({"eventTypes": "outOfOffice"}, ["Out of office"]),
    ],
)
async def test_filters(clock, params, found):
    items = (await inside(googlecalendar(now=clock, size=10)).get(PRIMARY, params=params)).json()["items"]
    assert [item.get("summary") for item in items if item["status"] != "cancelled"] == found


async def test_no_more_than_2500_and_250_unless_said(clock):
    client = inside(googlecalendar(now=clock, size=2600))
    assert len((await client.get(PRIMARY, params={"showDeleted": "true"})).json()["items"]) == 250
    most = await client.get(PRIMARY, params={"showDeleted": "true", "maxResults": 5000})
    assert len(most.json()["items"]) == 2500


async def test_calendars_are_listed_by_their_rights_and_an_id_is_percent_encoded(clock):
    client = inside(googlecalendar(now=clock, size=13))
    listed = (await client.get("users/me/calendarList", params={"showHidden": "true"})).json()["items"]
    assert {item["id"]: item["accessRole"] for item in listed} == {
        "ops@example.com": "owner",
        CREW: "writer",
        HOLIDAYS: "reader",
        BUSY: "freeBusyReader",
    }
    assert [item["id"] for item in listed if "primary" in item] == ["ops@example.com"]
    answer = await client.get(f"calendars/{quote(HOLIDAYS, safe='')}/events")
    assert answer.json()["accessRole"] == "reader"


async def test_calendars_are_chosen_by_the_least_right(clock):
    client = inside(googlecalendar(now=clock, size=2))
    answer = await client.get("users/me/calendarList", params={"minAccessRole": "writer"})
    assert {item["id"] for item in answer.json()["items"]} == {"ops@example.com", CREW}
    assert (await client.get("users/me/calendarList", params={"minAccessRole": "all"})).status_code == 400


async def test_the_list_of_calendars_has_sync_tokens_too(clock):
    partner = googlecalendar(now=clock, size=2)
    client = inside(partner)
    token = (await pages(client, "users/me/calendarList"))[-1]["nextSyncToken"]
    partner.remove("calendars", CREW)
    (news,) = (await client.get("users/me/calendarList", params={"syncToken": token})).json()["items"]
    assert (news["id"], news["deleted"]) == (CREW, True)
    assert (await client.get(f"calendars/{quote(CREW)}/events")).status_code == 404


async def test_who_may_only_see_when_somebody_is_busy_sees_no_details(clock):
    items = (await inside(googlecalendar(now=clock, size=60)).get(f"calendars/{BUSY}/events")).json()["items"]
    assert all("summary" not in item and "start" in item for item in items if item["status"] == "confirmed")


async def test_free_busy_leaves_out_what_is_transparent(clock):
    client = inside(googlecalendar(now=clock, size=13))
    body = {"timeMin": "2026-01-01T00:00:00Z", "timeMax": "2027-01-01T00:00:00Z", "items": [{"id": "primary"}]}
    answer = (await client.post("freeBusy", json={**body, "items": [*body["items"], {"id": "nobody"}]})).json()
    assert answer["calendars"]["primary"]["busy"]
    assert answer["calendars"]["nobody"]["errors"][0]["reason"] == "notFound"


# Writing


async def test_an_event_is_made_under_the_id_that_the_client_chose_and_only_once(clock):
    client = inside(googlecalendar(now=clock, size=1))
    body = {**SURVEY, "id": "00000000000040008000000000000001", "transparency": "opaque"}
    made = (await client.post(PRIMARY, json=body)).json()
    assert made["id"] == body["id"]
    assert made["organizer"]["self"] is True
    assert "transparency" not in made
    assert reason(await client.post(PRIMARY, json=body)) == (409, "duplicate")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": "UPPER-CASE"}, "invalid"),
        ({"start": None}, "required"),
        ({"end": {"date": "2026-06-03"}}, "invalid"),
        ({"end": {"dateTime": "2026-06-02T08:00:00Z"}}, "timeRangeEmpty"),
        ({"start": {"dateTime": "2026-06-02T09:00:00"}}, "required"),
        ({"recurrence": ["RRULE:FREQ=WEEKLY"]}, "required"),
        ({"status": "maybe"}, "invalid"),
        ({"attendees": [{"displayName": "nobody"}]}, "invalid"),
    ],
)
async def test_an_event_that_cannot_be_is_refused(clock, change, why):
    answer = await inside(googlecalendar(now=clock, size=1)).post(PRIMARY, json={**SURVEY, **change})
    assert reason(answer) == (400, why)


async def test_extended_properties_that_are_too_long_are_cut_without_a_word(clock):
    private = {"k" * 45: "dropped", "jobId": "v" * 1100}
    made = await inside(googlecalendar(now=clock, size=1)).post(
        PRIMARY, json={**SURVEY, "extendedProperties": {"private": private}}
    )
    assert made.json()["extendedProperties"] == {"private": {"jobId": "v" * 1024}}


async def test_put_clears_what_is_not_sent_and_patch_does_not(clock):
    client = inside(googlecalendar(now=clock, size=1))
    patched = (await client.patch(f"{PRIMARY}/{FIRST}", json={"summary": "New", "location": None})).json()
    assert (patched["summary"], "location" in patched, "description" in patched) == ("New", False, True)
    replaced = (await client.put(f"{PRIMARY}/{FIRST}", json=SURVEY)).json()
    assert "description" not in replaced
    assert replaced["id"] == FIRST


async def test_a_patch_replaces_arrays_whole(clock):
    client = inside(googlecalendar(now=clock, size=1))
    guests = [{"email": "one@example.com"}]
    patched = (await client.patch(f"{PRIMARY}/{FIRST}", json={"attendees": guests})).json()
    assert patched["attendees"] == guests


async def test_a_change_under_an_old_etag_is_412(clock):
    client = inside(googlecalendar(now=clock, size=1))
    old = (await client.get(f"{PRIMARY}/{FIRST}")).json()["etag"]
    assert old.startswith('"')
    first = await client.patch(f"{PRIMARY}/{FIRST}", json={"summary": "a"}, headers={"If-Match": old})
    second = await client.patch(f"{PRIMARY}/{FIRST}", json={"summary": "b"}, headers={"If-Match": old})
    assert first.status_code == 200
    assert reason(second) == (412, "conditionNotMet")


async def test_deleting_twice_is_410_deleted_which_is_not_the_410_of_a_list(clock):
    client = inside(googlecalendar(now=clock, size=1))
    assert (await client.delete(f"{PRIMARY}/{FIRST}")).status_code == 204
    assert reason(await client.delete(f"{PRIMARY}/{FIRST}")) == (410, "deleted")
    assert (await client.get(f"{PRIMARY}/{FIRST}")).json()["status"] == "cancelled"


async def test_deleted_events_vanish_in_the_end(clock):
    partner = googlecalendar(now=clock, size=1)
    await inside(partner).delete(f"{PRIMARY}/{FIRST}")
    clock.pass_by(30 * 86_400)
    assert reason(await inside(partner).get(f"{PRIMARY}/{FIRST}")) == (404, "notFound")


async def test_a_guest_may_not_replace_what_belongs_to_the_organizer(clock):
    client = inside(googlecalendar(now=clock, size=13))
    items = (await client.get(PRIMARY)).json()["items"]
    (invited,) = (item for item in items if item.get("summary") == "Site meeting")
    assert reason(await client.put(f"{PRIMARY}/{invited['id']}", json=SURVEY)) == (403, "forbiddenForNonOrganizer")
    patched = await client.patch(f"{PRIMARY}/{invited['id']}", json={"colorId": "3"})
    assert patched.json()["colorId"] == "3"


async def test_a_calendar_that_may_only_be_read_takes_nothing(clock):
    answer = await inside(googlecalendar(now=clock, size=1)).post(
        f"calendars/{quote(HOLIDAYS, safe='')}/events", json=SURVEY
    )
    assert answer.status_code == 403


async def test_an_event_moves_to_another_calendar_and_is_cancelled_in_the_first(clock):
    client = inside(googlecalendar(now=clock, size=1))
    moved = (await client.post(f"{PRIMARY}/{FIRST}/move", params={"destination": CREW})).json()
    assert (moved["id"], moved["organizer"]["email"]) == (FIRST, CREW)
    assert (await client.get(f"{PRIMARY}/{FIRST}")).json()["status"] == "cancelled"
    assert (await client.get(f"calendars/{CREW}/events/{FIRST}")).json()["status"] == "confirmed"


async def test_import_and_quick_add(clock):
    client = inside(googlecalendar(now=clock, size=1))
    twice = [(await client.post(f"{PRIMARY}/import", json={**SURVEY, "iCalUID": "uid-1"})).json() for _ in range(2)]
    assert twice[0]["id"] == twice[1]["id"]
    assert reason(await client.post(f"{PRIMARY}/import", json=SURVEY)) == (400, "required")
    quick = await client.post(f"{PRIMARY}/quickAdd", params={"text": "Lunch"})
    assert quick.json()["summary"] == "Lunch"


# Limits


@pytest.mark.parametrize(
    ("limits", "why"), [("project_limits", "rateLimitExceeded"), ("user_limits", "userRateLimitExceeded")]
)
@pytest.mark.parametrize("status", [403, 429])
async def test_too_many_calls_in_a_minute_are_refused_with_a_reason(clock, limits, why, status):
    partner = googlecalendar(now=clock, size=1, limited_status=status, **{limits: (Window(2, 60.0),)})
    client = inside(partner)
    answers = [await client.get(f"{PRIMARY}/{FIRST}") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, status]
    assert reason(answers[2]) == (status, why)
    assert "retry-after" not in answers[2].headers
    assert partner.violations == 1


async def test_a_patch_costs_three(clock):
    client = inside(googlecalendar(now=clock, size=1, user_limits=(Window(4, 60.0),)))
    answers = [await client.patch(f"{PRIMARY}/{FIRST}", json={"summary": "x"}) for _ in range(2)]
    statuses = [answer.status_code for answer in answers]
    assert [*statuses, (await client.get(f"{PRIMARY}/{FIRST}")).status_code] == [200, 200, 403]


async def test_a_stumble_is_a_backend_error(clock):
    partner = googlecalendar(now=clock, size=1)
    partner.fail_next(1, 500)
    assert reason(await inside(partner).get(PRIMARY)) == (500, "backendError")
