"""A load balancer as small as can be: a connection each request, to a web process that says it is ready."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx

LOOK_EVERY = 0.05
LIMIT = 2**20


class Switch:
    """Asks every port for `/readyz`, and hands connections to those that answered 200 last, one after the other."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = ports
        self.ready: list[int] = []
        self.served: dict[int, int] = dict.fromkeys(ports, 0)
        self._turn = 0
        self._looked = asyncio.Condition()

    async def watch(self) -> None:
        """Look at all of them, again and again."""
        async with httpx.AsyncClient(timeout=5, trust_env=False, headers={"Connection": "close"}) as client:
            while True:
                self.ready = [port for port in self.ports if await _is_ready(client, port)]
                async with self._looked:
                    self._looked.notify_all()
                await asyncio.sleep(LOOK_EVERY)

    async def until(self, ports: set[int]) -> None:
        """Wait until these are ready, and no others."""
        async with asyncio.timeout(60), self._looked:
            await self._looked.wait_for(lambda: set(self.ready) == ports)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, there and back. Who refuses to be connected has seen nothing: the next one is asked."""
        for port in self._order():
            try:
                back, there = await asyncio.open_connection("127.0.0.1", port, limit=LIMIT)
            except ConnectionRefusedError:
                continue
            self.served[port] += 1
            await asyncio.gather(_pour(reader, there), _pour(back, writer))
            await _end(there)
            break
        await _end(writer)

    def _order(self) -> list[int]:
        self._turn += 1
        at = self._turn % max(len(self.ready), 1)
        return [*self.ready[at:], *self.ready[:at]]


async def _is_ready(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """All that comes, and then the end; a cut connection is cut on the other side too."""
    try:
        while piece := await source.read(65536):
            sink.write(piece)
            await sink.drain()
        sink.write_eof()
    except OSError:
        sink.close()


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def switch(ports: Sequence[int]) -> AsyncIterator[tuple[Switch, str]]:
    """One that runs, and its address."""
    found = Switch(ports)
    watching = asyncio.create_task(found.watch(), name="switch")
    server = await asyncio.start_server(found.carry, "127.0.0.1", 0, limit=LIMIT)
    try:
        yield found, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
