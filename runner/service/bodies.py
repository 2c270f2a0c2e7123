"""The body of a request, read no further than allowed."""

from __future__ import annotations

import asyncio
import functools
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]
"""As ASGI gives them: names in lower case."""

PATIENCE = 30.0


class TooLarge(Exception):
    """The body goes on after the most that is allowed."""


class TooSlow(Exception):
    """The body did not come in time."""


class HungUp(Exception):
    """The client went away before the body was complete."""


async def read_body(scope: Scope, receive: Receive, most: int, patience: float = PATIENCE) -> bytes:
    """The whole body. TooLarge as soon as it is clear, by its announced length or, chunked, while it is read.

    TooSlow when it is not here within `patience` seconds: a client that trickles holds no connection for ever.
    """
    announced = header(scope, b"content-length")
    if announced is not None and announced.isdigit() and int(announced) > most:
        raise TooLarge
    reading = _read(receive, most)
    try:
        waits_for = reading.send(None)
    except StopIteration as end:  # all of it was there, as nearly always: no clock need be set
        return bytes(end.value)
    try:
        async with asyncio.timeout(patience):
            return bytes(await _going_on(reading, waits_for))
    except TimeoutError:
        raise TooSlow from None


@types.coroutine
def _going_on(begun: Coroutine[Any, Any, bytes], waits_for: Any) -> Generator[Any, Any, bytes]:
    """The rest of a coroutine that has begun, and waits."""
    while True:
        try:
            given = yield waits_for
        except BaseException as error:
            step = functools.partial(begun.throw, error)
        else:
            step = functools.partial(begun.send, given)
        try:
            waits_for = step()
        except StopIteration as end:
            return bytes(end.value)


async def _read(receive: Receive, most: int) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUp
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise TooLarge
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts) if len(parts) > 1 else bytes(part)


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that lower-case name."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


async def answer(send: Send, status: int, body: bytes = b"", headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    """A whole response."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})
