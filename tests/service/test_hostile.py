"""Whatever a stranger or a mad partner posts: an answer with a reason, never a 5xx; what is not proved is not stored.

`make fuzz` runs the same for minutes (FUZZ=long).
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from runner.service.webhooks import Webhooks
from runner.store import events
from runner.store.events import EventFilter
from tests.partners import World
from tests.service.test_webhooks import body, signed

LONG = os.environ.get("FUZZ") == "long"
FUZZ = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=5_000 if LONG else 60,
    derandomize=not LONG,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
REASONS = {
    400: {"malformed-delivery", "unreadable-delivery"},
    401: {"bad-signature", "stale-delivery"},
    404: {"no-such-address", "no-webhooks"},
    405: {"method-not-allowed"},
    413: {"delivery-too-large"},
}


@dataclass
class Answer:
    """What the app sent."""

    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        self.body += message.get("body", b"")


async def knock(
    here: World,
    parts: list[bytes],
    path: bytes = b"/webhooks/jobber",
    headers: list[tuple[bytes, bytes]] | None = None,
    method: str = "POST",
    query: bytes = b"",
) -> Answer:
    """One request as the server hands it over: bytes, nothing decoded."""
    messages = iter(
        [
            {"type": "http.request", "body": part, "more_body": index + 1 < len(parts)}
            for index, part in enumerate(parts)
        ]
    )

    async def receive() -> Mapping[str, Any]:
        return next(messages, {"type": "http.disconnect"})

    scope = {
        "type": "http",
        "method": method,
        "path": path.decode("latin-1"),
        "raw_path": path,
        "query_string": query,
        "headers": headers or [],
    }
    answer = Answer()
    await Webhooks(here.house)(scope, receive, answer.send)  # type: ignore[arg-type]  # a mapping is all it reads
    return answer


def assert_refused(answer: Answer) -> None:
    """A 4xx that is known, with a reason that is known."""
    assert answer.status in REASONS, answer
    assert orjson.loads(answer.body)["error"] in REASONS[answer.status]
    assert int(answer.headers[b"content-length"]) == len(answer.body)


def proved(raw: bytes, **more: str) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in (signed(raw) | more).items()]


async def stored(here: World) -> int:
    return len(await here.read(lambda c: events.find(c, EventFilter(), limit=1_000_000)))


names = st.one_of(
    st.sampled_from([b"x-jobber-hmac-sha256", b"content-type", b"content-encoding"]), st.binary(max_size=12)
)
strange_headers = st.lists(st.tuples(names, st.binary(max_size=60)), max_size=8)
paths = st.one_of(
    st.sampled_from(
        [b"jobber", b"servicetitan", b"nobody", b"jobber/int-1", b"jobber/%00", b"..%2Fjobber", b"jobber/x/y"]
    ),
    st.binary(max_size=40),
)


@FUZZ
@given(
    path=paths,
    method=st.sampled_from(["POST", "GET", "HEAD", "PUT", "TRACE", "B\x7f"]),
    headers=strange_headers,
    parts=st.lists(st.binary(max_size=200), min_size=1, max_size=4),
    query=st.binary(max_size=30),
)
async def test_a_stranger_is_refused_whatever_he_sends(
    here: World, path: bytes, method: str, headers: list[tuple[bytes, bytes]], parts: list[bytes], query: bytes
) -> None:
    assert_refused(await knock(here, parts, b"/webhooks/" + path, headers, method, query))
    assert await stored(here) == 0


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda deeper: st.lists(deeper, max_size=4) | st.dictionaries(st.text(max_size=6), deeper, max_size=4),
    max_leaves=12,
)
EVENT = st.fixed_dictionaries(
    {"topic": junk, "accountId": junk, "itemId": junk}, optional={"occurredAt": junk, "appId": junk}
)


@FUZZ
@given(event=EVENT | junk, cut=st.integers(0, 400), noise=st.binary(max_size=3))
async def test_a_mad_partner_gets_a_reason_or_is_stored(here: World, event: Any, cut: int, noise: bytes) -> None:
    raw = _json({"data": {"webHookEvent": event}})[: 400 - cut] + noise
    before = await stored(here)
    answer = await knock(here, [raw], headers=proved(raw))
    if answer.status == 200:
        assert await stored(here) > before
    else:
        assert_refused(answer)
        assert await stored(here) == before


def _json(value: Any) -> bytes:
    """JSON of any length and with numbers that there are not."""
    return json.dumps(value).encode("utf-8", "surrogatepass")


BOMB = gzip.compress(b"0" * 30_000_000)
BODIES = {
    "empty": b"",
    "truncated": body()[:-5],
    "two documents": body() + body(),
    "not UTF-8": b'{"data":"\xff\xfe"}',
    "lone surrogate": b'{"data":{"webHookEvent":{"topic":"\\ud800","accountId":"a","itemId":"i","occurredAt":"t"}}}',
    "deep list": b"[" * 500_000,
    "deep and closed": b"[" * 5000 + b"]" * 5000,
    "deep object": b'{"data":' * 5000 + b"1" + b"}" * 5000,
    "NaN": b'{"data":NaN}',
    "infinity": b'{"data":{"webHookEvent":{"topic":Infinity}}}',
    "huge number": b'{"data":{"webHookEvent":{"topic":"A","itemId":' + b"9" * 10_000 + b"}}}",
    "huge exponent": b'{"data":{"webHookEvent":{"topic":"A","itemId":1e999999}}}',
    "gzip": gzip.compress(body()),
    "gzip bomb": BOMB,
    "deflate": zlib.compress(body()),
    "xml": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
    "form": b"data=1&data=2",
    "null bytes": b"\x00" * 1000,
    "too large": b" " * 1_000_001,
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("form", ["application/json", "application/xml", "gzip", ""])
async def test_well_signed_nonsense_is_refused(here: World, name: str, form: str) -> None:
    raw = BODIES[name]
    more = {"content-encoding": "gzip"} if form == "gzip" else {"content-type": form}
    assert_refused(await knock(here, [raw], headers=proved(raw, **more)))
    assert await stored(here) == 0


async def test_a_wrong_content_type_is_no_reason_to_lose_an_event(here: World) -> None:
    assert (await knock(here, [body()], headers=proved(body(), **{"content-type": "text/plain"}))).status == 200


async def test_a_body_without_end_is_cut_off(here: World) -> None:
    assert (await knock(here, [b"x" * 100_000] * 100)).status == 413


async def test_a_body_that_ends_early_gets_no_answer(here: World) -> None:
    answer = Answer()
    messages: AsyncIterator[Mapping[str, Any]] = _hang_up()
    scope = {"type": "http", "method": "POST", "raw_path": b"/webhooks/jobber", "query_string": b"", "headers": []}
    await Webhooks(here.house)(scope, messages.__anext__, answer.send)  # type: ignore[arg-type]  # as above
    assert (answer.status, await stored(here)) == (0, 0)


async def _hang_up() -> AsyncIterator[Mapping[str, Any]]:
    yield {"type": "http.request", "body": b'{"da', "more_body": True}
    yield {"type": "http.disconnect"}


SIGNATURE = b"x-jobber-hmac-sha256"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(SIGNATURE, b"")],
        [(SIGNATURE, b"\xff\xfe\x00")],
        [(SIGNATURE, b"=" * 100_000)],
        [(SIGNATURE, b"AAAA")],
        [(SIGNATURE, b"sha256=" + b"a" * 64)],
        [(SIGNATURE, b"wrong"), proved(body())[0]],
        [proved(body())[0], proved(body())[0]],
        [(SIGNATURE, proved(body())[0][1].swapcase())],
    ],
)
async def test_no_signature_but_the_right_one_opens(here: World, headers: list[tuple[bytes, bytes]]) -> None:
    assert (await knock(here, [body()], headers=headers)).status == 401
    assert await stored(here) == 0


@pytest.mark.parametrize("address", [b"jobber/no-such-integration", b"jobber/%F0%9F%98%80", b"jobber/" + b"x" * 5000])
async def test_an_integration_that_there_is_not_says_so_to_nobody(here: World, address: bytes) -> None:
    """With the app's signature the event is kept for its account; without it the answer is that of any stranger."""
    integration = await here.connect("jobber")
    known = await knock(here, [body()], b"/webhooks/jobber/" + integration.id.encode(), [(SIGNATURE, b"AAAA")])
    unknown = await knock(here, [body()], b"/webhooks/" + address, [(SIGNATURE, b"AAAA")])
    assert (known.status, known.body, known.headers) == (unknown.status, unknown.body, unknown.headers)
