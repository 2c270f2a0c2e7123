"""Broken HTTP from a raw socket, to the server as it runs: an answer with a reason, and the next caller is served."""

from __future__ import annotations

import asyncio
import gzip
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from runner.service.heads import LARGEST_HEAD, Heads
from runner.service.serve import Parts, Patience, listen, serve
from runner.store import events
from runner.store.events import EventFilter
from tests.partners import CONFIG, World, world
from tests.service.test_hostile import FUZZ, LONG
from tests.service.test_serve import settings as served_with
from tests.service.test_webhooks import body, signed

START = b"POST /webhooks/jobber HTTP/1.1\r\nhost: runner.example\r\n"
OK, LONG_ANSWER = b"HTTP/1.1 200", 30_000_000
LONG_WAIT = 60.0
"""Seconds that no test comes near, however slow the machine is."""
SIGNED = b"".join(b"%b: %b\r\n" % (name.encode(), value.encode()) for name, value in signed(body()).items())


@dataclass(frozen=True)
class Server:
    """A server on loopback."""

    here: World
    port: int

    async def say(self, *parts: bytes, pause: float = 0.0, end: bool = False) -> bytes:
        """Send parts, and read until the server closes the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        answer = asyncio.create_task(_all_of(reader))
        with suppress(ConnectionError):  # it has closed before it heard all
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
            if end:
                writer.write_eof()
        try:
            return await answer
        finally:
            writer.close()

    async def is_well(self) -> None:
        """It serves the next caller, and took no event."""
        base = f"http://127.0.0.1:{self.port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=LONG_WAIT) as client:
            assert (await client.get("/healthz")).status_code == 200
        assert await self.stored() == 0

    async def stored(self) -> int:
        return len(await self.here.read(lambda c: events.find(c, EventFilter(), limit=1000)))


async def _all_of(reader: asyncio.StreamReader) -> bytes:
    parts = []
    with suppress(ConnectionError):
        async with asyncio.timeout(LONG_WAIT):
            while part := await reader.read(100_000):
                parts.append(part)
    return b"".join(parts)


@asynccontextmanager
async def serving(
    here: World, path: Path, *, head: float = LONG_WAIT, body: float = LONG_WAIT
) -> AsyncIterator[Server]:
    """It waits so many seconds for a head and for a body: as good as for ever, unless a test is about that."""
    stop, up, door = asyncio.Event(), asyncio.Event(), listen("127.0.0.1", 0)
    how = {"stop": stop, "door": door, "parts": Parts(scheduler=False, worker=False), "ready": up.set}
    served = asyncio.create_task(serve(here.house, served_with(path), **how, patience=Patience(head, body)))
    await up.wait()
    yield Server(here, door.getsockname()[1])
    stop.set()
    await asyncio.wait_for(served, LONG_WAIT)


@pytest.fixture
async def server(here: World, path: Path) -> AsyncIterator[Server]:
    async with serving(here, path) as opened:
        yield opened


@pytest.fixture
async def short_of_heads(here: World, path: Path) -> AsyncIterator[Server]:
    """A server that soon gives up a head, and only that."""
    async with serving(here, path, head=0.2) as opened:
        yield opened


@pytest.fixture
async def short_of_bodies(here: World, path: Path) -> AsyncIterator[Server]:
    """A server that soon gives up a body, and only that."""
    async with serving(here, path, body=0.2) as opened:
        yield opened


def told(answer: bytes) -> tuple[int, str]:
    """The status, and the code of the refusal."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), orjson.loads(rest)["error"]


def with_length(raw: bytes, *headers: bytes, length: int | None = None) -> bytes:
    size = b"content-length: %d" % (len(raw) if length is None else length)
    return START + b"\r\n".join((*headers, b"connection: close", size)) + b"\r\n\r\n" + raw


MALFORMED = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no method": b"/webhooks/jobber HTTP/1.1\r\n\r\n",
    "an unknown method": b"BREW /webhooks/jobber HTTP/1.1\r\nhost: x\r\n\r\n",
    "another version": b"POST /webhooks/jobber HTTP/9.9\r\nhost: x\r\n\r\n",
    "two lengths": START + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}}",
    "a negative length": START + b"content-length: -1\r\n\r\n{}",
    "a length that is no number": START + b"content-length: 2x\r\n\r\n{}",
    "a length beyond all numbers": START + b"content-length: 99999999999999999999999\r\n\r\n{}",
    "length and chunks": START + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks within chunks": START + b"transfer-encoding: chunked, chunked, identity\r\n\r\n0\r\n\r\n",
    "a size of a chunk that is none": START + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a chunk longer than it says": START + b"transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
    "a header without colon": START + b"nonsense\r\n\r\n",
    "a blank in a name": START + b"content-length : 2\r\n\r\n{}",
    "a null in a value": START + b"x: a\x00b\r\n\r\n",
    "a folded header": START + b"x: a\r\n b: c\r\n\r\n",
    "an address that is not ASCII": b"POST /webhooks/\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
    "a proxy's request": b"CONNECT runner.example:443 HTTP/1.1\r\nhost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_what_is_no_http_is_400_with_a_code(server: Server, name: str) -> None:
    assert told(await server.say(MALFORMED[name])) == (400, "malformed-request")
    await server.is_well()


@settings(FUZZ, max_examples=400 if LONG else 20)
@given(at=st.integers(0, 250), gone=st.integers(0, 20), instead=st.binary(max_size=20), cut=st.integers(0, 260))
async def test_what_is_garbled_on_the_way_is_a_4xx_or_stored(
    server: Server, at: int, gone: int, instead: bytes, cut: int
) -> None:
    good, before = with_length(body(), *SIGNED.rstrip().split(b"\r\n")), await server.stored()
    answer = await server.say((good[:at] + instead + good[at + gone :])[: len(good) + 20 - cut], end=True)
    if answer:  # who hangs up at once may get none
        status = int(answer.removeprefix(b"HTTP/1.1 ")[:3])
        assert status == 200 or status in range(400, 500)
        assert status != 200 or await server.stored() > before


HUGE = {
    "one header without end": START + b"x: " + b"a" * (LARGEST_HEAD + 1),
    "one long header": START + b"x: " + b"a" * LARGEST_HEAD + b"\r\ncontent-length: 0\r\n\r\n",
    "many headers": START + b"".join(b"x%d: a\r\n" % i for i in range(20_000)) + b"\r\n",
    "a long address": b"POST /webhooks/" + b"a" * LARGEST_HEAD + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    "a long method": b"P" * 200_000,
    "trailers without end": START
    + b"transfer-encoding: chunked\r\n\r\n0\r\n"
    + b"".join(b"x%d: a\r\n" % i for i in range(20_000)),
}


@pytest.mark.parametrize("name", HUGE)
async def test_a_huge_head_is_refused_unread(server: Server, name: str) -> None:
    answer = await server.say(HUGE[name])
    cut_off = b""  # what the server sends beside unread bytes may never be seen
    assert answer == cut_off or told(answer) in ((431, "head-too-large"), (400, "malformed-request"))
    await server.is_well()


@pytest.mark.parametrize("first", [b"", b"P", START, b"\r\n", START + b"x: "])
async def test_a_head_that_does_not_come_is_not_waited_for(short_of_heads: Server, first: bytes) -> None:
    assert told(await short_of_heads.say(first)) == (408, "head-too-slow")
    await short_of_heads.is_well()


async def test_a_head_that_trickles_is_not_waited_for(short_of_heads: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", short_of_heads.port)
    answer = asyncio.create_task(_all_of(reader))
    with suppress(ConnectionError):
        for part in START + b"x: " + b"a" * (LARGEST_HEAD // 10):
            if answer.done():
                break
            writer.write(bytes([part]))
            await asyncio.sleep(0.02)
    assert answer.done()
    cut_off = b""  # what the server sends beside unread bytes may never be seen
    assert await answer == cut_off or told(await answer) == (408, "head-too-slow")
    writer.close()
    await short_of_heads.is_well()


async def test_a_second_head_on_a_connection_is_waited_for_as_long(here: World, path: Path) -> None:
    async with serving(here, path, head=2) as server:
        answer = await server.say(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", b"GET /hea", pause=0.1)
        assert answer.startswith(OK)
        assert b'{"error":"head-too-slow"}' in answer
        await server.is_well()


SLOW_BODIES = {
    "less than announced": with_length(b"{", length=10),
    "chunks without end": START + b"transfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
    "half a size of a chunk": START + b"transfer-encoding: chunked\r\n\r\n1",
    "an endless extension of a chunk": START + b"transfer-encoding: chunked\r\n\r\n1;" + b"x" * 100_000,
    "waiting to be asked": START + b"content-length: 10\r\nexpect: 100-continue\r\n\r\n",
}


@pytest.mark.parametrize("name", SLOW_BODIES)
async def test_a_body_that_does_not_end_is_408(short_of_bodies: Server, name: str) -> None:
    answer = (await short_of_bodies.say(SLOW_BODIES[name])).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert told(answer) == (408, "body-too-slow")
    await short_of_bodies.is_well()


@pytest.mark.parametrize("raw", [SLOW_BODIES["less than announced"], SLOW_BODIES["chunks without end"]])
async def test_a_body_that_is_cut_off_is_stored_by_nobody(server: Server, raw: bytes) -> None:
    await server.say(raw, end=True)
    await server.is_well()


@pytest.mark.parametrize("value", [b"\xff\xfe", b"\xc3\x28", b"\xe2\x82", b"\xf0\x9f\x98\x80", b"\t", b"a" * 60_000])
async def test_any_bytes_in_a_signature_are_401(server: Server, value: bytes) -> None:
    answer = await server.say(with_length(body(), b"x-jobber-hmac-sha256: " + value))
    assert told(answer) == (401, "bad-signature")
    await server.is_well()


BOMBS = {
    "gzip": gzip.compress(b"0" * 30_000_000),
    "deflate": zlib.compress(b"0" * 30_000_000),
    "br": bytes.fromhex("1b ff ff ff 00".replace(" ", "")) + b"\x00" * 5_000,
    "gzip, gzip, gzip": gzip.compress(gzip.compress(gzip.compress(b"0" * 30_000_000))),
}


@pytest.mark.parametrize("encoding", BOMBS)
async def test_nothing_that_is_compressed_is_unpacked(server: Server, encoding: str) -> None:
    raw = BOMBS[encoding]
    own = [f"{name}: {value}".encode() for name, value in signed(raw).items()]
    answer = await server.say(with_length(raw, b"content-encoding: " + encoding.encode(), *own))
    assert told(answer) == (400, "malformed-delivery")
    await server.is_well()


async def test_what_follows_a_body_is_no_header(server: Server) -> None:
    """A proxy may have judged the head; what comes after the body adds nothing to it."""
    chunked = b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n%x\r\n%b\r\n0\r\n" % (len(body()), body())
    assert told(await server.say(START + chunked + SIGNED + b"\r\n")) == (401, "bad-signature")
    await server.is_well()


async def test_requests_in_a_row_are_each_answered(server: Server) -> None:
    good = START + SIGNED + b"content-length: %d\r\n\r\n" % len(body()) + body()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(good * 3)
    answers = [await reader.readuntil(b"\r\n\r\n") for _ in range(3)]
    assert [one[: len(OK)] for one in answers] == [OK] * 3
    assert await server.stored() == 3
    writer.write(b"nonsense\r\n\r\n")
    assert told(await _all_of(reader)) == (400, "malformed-request")
    writer.close()


async def test_a_hundred_that_trickle_keep_nobody_waiting(server: Server) -> None:
    slow = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(100)]
    for _, writer in slow:
        writer.write(START)
    answer = await server.say(with_length(body(), *SIGNED.rstrip().split(b"\r\n")))
    assert answer.startswith(OK)
    for reader, writer in slow:
        writer.write_eof()
        assert await _all_of(reader) == b""
        writer.close()


# How many, and who does not read


@pytest.fixture
async def narrow(path: Path, database_url: str) -> AsyncIterator[Server]:
    """A server that serves ten connections at once, and waits long for their heads."""
    config = CONFIG.model_copy(update={"serve": CONFIG.serve.model_copy(update={"connections": 10})})
    async with world(database_url, config=config) as here:
        async with serving(here, path) as opened:
            yield opened


async def test_beyond_the_most_connections_a_request_is_answered_503(narrow: Server) -> None:
    open_ = [await asyncio.open_connection("127.0.0.1", narrow.port) for _ in range(10)]
    answer = await narrow.say(START + SIGNED + b"content-length: 2\r\n\r\n{}")
    assert told(answer) == (503, "too-many-connections")
    assert b"retry-after: 5\r\n" in answer
    for _, writer in open_:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for _, writer in open_))
    health = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    answers = [await narrow.say(health) for _ in range(20)]  # the server hears of what was closed when it hears of it
    assert answers[-1].startswith(OK)
    await narrow.is_well()


async def test_beyond_twice_as_many_a_connection_is_not_held(narrow: Server) -> None:
    open_ = [await asyncio.open_connection("127.0.0.1", narrow.port) for _ in range(20)]
    reader, writer = await asyncio.open_connection("127.0.0.1", narrow.port)
    with suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), LONG_WAIT) == b""
    for _, one in [*open_, (reader, writer)]:
        one.close()


@dataclass(frozen=True)
class Reading:
    """A server of one long answer."""

    port: int
    state: ServerState


@asynccontextmanager
async def reading(answer: float) -> AsyncIterator[Reading]:
    """It waits so many seconds for its answer to be read."""

    async def app(scope: object, receive: object, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * LONG_ANSWER})

    state = ServerState()
    config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None)  # type: ignore[arg-type]  # an ASGI app
    config.load()
    door, loop = listen("127.0.0.1", 0), asyncio.get_running_loop()
    made = partial(Heads, config=config, server_state=state, app_state={}, answer=answer)
    server = await loop.create_server(made, sock=door)
    yield Reading(door.getsockname()[1], state)
    server.close()
    for connection in [*state.connections]:
        connection.shutdown()
    await server.wait_closed()
    await asyncio.gather(*state.tasks)


async def test_who_does_not_read_is_cut_off() -> None:
    async with reading(0.2) as server:
        client = socket.create_connection(("127.0.0.1", server.port))
        client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await until(lambda: server.state.total_requests > 0 and not server.state.connections)
        client.close()


async def test_who_reads_gets_all_of_it() -> None:
    async with (
        reading(LONG_WAIT) as server,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", trust_env=False, timeout=LONG_WAIT) as client,
    ):
        assert len((await client.get("/")).content) == LONG_ANSWER


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for it; a fault of the test when it does not come."""
    for _ in range(3000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError
