from __future__ import annotations

import asyncio
from typing import Any

import httpcore
import pytest

from runner.client.guard import Guard, is_public, open_http
from runner.client.sender import send
from runner.errors import PartnerUnavailable, SettingsError
from runner.model.http import Request


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::7f00:1",
        "::ffff:0:7f00:1",
        "64:ff9b:1::7f00:1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_other_addresses_are_not_in_whatever_clothes(address: str) -> None:
    assert not is_public(address)


class Network(httpcore.AsyncMockBackend):
    """Notes which addresses are connected to; some refuse."""

    def __init__(self, refusing: tuple[str, ...] = ()) -> None:
        super().__init__([])
        self.refusing = refusing
        self.asked: list[str] = []

    async def connect_tcp(self, host: str, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        self.asked.append(host)
        if host in self.refusing:
            raise httpcore.ConnectError("refused")
        return await super().connect_tcp(host, *args, **options)


def guard(network: Network, *addresses: str, allowed: tuple[str, ...] = ()) -> Guard:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return Guard(allowed, resolve, network)


async def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    network = Network()
    await guard(network, "93.184.216.34").connect_tcp("acme.example", 443)
    assert network.asked == ["93.184.216.34"]


async def test_a_name_with_one_private_address_is_refused() -> None:
    network = Network()
    with pytest.raises(SettingsError, match=r"acme\.example .*allow_hosts"):
        await guard(network, "93.184.216.34", "10.0.0.1").connect_tcp("acme.example", 443)
    assert network.asked == []


async def test_a_private_host_can_be_allowed() -> None:
    network = Network()
    await guard(network, "10.0.0.1", allowed=("Sim.internal",)).connect_tcp("sim.INTERNAL", 80)
    assert network.asked == ["10.0.0.1"]


async def test_the_next_address_is_tried_when_one_refuses() -> None:
    network = Network(refusing=("93.184.216.34",))
    await guard(network, "93.184.216.34", "93.184.216.35").connect_tcp("acme.example", 443)
    assert network.asked == ["93.184.216.34", "93.184.216.35"]


@pytest.mark.parametrize("addresses", [(), ("93.184.216.34",)])
async def test_without_a_connection_the_error_is_that_of_the_network(addresses: tuple[str, ...]) -> None:
    with pytest.raises(httpcore.ConnectError):
        await guard(Network(refusing=addresses), *addresses).connect_tcp("acme.example", 443)


async def test_a_name_that_nobody_knows_is_a_network_error() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise OSError("unknown")

    with pytest.raises(httpcore.ConnectError, match="not known"):
        await Guard((), resolve, Network()).connect_tcp("acme.example", 443)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def test_the_real_transport_is_guarded() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    request = Request("GET", f"http://127.0.0.1:{port}/")
    async with server, open_http() as closed, open_http(["127.0.0.1"]) as opened:
        with pytest.raises(SettingsError, match="private address"):
            await send(closed, request)
        assert (await send(opened, request)).body == b"ok"


async def test_a_closed_port_is_unavailable_and_nothing_was_sent() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with open_http(["127.0.0.1"]) as http:
        with pytest.raises(PartnerUnavailable) as caught:
            await send(http, Request("GET", f"http://127.0.0.1:{port}/"))
    assert caught.value.sent is False
