from __future__ import annotations

from typing import Any

import httpx
import pytest

from runner.authoring.simulate.googlecalendar import GoogleCalendar, googlecalendar
from runner.authoring.simulate.googlecalendar_data import CREW, FIRST
from runner.authoring.simulate.outbox import WebhookTarget

CHANNEL = {
    "id": "00000000-0000-4000-8000-000000000001",
    "type": "web_hook",
    "address": "https://hooks.example.com/google",
    "token": "conn-42.random-secret",
    "params": {"ttl": "604800"},
}
WATCH = "calendars/primary/events/watch"


@pytest.fixture
def partner(clock, receiver):
    return googlecalendar(now=clock, size=5, webhooks=WebhookTarget("", receiver.client))


def inside(partner: GoogleCalendar) -> httpx.AsyncClient:
    token = partner.grants.issue()["access_token"]
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=partner.app),
        base_url="https://www.googleapis.com/calendar/v3/",
        headers={"Authorization": f"Bearer {token}"},
    )


async def watch(client: httpx.AsyncClient, path: str = WATCH, **change: Any) -> dict[str, Any]:
    answer = await client.post(path, json={**CHANNEL, **change})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_channel_names_its_resource_and_its_end_in_milliseconds_as_text(partner, clock):
    made = await watch(inside(partner))
    assert made["kind"] == "api#channel"
    assert made["expiration"] == str(int((clock().timestamp() + 604_800) * 1000))
    assert made["resourceUri"].endswith("/calendars/ops%40example.com/events?alt=json")


async def test_the_first_message_is_sync_and_has_number_one_and_no_body(partner, receiver):
    made = await watch(inside(partner))
    await partner.deliver()
    (request,) = receiver.received
    assert request.content == b""
    assert request.headers["x-goog-resource-state"] == "sync"
    assert request.headers["x-goog-message-number"] == "1"
    assert request.headers["x-goog-channel-id"] == CHANNEL["id"]
    assert request.headers["x-goog-channel-token"] == CHANNEL["token"]
    assert request.headers["x-goog-resource-id"] == made["resourceId"]
    assert request.headers["content-length"] == "0"
    assert request.headers["x-goog-channel-expiration"] == "Mon, 11 May 2026 15:20:11 GMT"


async def test_made_changed_and_deleted_look_the_same_and_numbers_rise(partner, receiver):
    await watch(inside(partner))
    partner.add("events", summary="x")
    partner.change("events", FIRST, summary="y")
    await inside(partner).delete(f"calendars/primary/events/{FIRST}")
    await partner.deliver()
    states = [request.headers["x-goog-resource-state"] for request in receiver.received]
    numbers = [int(request.headers["x-goog-message-number"]) for request in receiver.received]
    assert states == ["sync", "exists", "exists", "exists"]
    assert numbers == sorted(set(numbers))


async def test_without_a_token_there_is_no_such_header(partner, receiver):
    await watch(inside(partner), token=None)
    await partner.deliver()
    assert "x-goog-channel-token" not in receiver.received[0].headers


async def test_a_channel_hears_of_its_own_calendar_only(partner, receiver):
    await watch(inside(partner))
    await watch(inside(partner), f"calendars/{CREW}/events/watch", id="crew")
    await partner.deliver()
    partner.change("events", FIRST, summary="y")
    await partner.deliver()
    assert [request.headers["x-goog-channel-id"] for request in receiver.received[2:]] == [CHANNEL["id"]]


async def test_two_channels_of_one_calendar_both_hear(partner, receiver):
    first, second = await watch(inside(partner)), await watch(inside(partner), id="another")
    assert first["resourceId"] == second["resourceId"]
    partner.change("events", FIRST, summary="y")
    await partner.deliver()
    assert len(receiver.received) == 4


async def test_a_channel_ends_and_is_not_renewed(partner, receiver, clock):
    await watch(inside(partner), params={"ttl": "60"})
    await partner.deliver()
    clock.pass_by(60)
    partner.change("events", FIRST, summary="y")
    await partner.deliver()
    assert len(receiver.received) == 1


async def test_nobody_gets_more_time_than_google_likes(partner, clock):
    made = await watch(inside(partner), params={"ttl": "99999999"})
    assert int(made["expiration"]) == int((clock().timestamp() + 604_800) * 1000)


async def test_expiration_may_be_said_in_milliseconds(partner, clock):
    wanted = int((clock().timestamp() + 60) * 1000)
    assert (await watch(inside(partner), expiration=wanted))["expiration"] == str(wanted)


async def test_stopping_wants_id_and_resource_and_is_204(partner, receiver):
    client = inside(partner)
    made = await watch(client)
    wrong = await client.post("channels/stop", json={"id": made["id"], "resourceId": "other"})
    right = await client.post("channels/stop", json={"id": made["id"], "resourceId": made["resourceId"]})
    again = await client.post("channels/stop", json={"id": made["id"], "resourceId": made["resourceId"]})
    assert [wrong.status_code, right.status_code, again.status_code] == [404, 204, 404]
    partner.change("events", FIRST, summary="y")
    assert await partner.deliver() == []


@pytest.mark.parametrize(
    "change",
    [
        {"id": "x" * 65},
        {"id": "with space"},
        {"id": None},
        {"type": "email"},
        {"address": "http://hooks.example.com/google"},
        {"token": "x" * 257},
        {"params": {"ttl": "soon"}},
        {"expiration": 1},
    ],
)
async def test_a_channel_that_cannot_be_is_refused(partner, change):
    answer = await inside(partner).post(WATCH, json={**CHANNEL, **change})
    assert answer.status_code == 400
    assert answer.json()["error"]["errors"][0]["reason"]


async def test_an_id_is_used_once_even_after_its_channel_ended(partner):
    client = inside(partner)
    made = await watch(client)
    await client.post("channels/stop", json={"id": made["id"], "resourceId": made["resourceId"]})
    answer = await client.post(WATCH, json=CHANNEL)
    assert answer.json()["error"]["errors"][0]["reason"] == "channelIdNotUnique"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 400, 401, 404])
async def test_success_and_every_other_status_end_it(partner, receiver, clock, status):
    await watch(inside(partner))
    receiver.answers = [status]
    await partner.deliver()
    clock.pass_by(3600)
    assert await partner.deliver() == []


@pytest.mark.parametrize("answer", [500, 502, 503, 504, httpx.ConnectError("away")])
async def test_a_receiver_that_is_down_is_asked_again_later_and_later(partner, receiver, clock, answer):
    await watch(inside(partner))
    receiver.answers = [answer, answer, 200]
    seconds = []
    for second in range(10):
        seconds += [second for _ in await partner.deliver()]
        clock.pass_by(1)
    assert seconds == [0, 1, 3]


async def test_the_list_of_calendars_is_watched_too(partner, receiver):
    await watch(inside(partner), "users/me/calendarList/watch")
    partner.change("calendars", CREW, summary="New name")
    await partner.deliver()
    assert [request.headers["x-goog-resource-state"] for request in receiver.received] == ["sync", "exists"]
