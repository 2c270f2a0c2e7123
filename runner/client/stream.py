"""Connections of asyncio as httpcore uses them, without a third library between the two.

What has come is handed over in one piece, whatever its size: each piece of a page costs as much as a small call.
"""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

_Options = Iterable[httpcore.SOCKET_OPTION]
MOST = 131_072
"""Bytes that may lie here unread before the other side must wait."""
LATELY = 0.05
"""Seconds for which it is believed that nobody has closed a connection on which something came."""
_NAMES = {"client_addr": "sockname", "server_addr": "peername"}


class Sockets(httpcore.AsyncNetworkBackend):
    """Makes connections in the event loop that runs."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the interface is httpcore's
        local_address: str | None = None,
        socket_options: _Options | None = None,
    ) -> httpcore.AsyncNetworkStream:
        own = (local_address, 0) if local_address is not None else None
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                transport, inbox = await loop.create_connection(Inbox, host, port, local_addr=own)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"no connection within {timeout} s") from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        for option in socket_options or ():
            transport.get_extra_info("socket").setsockopt(*option)
        return Stream(transport, inbox)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Inbox(asyncio.Protocol):
    """What came and was not read yet, and whether there is room for what goes."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0
        self.is_over = False
        self.is_full = False
        self.error: Exception | None = None
        self.came_at = 0.0
        self._waiting: set[asyncio.Future[None]] = set()
        self._transport: Any = None
        self._is_held_back = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called anew when TLS begins, with the transport that decrypts."""
        self._transport = transport
        self.came_at = asyncio.get_running_loop().time()

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)
        self.size += len(data)
        self.came_at = asyncio.get_running_loop().time()
        if self.size > MOST and not self._is_held_back and not self._transport.is_closing():
            self._is_held_back = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self.is_over = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_over, self.is_full, self.error = True, False, self.error or error
        self._wake()

    def pause_writing(self) -> None:
        self.is_full = True

    def resume_writing(self) -> None:
        self.is_full = False
        self._wake()

    def take(self) -> bytes:
        """All that came; nothing at the end."""
        found = self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)
        self.pieces.clear()
        self.size = 0
        if self._is_held_back and not self._transport.is_closing():
            self._is_held_back = False
            self._transport.resume_reading()
        return found

    async def until(self, is_so: Callable[[], bool], seconds: float | None) -> None:
        """Wait for something to be so. TimeoutError after `seconds`."""
        if is_so():
            return
        async with asyncio.timeout(seconds):
            while not is_so():
                change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.add(change)
                try:
                    await change
                finally:
                    self._waiting.discard(change)

    def _wake(self) -> None:
        for change in self._waiting:
            if not change.done():
                change.set_result(None)


class Stream(httpcore.AsyncNetworkStream):
    """One connection, from which one task reads while one may write."""

    def __init__(self, transport: asyncio.Transport, inbox: Inbox) -> None:
        self._transport = transport
        self._inbox = inbox

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109  # as above
        """What has come, which may be more than `max_bytes`; nothing when the other side is done."""
        inbox = self._inbox
        try:
            await inbox.until(lambda: bool(inbox.pieces) or inbox.is_over, timeout)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(f"nothing came within {timeout} s") from error
        if inbox.error is not None and not inbox.pieces:
            raise httpcore.ReadError(str(inbox.error)) from inbox.error
        return inbox.take()

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109  # as above
        inbox = self._inbox
        if buffer and not self._transport.is_closing():
            self._transport.write(buffer)
        try:
            await inbox.until(lambda: not inbox.is_full, timeout)
        except TimeoutError as error:
            raise httpcore.WriteTimeout(f"nothing was taken within {timeout} s") from error
        if buffer and self._transport.is_closing():
            raise httpcore.WriteError("the connection is closed") from inbox.error

    async def aclose(self) -> None:
        self._transport.close()
        await asyncio.sleep(0)
        self._transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
    ) -> httpcore.AsyncNetworkStream:
        loop, inbox = asyncio.get_running_loop(), self._inbox
        try:
            async with asyncio.timeout(timeout):
                made = await loop.start_tls(self._transport, inbox, ssl_context, server_hostname=server_hostname)
        except BaseException as error:
            self._transport.abort()
            if isinstance(error, TimeoutError):
                raise httpcore.ConnectTimeout(f"no TLS within {timeout} s") from error
            if isinstance(error, OSError):
                raise httpcore.ConnectError(str(error)) from error
            raise
        if made is None:  # asyncio gives no transport where the connection was closed meanwhile
            raise httpcore.ConnectError("the connection was closed before it was encrypted")
        inbox.connection_made(made)
        return Stream(made, inbox)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._is_readable()
        return self._transport.get_extra_info(_NAMES.get(info, info))

    def _is_readable(self) -> bool:
        """Whether an idle connection is of no use any more: something came on it, or its end."""
        inbox = self._inbox
        if inbox.pieces or inbox.is_over or self._transport.is_closing():
            return True
        if asyncio.get_running_loop().time() - inbox.came_at < LATELY:
            return False
        poll = select.poll()  # its end may have come since the loop last looked
        poll.register(self._transport.get_extra_info("socket"), select.POLLIN)
        return bool(poll.poll(0))
