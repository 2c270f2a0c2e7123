"""Which requests go straight, which take the server's own way, and that both keep to HTTP on one connection."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from runner.engine.webhooks.receive import Received
from runner.service.bodies import RawHeaders, Receive, Scope, Send, answer, read_body
from runner.service.straight import Straight

HEAD = b"POST /webhooks/jobber?a=1 HTTP/1.1\r\nHost: x\r\nX-Sig: A\r\ncontent-length: 4\r\n"
WHOLE = HEAD + b"\r\nbody"
LAST = HEAD + b"connection: close\r\n\r\nbody"


class Taken:
    """Takes webhooks, and holds the answers back until it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, RawHeaders, bytes]] = []
        self.arrived = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()
        self.way = "1"

    async def take(self, target: bytes, headers: RawHeaders, body: bytes) -> Received:
        self.heard.append((target, headers, body))
        self.arrived.set()
        await self.go.wait()
        if body == b"fail":
            raise ValueError
        return Received(201, b"straight", {"x-way": self.way})


async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
    body = await read_body(scope, receive, 1_000_000)
    await answer(send, 200, b"asgi:%b:%b:%d" % (scope["raw_path"], scope["query_string"], len(body)))


class Watched(Straight):
    """A connection that says when it is lost."""

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.app_state["lost"].set()


@asynccontextmanager
async def listening(
    taken: Taken | None, lost: asyncio.Event | None = None, rest: int = 3600
) -> AsyncIterator[tuple[int, ServerState]]:
    """A server that closes connections that rested for so many seconds."""
    loop, state = asyncio.get_running_loop(), ServerState()
    config = uvicorn.Config(asgi, ws="none", lifespan="off", log_config=None, timeout_keep_alive=rest)
    config.load()
    take = taken.take if taken else None
    told = {"lost": lost or asyncio.Event()}
    made: Any = partial(Watched, config=config, server_state=state, app_state=told, take=take)
    server = await loop.create_server(made, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], state
        for connection in list(state.connections):
            connection.transport.close()


@pytest.fixture
def taken() -> Taken:
    return Taken()


async def said(port: int, request: bytes) -> bytes:
    """What is answered until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        return await reader.read()
    finally:
        writer.close()


async def test_a_webhook_in_one_piece_goes_straight(taken: Taken) -> None:
    async with listening(taken) as (port, state):
        heard = await said(port, WHOLE + LAST)
        assert state.total_requests == 2
    ours = b"HTTP/1.1 201 Created\r\ncontent-length: 8\r\nx-way: 1\r\n"
    assert heard.startswith(ours + b"\r\nstraight")
    assert taken.heard[0] == (
        b"/webhooks/jobber?a=1",
        [(b"host", b"x"), (b"x-sig", b"A"), (b"content-length", b"4")],
        b"body",
    )


async def test_a_connection_serves_one_after_another(taken: Taken) -> None:
    async with listening(taken) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(WHOLE)
            assert (await reader.readuntil(b"straight")).startswith(b"HTTP/1.1 201")
        writer.write(LAST)
        assert b"\r\nconnection: close\r\n" in await reader.read()
        writer.close()
    assert len(taken.heard) == 4


async def test_answers_come_in_order_where_requests_did_not_wait_for_them(taken: Taken) -> None:
    taken.go.clear()
    async with listening(taken) as (port, _):
        reading = asyncio.create_task(said(port, WHOLE + b"GET /other HTTP/1.1\r\nhost: x\r\n\r\n" + LAST))
        await taken.arrived.wait()
        taken.go.set()
        heard = await reading
    assert re.findall(rb"straight|asgi:/\w+", heard) == [b"straight", b"asgi:/other", b"asgi:/webhooks"]


@pytest.mark.parametrize(
    "request_",
    [
        LAST.replace(b"POST", b"GET"),
        LAST.replace(b"/webhooks/", b"/other/"),
        LAST.replace(b"jobber", b"job<ber"),
        LAST.replace(b" /", b" http://x/"),
    ],
)
async def test_what_is_no_plain_webhook_takes_the_servers_way(taken: Taken, request_: bytes) -> None:
    async with listening(taken) as (port, _):
        assert b"asgi:/" in await said(port, request_)
    assert taken.heard == []


async def test_a_body_in_pieces_takes_the_servers_way_whole(taken: Taken) -> None:
    large = LAST.replace(b"length: 4", b"length: 900004").replace(b"body", b"b" * 900_004)  # more than is read at once
    async with listening(taken) as (port, _):
        assert (await said(port, large)).endswith(b"asgi:/webhooks/jobber:a=1:900004")
    assert taken.heard == []


async def test_a_body_that_asks_to_be_asked_for_takes_the_servers_way(taken: Taken) -> None:
    asking = HEAD + b"expect: 100-continue\r\nconnection: close\r\n\r\nbody"
    async with listening(taken) as (port, _):
        assert (await said(port, asking)).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")


async def test_chunks_in_one_piece_are_one_body(taken: Taken) -> None:
    chunks = LAST.replace(b"content-length: 4", b"transfer-encoding: chunked")
    async with listening(taken) as (port, _):
        await said(port, chunks.replace(b"\r\n\r\nbody", b"\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"))
    assert [body for _, _, body in taken.heard] == [b"body"]


async def test_without_one_who_takes_them_all_take_the_servers_way() -> None:
    async with listening(None) as (port, _):
        assert b"asgi:/webhooks/jobber:a=1:4" in await said(port, LAST)


async def test_one_that_fails_has_no_answer_and_ends_the_connection(
    taken: Taken, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(taken) as (port, _):
        assert await said(port, WHOLE.replace(b"body", b"fail")) == b""
    assert [record.message for record in caplog.records] == ["a webhook has no answer"]


async def test_who_hung_up_is_not_answered(taken: Taken) -> None:
    taken.go.clear()
    lost = asyncio.Event()
    async with listening(taken, lost) as (port, state):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(WHOLE)
        await taken.arrived.wait()
        writer.transport.abort()
        await lost.wait()
        tasks = [*state.tasks]
        taken.go.set()
        assert [await task for task in tasks] == [None]


async def test_a_connection_that_rests_too_long_is_closed(taken: Taken) -> None:
    async with listening(taken, rest=0) as (port, _):
        assert (await said(port, WHOLE)).endswith(b"straight")


async def test_one_that_works_or_has_not_rested_long_stays(taken: Taken) -> None:
    async with listening(taken) as (port, state):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for is_busy in (False, True):
            writer.write(WHOLE)
            await reader.readuntil(b"straight")
            if is_busy:
                taken.go.clear()
                taken.arrived.clear()
                writer.write(WHOLE)
                await taken.arrived.wait()
            (connection,) = state.connections
            connection.timeout_keep_alive_handler()
            assert not connection.transport.is_closing()
        taken.go.set()
        await reader.readuntil(b"straight")
        writer.close()


async def test_an_answer_has_no_header_of_two_lines(taken: Taken, caplog: pytest.LogCaptureFixture) -> None:
    taken.way = "1\r\nset-cookie: a=b"
    async with listening(taken) as (port, _):
        assert await said(port, WHOLE) == b""
    assert [record.message for record in caplog.records] == ["a webhook has no answer"]


async def test_a_server_that_ends_answers_what_it_has_taken_and_closes(taken: Taken) -> None:
    taken.go.clear()
    async with listening(taken) as (port, state):
        reading = asyncio.create_task(said(port, WHOLE))
        await taken.arrived.wait()
        (connection,) = state.connections
        connection.shutdown()
        taken.go.set()
        assert b"\r\nconnection: close\r\n" in await reading


async def test_an_answer_waits_for_a_reader_that_is_slow(taken: Taken) -> None:
    taken.go.clear()
    async with listening(taken) as (port, state):
        reading = asyncio.create_task(said(port, LAST))
        await taken.arrived.wait()
        (connection,) = state.connections
        connection.pause_writing()
        taken.go.set()
        for _ in range(5):  # as many turns as an answer could take
            await asyncio.sleep(0)
        assert not connection.cycle.response_complete
        connection.resume_writing()
        assert (await reading).endswith(b"straight")
