from __future__ import annotations

import asyncio
import json
import socket

import httpx
import pytest

from runner.authoring.simulate.server import UnknownPartnerError, serve, start
from runner.errors import SettingsError

TOKEN = {"Authorization": "Bearer companycam-token"}


async def test_partners_listen_on_free_ports_and_post_webhooks():
    received: asyncio.Queue[bytes] = asyncio.Queue()

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.put_nowait(await reader.readuntil(b"}}}"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    receiver = await asyncio.start_server(receive, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{receiver.sockets[0].getsockname()[1]}"
    running = await start(["servicetitan", "jobber", "companycam"], first_port=0, webhook_base=base, jobber={"size": 5})
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{running.urls['companycam']}/v2/users/current", headers=TOKEN)
        assert answer.status_code == 200
        assert len(running.partners["jobber"].tables["clients"]) == 5
        running.partners["servicetitan"].change("jobs", 7001, priority="High")
        request = await asyncio.wait_for(received.get(), 60)
    finally:
        await running.stop()
        receiver.close()
        await receiver.wait_closed()
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /webhooks/servicetitan ")
    assert json.loads(body)["data"]["job"]["priority"] == "High"


async def test_unknown_partner_is_answered_with_those_there_are():
    with pytest.raises(
        UnknownPartnerError, match="nobody simulates 'nobody'; there are servicetitan, jobber, companycam"
    ):
        await start(["nobody"], first_port=0)


async def test_a_port_that_is_taken_is_said_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            SettingsError, match=f"cannot listen on 127.0.0.1:{port} .Address already in use.*first-port"
        ):
            await start(["companycam"], first_port=port)


async def test_serve_tells_the_addresses_and_ends_when_cancelled():
    heard: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    task = asyncio.create_task(serve(["companycam"], first_port=0, ready=heard.put_nowait))
    urls = await asyncio.wait_for(heard.get(), 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(urls["companycam"])
