"""A request that was signed long ago, or ahead of its time, is refused; one that is replayed in time is a duplicate.

HubSpot signs the time (v3); it gives five minutes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.service.app import App
from runner.service.settings import Settings
from runner.store import events
from runner.store.events import EventFilter
from tests.partners import BASE, World, world
from tests.service.test_hostile import FUZZ

URL = f"{BASE}/webhooks/hubspot"
RAW = orjson.dumps(
    [
        {
            "eventId": 1,
            "subscriptionId": 2,
            "portalId": 3,
            "objectId": 4,
            "subscriptionType": "deal.creation",
            "occurredAt": 1,
        }
    ]
)


@pytest.fixture
async def hub(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, partners=("hubspot",)) as opened:
        yield opened


async def post(hub: World, stamp: str, *, signed_for: str | None = None) -> httpx.Response:
    """One delivery whose signature is right for the stamp that it names, or for another one."""
    secret = hub.house.apps["hubspot"]["client_secret"].reveal()  # type: ignore[union-attr]  # it is a secret
    text = b"POST" + URL.encode() + RAW + (signed_for or stamp).encode()
    proof = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
    headers = {"X-HubSpot-Signature-v3": proof, "X-HubSpot-Request-Timestamp": stamp.encode()}
    transport = httpx.ASGITransport(app=App(hub.house, Settings.read({})))
    async with httpx.AsyncClient(transport=transport) as web:
        return await web.post(URL, content=RAW, headers=headers)


def stamp(hub: World, seconds: float) -> str:
    return str(round((hub.clock.now().timestamp() + seconds) * 1000))


async def stored(hub: World) -> int:
    return len(await hub.read(lambda c: events.find(c, EventFilter())))


@pytest.mark.parametrize("seconds", [-299, -1, 0, 1, 299])
async def test_within_five_minutes_it_is_taken(hub: World, seconds: float) -> None:
    assert (await post(hub, stamp(hub, seconds))).status_code == 200
    assert await stored(hub) == 1


@pytest.mark.parametrize("seconds", [-(10**9), -86_400, -301, 301, 86_400, 10**10])
async def test_what_was_signed_too_long_ago_or_ahead_of_its_time_is_stale(hub: World, seconds: float) -> None:
    answer = await post(hub, stamp(hub, seconds))
    assert (answer.status_code, answer.json()) == (401, {"error": "stale-delivery"})
    assert await stored(hub) == 0


async def test_what_is_replayed_in_time_is_a_duplicate_and_later_stale(hub: World) -> None:
    now = stamp(hub, 0)
    assert [(await post(hub, now)).status_code for _ in range(3)] == [200] * 3
    states = [one.state.value for one in await hub.read(lambda c: events.find(c, EventFilter()))]
    assert sorted(states) == ["duplicate", "duplicate", "unrouted"]
    hub.clock.advance(301)
    assert (await post(hub, now)).json() == {"error": "stale-delivery"}


async def test_a_newer_stamp_on_an_old_signature_is_refused(hub: World) -> None:
    answer = await post(hub, stamp(hub, 0), signed_for=stamp(hub, -3600))
    assert (answer.status_code, answer.json()) == (401, {"error": "bad-signature"})


STRANGE = st.sampled_from(
    ["", "-1", "0", "1e3", "nan", "inf", "-inf", "9" * 400, "1_000", "0x10", "１２３", "٣", "1.5", " ", "+1", "null"]
)


@FUZZ
@given(strange=STRANGE | st.text(st.characters(blacklist_characters="\r\n\0"), max_size=30))
async def test_a_stamp_that_is_none_is_refused(hub: World, strange: str) -> None:
    answer = await post(hub, strange)
    assert answer.status_code == 401
    assert answer.json()["error"] in ("bad-signature", "stale-delivery")
    assert await stored(hub) == 0
