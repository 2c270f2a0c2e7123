"""A load of webhooks from a process of its own: so many connections, each sending the next when the answer is there."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import multiprocessing
import time
from collections.abc import Callable, Sequence
from typing import Any

Make = Callable[[str, int], bytes]
"""A request to a path, by its number."""

SECRET = "bench-secret-of-thirty-two-letters"


def body(number: int) -> bytes:
    """One event of about 1 KB, unlike every other."""
    filler = "x" * 850
    return (
        b'{"id":"evt-%09d","type":"job.updated","account":"acct-1","occurred_at":"2026-05-04T15:20:11Z",'
        b'"data":{"id":"%d","number":"J-%d","note":"%s"}}' % (number, number, number, filler.encode())
    )


def request(path: str, number: int) -> bytes:
    """The signed request as bytes."""
    return signed(path, body(number))


def signed(path: str, payload: bytes) -> bytes:
    """A request with this body."""
    signature = hmac.new(SECRET.encode(), payload, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"x-signature: {signature}\r\ncontent-length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


async def _connection(port: int, requests: Any, spent: list[float], refused: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for message in requests:
        began = time.perf_counter()
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        if length:
            await reader.readexactly(length)
        spent.append(time.perf_counter() - began)
        if not head.startswith(b"HTTP/1.1 2"):
            refused.append(head.split(b"\r\n", 1)[0])
    writer.close()


async def _load(ports: Sequence[int], messages: Sequence[bytes], connections: int) -> dict[str, Any]:
    spent: list[float] = []
    refused: list[bytes] = []
    began = time.perf_counter()
    lanes = [messages[lane::connections] for lane in range(connections)]
    doors = zip(itertools.cycle(ports), lanes, strict=False)
    await asyncio.gather(*(_connection(port, lane, spent, refused) for port, lane in doors))
    took = time.perf_counter() - began
    spent.sort()
    return {
        "rate": len(messages) / took,
        "p50_ms": spent[len(spent) // 2] * 1000,
        "p99_ms": spent[int(len(spent) * 0.99)] * 1000,
        "refused": len(refused),
    }


def _child(ports: Sequence[int], make: Make, path: str, numbers: range, connections: int, result: Any) -> None:
    import uvloop

    messages = [make(path, number) for number in numbers]
    result.send(uvloop.run(_load(ports, messages, connections)))


def load(
    ports: Sequence[int], path: str, first: int, count: int, connections: int = 32, make: Make = request
) -> dict[str, Any]:
    """Send `count` webhooks numbered from `first`, the connections shared among the ports: rate per second, p50 and
    p99 in ms, how many were refused."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_child, args=(ports, make, path, range(first, first + count), connections, theirs)
    )
    process.start()
    found: dict[str, Any] = ours.recv()
    process.join()
    return found
