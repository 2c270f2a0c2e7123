from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.limits import Window
from runner.authoring.simulate.teamup import TeamUp, teamup

KEY = "ksexample0modify01"
ADMIN, READ, ADD = "ksexample0admin001", "ksexample0readonly", "ksexample0addonly1"
TOKEN = {"Teamup-Token": "teamup-app-key"}
FIRST, SERIES, MOVED, GONE, TALK = "180300001", "180300004", 9, "180300005", "180300006"


def surface(partner: TeamUp, key: str = KEY, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=partner.app)
    base = f"https://api.teamup.com/{key}".rstrip("/")
    return httpx.AsyncClient(transport=transport, base_url=f"{base}/", headers={**TOKEN, **headers})


async def get(partner: TeamUp, path: str, *, key: str = KEY, **params: Any) -> Any:
    answer = await surface(partner, key).get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def why(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error.keys() == {"id", "title", "message"}
    return answer.status_code, error["id"]


def new_event(**own: Any) -> dict[str, Any]:
    return {
        "subcalendar_ids": [4822000],
        "start_dt": "2026-06-01T09:00:00Z",
        "end_dt": "2026-06-01T11:00:00Z",
        "title": "Roof survey",
        **own,
    }


@pytest.fixture
def partner(clock) -> TeamUp:
    return teamup(now=clock)


# Being let in


async def test_the_application_says_who_it_is(partner):
    answer = await surface(partner, **{"Teamup-Token": "other"}).get("subcalendars")
    assert why(answer) == (403, "invalid_api_key")


async def test_an_old_client_gives_the_key_in_the_query(partner):
    answer = await surface(partner, **{"Teamup-Token": ""}).get(
        "subcalendars", params={"_teamup_token": "teamup-app-key"}
    )
    assert answer.status_code == 200


async def test_access_is_checked_without_a_calendar(partner):
    assert (await surface(partner, "").get("check-access")).status_code == 200


async def test_a_link_that_was_deleted_opens_nothing(partner):
    partner.disconnect()
    assert why(await surface(partner).get("subcalendars")) == (404, "calendar_not_found")


@pytest.mark.parametrize(
    ("password", "expected"), [(None, (401, "auth_required")), ("wrong", (403, "access_denied")), ("open", None)]
)
async def test_a_link_may_have_a_password(clock, password, expected):
    headers = {"Teamup-Password": password} if password else {}
    answer = await surface(teamup(now=clock, password="open"), **headers).get("subcalendars")
    assert (answer.status_code == 200) if expected is None else why(answer) == expected


async def test_a_calendar_s_id_wants_a_user(partner):
    assert why(await surface(partner, "abc123").get("subcalendars")) == (401, "auth_required")
    said = {"email": "admin@example.com", "password": "teamup-user-password"}
    token = (await surface(partner, "").post("auth/tokens", json=said)).json()["auth_token"]
    assert (await surface(partner, "abc123", Authorization=f"Bearer {token}").get("subcalendars")).status_code == 200


@pytest.mark.parametrize(
    ("headers", "path", "expected"),
    [
        ({"Accept": "text/html"}, "subcalendars", (406, "not_acceptable")),
        ({"Content-Type": "text/plain"}, "events", (415, "unsupported_media_type")),
    ],
)
async def test_only_json_is_spoken(partner, headers, path, expected):
    client = surface(partner, **headers)
    answer = await (client.get(path) if "Accept" in headers else client.post(path, content=b"{}"))
    assert why(answer) == expected


async def test_a_wrong_method_is_not_a_wrong_path(partner):
    assert why(await surface(partner).delete("configuration")) == (405, "method_not_allowed")
    assert why(await surface(partner).get("nothing/there")) == (404, "not_found")


async def test_calls_over_a_limit_are_counted(clock):
    partner = teamup(now=clock, limits=(Window(2, 1.0),), retry_after=True)
    answers = [await surface(partner).get("subcalendars") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert (answers[2].headers["retry-after"], partner.violations) == ("2", 1)


# The calendar


async def test_the_link_is_told_with_the_configuration(partner):
    said = (await get(partner, "configuration"))["configuration"]
    assert said["link"] == {"id": 100200, "name": "Operations"}
    assert {"id": "status", "active": True, "type": "choices"} in said["fields"]["definitions"]


async def test_subcalendars_come_without_pages(partner):
    rows = (await get(partner, "subcalendars"))["subcalendars"]
    assert rows[0]["name"] == "Crew A"
    assert {row["active"] for row in rows} == {True, False}
    assert {row["update_dt"] is None for row in rows} == {True, False}
    assert (await get(partner, "subcalendars/4822000"))["subcalendar"] == rows[0]


async def test_only_administrators_see_links_and_change_subcalendars(partner):
    assert why(await surface(partner).get("keys")) == (403, "no_permission")
    rows = (await get(partner, "keys", key=ADMIN, limit=2))["keys"]
    assert [row["key"] for row in rows] == [KEY, ADMIN]
    assert why(await surface(partner, ADMIN).get("keys", params={"limit": 201})) == (400, "invalid_request")
    made = await surface(partner, ADMIN).post("subcalendars", json={"name": "Crew X"})
    assert (made.status_code, made.json()["subcalendar"]["id"]) == (201, 4822006)
    assert why(await surface(partner).put("subcalendars/4822006", json={"name": "Y"})) == (403, "no_permission")


# Reading events


async def test_a_window_is_today_by_default_and_says_the_partner_s_time(partner, clock):
    said = await get(partner, "events")
    assert said["timestamp"] == int(clock().timestamp())
    assert all(row["start_dt"][:10] <= "2026-05-04" <= row["end_dt"][:10] for row in said["events"])


async def test_a_window_holds_occurrences_and_no_series(partner):
    rows = (await get(partner, "events", startDate="2026-03-02", endDate="2026-04-20", tz="UTC"))["events"]
    weekly = [row for row in rows if row["series_id"] == int(SERIES) and "-rid-" in row["id"]]
    assert SERIES not in {row["id"] for row in rows}
    assert all(not row["rrule"] or row["ristart_dt"] for row in rows)
    starts = {row["rsstart_dt"]: row["start_dt"] for row in weekly}
    # nine o'clock stays nine o'clock over the change of the clocks
    assert starts["2026-03-23T09:00:00+00:00"] == "2026-03-23T09:00:00+00:00"
    assert starts["2026-03-30T09:00:00+01:00"] == "2026-03-30T08:00:00+00:00"
    one = next(row for row in weekly if row["ristart_dt"] == "2026-03-23T09:00:00+00:00")
    assert one["id"] == f"{SERIES}-rid-{int(datetime(2026, 3, 23, 9, tzinfo=UTC).timestamp())}"


async def test_one_that_was_moved_keeps_its_original_start(partner):
    rows = (await get(partner, "events", startDate="2026-03-16", endDate="2026-03-16", tz="UTC"))["events"]
    (moved,) = [row for row in rows if row["id"].startswith(f"{SERIES}-rid-")]
    assert (moved["ristart_dt"], moved["start_dt"]) == ("2026-03-16T09:00:00+00:00", "2026-03-16T14:00:00+00:00")


async def test_times_are_told_in_the_zone_that_was_asked_and_whole_days_as_written(partner):
    one = (await get(partner, f"events/{FIRST}", tz="Asia/Tokyo"))["event"]
    assert one["start_dt"].endswith("+09:00")
    assert datetime.fromisoformat(one["start_dt"]) == datetime.fromisoformat(
        partner.table("events").row(FIRST)["start_dt"]
    )
    day = (await get(partner, "events/180300003", tz="Asia/Tokyo"))["event"]
    assert (day["all_day"], day["start_dt"]) == (True, "2026-05-24T00:00:00")


async def test_a_subcalendar_narrows_a_listing(partner):
    params = {"startDate": "2026-04-01", "endDate": "2026-07-31", "subcalendarId[]": "4822001"}
    rows = (await get(partner, "events", **params))["events"]
    assert rows
    assert all(4822001 in row["subcalendar_ids"] for row in rows)


@pytest.mark.parametrize(
    "params",
    [
        {"startDate": "2026-05-02", "endDate": "2026-05-01"},
        {"startDate": "tomorrow"},
        {"modifiedSince": "1777900000", "startDate": "2026-05-01"},
        {"modifiedSince": "soon"},
        {"modifiedSince": "1775000000"},
        {"tz": "Mars/Base"},
    ],
)
async def test_what_cannot_be_asked(partner, params):
    assert why(await surface(partner).get("events", params=params)) == (400, "invalid_request")


async def test_the_delta_holds_series_and_what_was_deleted(partner, clock):
    since = int(clock().timestamp())
    clock.pass_by(60)
    partner.change("events", SERIES, title="Weekly talk")
    partner.remove("events", FIRST)
    rows = {row["id"]: row for row in (await get(partner, "events", modifiedSince=since))["events"]}
    assert rows.keys() == {SERIES, FIRST}
    assert (rows[SERIES]["end_dt"][:4], rows[SERIES]["duration"]) == ("2099", 60)
    assert rows[FIRST]["delete_dt"] == "2026-05-04T16:21:11+01:00"
    assert why(await surface(partner).get(f"events/{FIRST}")) == (404, "event_not_found")


async def test_what_came_and_went_is_told_to_monitors_only(partner, clock):
    since = int(clock().timestamp()) + 1
    clock.pass_by(60)
    key = partner.add("events", title="Mistake")
    partner.remove("events", key)
    assert (await get(partner, "events", modifiedSince=since))["events"] == []
    rows = (await get(partner, "events", modifiedSince=since, mode="monitor"))["events"]
    assert [row["id"] for row in rows] == [key]


async def test_a_comment_alone_is_not_in_the_delta(partner, clock):
    clock.pass_by(60)
    since = int(clock().timestamp())
    partner.change("events", TALK, comments=[])
    assert (await get(partner, "events", modifiedSince=since))["events"] == []


async def test_an_end_of_a_series_comes_in_the_local_offset(partner):
    one = (await get(partner, "events/180300008"))["event"]
    assert one["rrule"] == "FREQ=DAILY;INTERVAL=2;UNTIL=20260602T130000+01:00"


async def test_searches_have_pages(partner):
    params = {"query": "survey gutter", "startDate": "2026-01-01", "endDate": "2026-12-31", "limit": 3}
    pages = [(await get(partner, "events", offset=offset, **params))["events"] for offset in (0, 3)]
    assert [len(page) for page in pages] == [3, 3]
    assert not {row["id"] for row in pages[0]} & {row["id"] for row in pages[1]}
    assert all("Gutter survey" in row["title"] for page in pages for row in page)


async def test_only_the_single_event_holds_what_people_said(partner):
    one = (await get(partner, f"events/{TALK}"))["event"]
    assert (one["comments"][0]["message"], one["signup_count"]) == ("<p>I come</p>", 1)
    two = await get(partner, f"events/{TALK}", **{"format[]": ["markdown", "html"]})
    assert two["event"]["comments"][0]["message"] == {"markdown": "I come", "html": "<p>I come</p>"}
    day = one["start_dt"][:10]
    listed = (await get(partner, "events", startDate=day))["events"]
    assert "comments" not in next(row for row in listed if row["id"] == TALK)


async def test_single_occurrences_are_found_and_made_up_ones_are_not(partner):
    key = f"{SERIES}-rid-{int(datetime(2026, 3, 23, 9, tzinfo=UTC).timestamp())}"
    assert (await get(partner, f"events/{key}"))["event"]["id"] == key
    assert why(await surface(partner).get(f"events/{key}9")) == (404, "event_not_found")


# Writing events


async def test_a_new_event_comes_back_in_the_calendar_s_zone(partner):
    made = await surface(partner).post("events", json=new_event(notes="Ladder", remote_id="r-1", tz="Asia/Tokyo"))
    event = made.json()["event"]
    assert (made.status_code, event["start_dt"], event["tz"]) == (201, "2026-06-01T10:00:00+01:00", None)
    assert (event["notes"], event["remote_id"]) == ("<p>Ladder</p>", "r-1")
    assert made.json()["undo_id"]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"start_dt": None}, (400, "event_missing_start_end_datetime")),
        ({"end_dt": "2026-05-01T09:00:00Z"}, (400, "event_validation")),
        ({"subcalendar_ids": []}, (400, "event_validation")),
        ({"subcalendar_ids": [1]}, (404, "subcalendar_not_found")),
        ({"subcalendar_ids": [4822003]}, (403, "no_permission")),
        ({"remote_id": "job-1001"}, (400, "event_not_unique")),
        ({"rrule": "FREQ=SOMETIMES"}, (400, "event_validation")),
    ],
)
async def test_flawed_events_are_refused(partner, own, expected):
    assert why(await surface(partner).post("events", json=new_event(**own))) == expected


async def test_a_second_one_of_a_remote_id_leaves_the_first_alone(partner):
    before = dict(partner.table("events").row(FIRST))
    await surface(partner).post("events", json=new_event(remote_id="job-1001"))
    assert partner.table("events").row(FIRST) == before


async def test_a_subcalendar_may_forbid_overlaps(partner):
    alone = new_event(subcalendar_ids=[4822004])
    assert (await surface(partner).post("events", json=alone)).status_code == 201
    assert why(await surface(partner).post("events", json=alone)) == (400, "event_overlapping")


async def test_links_do_what_they_may(partner):
    assert why(await surface(partner, READ).post("events", json=new_event())) == (403, "no_permission")
    made = await surface(partner, ADD).post("events", json=new_event())
    assert made.status_code == 201
    assert why(await surface(partner, ADD).delete(f"events/{made.json()['event']['id']}")) == (403, "no_permission")


async def test_an_update_replaces_all_and_wants_the_version(partner):
    row = partner.table("events").row(FIRST)
    body = new_event(id=FIRST, version=row["version"])
    answer = await surface(partner).put(f"events/{FIRST}", json=body)
    event = answer.json()["event"]
    assert (event["who"], event["remote_id"], event["custom"]) == ("", None, None)
    assert why(await surface(partner).put(f"events/{FIRST}", json=body)) == (400, "event_version_conflict")
    body["id"], body["version"] = "1", event["version"]
    assert why(await surface(partner).put(f"events/{FIRST}", json=body)) == (400, "invalid_request")


async def test_one_of_a_series_is_changed_alone(partner):
    key = f"{SERIES}-rid-{int(datetime(2026, 6, 1, 8, tzinfo=UTC).timestamp())}"
    one = (await get(partner, f"events/{key}"))["event"]
    body = {**one, "title": "Moved", "start_dt": "2026-06-02T09:00:00Z", "end_dt": "2026-06-02T10:00:00Z"}
    assert why(await surface(partner).put(f"events/{key}", json=body)) == (400, "invalid_request")
    answer = await surface(partner).put(f"events/{key}", json={**body, "redit": "single"})
    assert (answer.json()["event"]["id"], answer.json()["event"]["ristart_dt"]) == (key, "2026-06-01T08:00:00+00:00")
    rows = (await get(partner, "events", startDate="2026-06-01", endDate="2026-06-08"))["events"]
    titles = {row["id"]: row["title"] for row in rows if row["series_id"] == int(SERIES)}
    assert titles == {
        key: "Moved",
        f"{SERIES}-rid-{int(datetime(2026, 6, 8, 8, tzinfo=UTC).timestamp())}": "Weekly briefing",
    }


@pytest.mark.parametrize(("mode", "left"), [("single", 2), ("future", 1), ("all", 0)])
async def test_of_a_series_one_or_the_rest_or_all_is_deleted(partner, mode, left):
    key = f"{SERIES}-rid-{int(datetime(2026, 6, 8, 8, tzinfo=UTC).timestamp())}"
    assert why(await surface(partner).delete(f"events/{key}")) == (400, "invalid_request")
    assert (await surface(partner).delete(f"events/{key}", params={"redit": mode})).status_code == 200
    rows = (await get(partner, "events", startDate="2026-06-01", endDate="2026-06-15"))["events"]
    assert sum(row["series_id"] == int(SERIES) for row in rows) == left


async def test_deletion_by_remote_id_is_for_single_events(partner):
    await surface(partner).post("events", json=new_event(remote_id="s-1", rrule="FREQ=WEEKLY;COUNT=3"))
    delete = surface(partner).delete
    assert why(await delete("events/0", params={"remoteId": "s-1"})) == (404, "event_not_found")
    assert (await delete("events/0", params={"remoteId": "job-1001"})).status_code == 200
    assert partner.table("events").row(FIRST)["delete_dt"]
    assert why(await delete("events/0")) == (400, "event_missing_start_end_datetime")


async def test_a_stale_version_deletes_nothing(partner):
    answer = await surface(partner).delete(f"events/{FIRST}", params={"version": "000000000000"})
    assert why(answer) == (400, "event_version_conflict")


async def test_a_deletion_can_be_undone_for_an_hour(partner, clock):
    undo = (await surface(partner).delete(f"events/{FIRST}")).json()["undo_id"]
    assert (await surface(partner).put(f"events/undo/{undo}")).json()["event"]["title"] == "Roof survey"
    undo = (await surface(partner).delete(f"events/{FIRST}")).json()["undo_id"]
    clock.pass_by(3600)
    assert why(await surface(partner).put(f"events/undo/{undo}")) == (404, "undo_not_found")


async def test_a_read_only_event_is_left_alone(partner):
    assert why(await surface(partner).delete("events/180300011")) == (403, "no_permission")
