"""Wires carry, are cut and held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.chaos.wire import Streams, Wire, to_port


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """To a server that says again what it is told."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(100):
            writer.write(said)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    made = to_port(server.sockets[0].getsockname()[1])
    await made.open()
    yield made
    await made.close()
    server.close()


@asynccontextmanager
async def call(wire: Wire) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def say(streams: Streams, text: bytes) -> bytes:
    reader, writer = streams
    writer.write(text)
    return await reader.read(100)


async def test_what_is_said_goes_both_ways(wire: Wire) -> None:
    async with call(wire) as streams:
        assert [await say(streams, b"one"), await say(streams, b"two")] == [b"one", b"two"]


async def test_a_cut_resets_what_is_open_and_is_over_afterwards(wire: Wire) -> None:
    async with call(wire) as streams:
        await say(streams, b"one")
        await wire.cut(0)
        with pytest.raises(ConnectionResetError):
            await say(streams, b"two")
    assert wire.cuts == 2
    async with call(wire) as streams:
        assert await say(streams, b"three") == b"three"


async def test_what_is_held_comes_later_and_is_not_lost(wire: Wire) -> None:
    async with call(wire) as streams:
        await say(streams, b"one")
        holding = asyncio.create_task(wire.hold(0.02))
        await asyncio.sleep(0)
        assert await say(streams, b"two") == b"two"
        assert holding.done()
