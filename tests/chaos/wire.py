"""Wires between the processes and what they call: connections over them can be cut, and held."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
PIECE = 65_536
_AT_ONCE = struct.pack("ii", 1, 0)
"""Of SO_LINGER: closing is a reset."""


class Wire:
    """Carries connections from a port of its own to wherever `reach` leads."""

    def __init__(self, reach: Callable[[], Awaitable[Streams]]) -> None:
        self.port = 0
        self.cuts = 0
        self._reach = reach
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._cutting = 0
        self._holding = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self, seconds: float) -> None:
        """Reset every connection, and each new one for so long."""
        self._cutting += 1
        self._reset()
        await asyncio.sleep(seconds)
        self._cutting -= 1

    async def hold(self, seconds: float) -> None:
        """Let nothing through for so long, and nothing be lost."""
        self._holding += 1
        self._flows.clear()
        await asyncio.sleep(seconds)
        self._holding -= 1
        if not self._holding:
            self._flows.set()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._flows.set()
        self._reset()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def _reset(self) -> None:
        self.cuts += len(self._ends)
        for end in list(self._ends):
            with suppress(OSError):  # it was just closed
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            end.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        try:
            await self._carry(reader, writer)
        finally:
            writer.transport.abort()
            self._carrying.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cutting:
            return
        with suppress(OSError):  # nobody is there: whoever called sees it by the reset
            there, back = await self._reach()
            ends = {writer, back}
            self._ends |= ends
            pumps = [asyncio.create_task(self._pump(*way)) for way in ((reader, back), (there, writer))]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_EXCEPTION)
            finally:
                self._ends -= ends
                back.transport.abort()
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE):
            await self._flows.wait()
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


def to_port(port: int) -> Wire:
    """A wire to a port of this machine."""
    return Wire(lambda: asyncio.open_connection("127.0.0.1", port))


def to_socket(path: str) -> Wire:
    """A wire to a socket in the file system."""
    return Wire(lambda: asyncio.open_unix_connection(path))
