"""Made-up job records of about 1 KB, and a server in a process of its own that has its pages ready as bytes."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

BASE_TIME = 1_760_000_000


def job(number: int, changed: int = 0) -> dict[str, Any]:
    """One job: customer, address, two contacts, one or two appointments, tags."""
    dice = random.Random(number)
    time = f"2026-{1 + number % 9:02d}-{1 + number % 28:02d}T{number % 24:02d}:{number % 60:02d}:{changed % 60:02d}Z"
    return {
        "id": number,
        "number": f"J-{number:07d}",
        "status": dice.choice(["Scheduled", "Dispatched", "InProgress", "Hold", "Completed", "Canceled"]),
        "summary": "Replace the water heater in the basement and check the flue. " * 2,
        "updated_at": time,
        "created_at": "2026-01-05T10:00:00Z",
        "total": round(dice.random() * 5000, 2),
        "customer": {"id": 500_000 + number % 5000, "name": f"Customer {number % 5000}", "type": "Residential"},
        "address": {
            "street": f"{number % 900} Main Street",
            "unit": None,
            "city": "Lincoln",
            "state": "NE",
            "zip": f"{68000 + number % 999}",
            "country": "USA",
            "latitude": 40.8136,
            "longitude": -96.7026,
        },
        "contacts": [
            {"type": "Email", "value": f"customer{number % 5000}@example.com", "primary": True, "memo": None},
            {"type": "MobilePhone", "value": f"402555{number % 10000:04d}", "primary": False, "memo": "Owner"},
        ],
        "appointments": [
            {
                "id": number * 10 + n,
                "start": "2026-05-04T15:00:00Z",
                "end": "2026-05-04T17:00:00Z",
                "status": "Scheduled",
            }
            for n in range(1 + number % 2)
        ],
        "tags": [f"tag-{n}" for n in range(1 + number % 3)],
    }


def page_bytes(total: int, size: int, changed: int = 0) -> list[bytes]:
    """All pages of a walk: `{"data": [...], "next": "<page>"|null}`; `changed` moves the first hundred records on."""
    pages = []
    for first in range(0, total, size):
        rows = [job(number, changed if number < 100 else 0) for number in range(first, min(first + size, total))]
        after = str(first // size + 1) if first + size < total else None
        pages.append(orjson.dumps({"data": rows, "next": after}))
    return pages


async def _serve(pages: list[bytes], port: Any) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            line = head.split(b"\r\n", 1)[0]
            at = line.find(b"after=")
            index = int(line[at + 6 :].split(b" ")[0].split(b"&")[0]) if at > 0 else 0
            body = pages[index]
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body))
            writer.write(body)
            await writer.drain()

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(quietly, "127.0.0.1", 0, limit=2**20)
    port.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _child(total: int, size: int, changed: int, port: Any) -> None:
    asyncio.run(_serve(page_bytes(total, size, changed), port))


@contextmanager
def partner(total: int, size: int, changed: int = 0) -> Iterator[str]:
    """The address of a partner with `total` jobs in pages of `size`."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_child, args=(total, size, changed, theirs), daemon=True
    )
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.kill()
        process.join()
