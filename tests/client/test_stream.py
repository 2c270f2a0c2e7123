from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpcore
import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from runner.client.stream import MOST, Sockets

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LOOPS = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])


def run(loop: Callable[[], asyncio.AbstractEventLoop], work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(work)


@asynccontextmanager
async def connected(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[httpcore.AsyncNetworkStream]:
    """A connection to a server that answers so; the server has ended with the test."""
    answered = asyncio.Event()

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        finally:
            writer.transport.abort()
            answered.set()

    server = await asyncio.start_server(once, "127.0.0.1", 0, ssl=tls)
    stream = await Sockets().connect_tcp("127.0.0.1", server.sockets[0].getsockname()[1], timeout=10)
    try:
        yield stream
    finally:
        await stream.aclose()
        await answered.wait()
        server.close()
        await server.wait_closed()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while found := await reader.read(65_536):
        writer.write(found)
        await writer.drain()


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(-1)


async def goodbye(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(1)
    writer.write(b"bye")
    writer.close()
    await writer.wait_closed()


async def flooded(stream: httpcore.AsyncNetworkStream) -> None:
    while True:
        await stream.write(b"x" * 1_000_000, timeout=0.05)


async def everything(stream: httpcore.AsyncNetworkStream, size: int) -> bytes:
    came = b""
    while len(came) < size and (piece := await stream.read(1000, timeout=10)):
        came += piece
    return came


@LOOPS
def test_more_than_may_lie_unread_comes_back_whole(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def work() -> None:
        sent = bytes(range(256)) * (3 * MOST // 256)
        async with connected(echo) as stream:
            writing = asyncio.create_task(stream.write(sent, timeout=10))
            came = await everything(stream, len(sent))
            await writing
        assert came == sent

    run(loop, work())


@LOOPS
def test_what_is_encrypted_comes_back_whole(loop: Callable[[], asyncio.AbstractEventLoop], tmp_path: Path) -> None:
    theirs, ours = contexts(tmp_path)

    async def work() -> None:
        async with connected(echo, theirs) as plain:
            stream = await plain.start_tls(ours, "partner.example", timeout=10)
            assert stream.get_extra_info("ssl_object") is not None
            await stream.write(b"x" * 200_000, timeout=10)
            assert await everything(stream, 200_000) == b"x" * 200_000
            await stream.aclose()

    run(loop, work())


async def test_a_certificate_of_another_host_makes_no_connection(tmp_path: Path) -> None:
    theirs, ours = contexts(tmp_path)
    server = await asyncio.start_server(silence, "127.0.0.1", 0, ssl=theirs)
    async with server:
        plain = await Sockets().connect_tcp("127.0.0.1", server.sockets[0].getsockname()[1])
        with pytest.raises(httpcore.ConnectError):
            await plain.start_tls(ours, "other.example", timeout=10)


async def test_the_last_bytes_come_before_the_end() -> None:
    async with connected(goodbye) as stream:
        assert stream.get_extra_info("is_readable") is False
        await stream.write(b"!")
        assert await everything(stream, 3) == b"bye"
        assert await stream.read(1, timeout=10) == b""
        assert stream.get_extra_info("is_readable") is True
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"?")


async def test_a_connection_that_is_cut_off_is_an_error_of_reading() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        at_once = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        writer.transport.abort()

    async with connected(cut) as stream:
        await stream.write(b"!")
        with pytest.raises(httpcore.ReadError):
            await stream.read(1, timeout=10)


async def test_nobody_waits_for_ever() -> None:
    async with connected(silence) as stream:
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(1, timeout=0.01)


async def test_who_is_not_listened_to_does_not_write_for_ever() -> None:
    released = asyncio.Event()

    async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio declares less than it gives
        await released.wait()

    async with connected(deaf) as stream:
        with pytest.raises(httpcore.WriteTimeout):
            await flooded(stream)
        released.set()


async def test_a_port_where_nobody_listens_refuses() -> None:
    server = await asyncio.start_server(silence, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(httpcore.ConnectError):
        await Sockets().connect_tcp("127.0.0.1", port, timeout=10)


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's own certificate for partner.example, and a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "partner.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("partner.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate, private)
    ours = ssl.create_default_context(cafile=str(certificate))
    return theirs, ours
