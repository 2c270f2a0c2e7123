"""One connection: the head of a request is read no further than allowed, and an answer waits for no slow reader. The
server's own parser bounds neither size nor time."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from runner.service.straight import Straight

LARGEST_HEAD = 65_536
"""Bytes of a request's line and headers, and of what follows a chunked body. Other servers take 8 to 64 KB."""
PATIENCE = 10.0
"""Seconds in which a head is here, once the connection is open or its first byte came."""
ANSWER = 60.0
"""Seconds in which an answer is read to its end."""
CONNECTIONS = 1_000
"""Open connections that are served; twice as many are answered 503, and no more are open."""
TOO_MANY = (503, b"Service Unavailable", "too-many-connections")
TOO_LARGE = (431, b"Request Header Fields Too Large", "head-too-large")
TOO_SLOW = (408, b"Request Timeout", "head-too-slow")
MALFORMED = (400, b"Bad Request", "malformed-request")


class HeadTooLarge(Exception):
    """Raised inside the parser, which then reads no further."""


class TooManyConnections(Exception):
    """Raised inside the parser, which then reads no further."""


class Heads(Straight):
    """One connection. What it refuses is answered with a reason code, and the connection is closed."""

    def __init__(
        self, *given: Any, patience: float = PATIENCE, answer: float = ANSWER, most: int = CONNECTIONS, **more: Any
    ) -> None:
        super().__init__(*given, **more)
        self._patience = patience
        self._answer = answer
        self._most = most
        self._size = 0
        self._unread = 0
        self._is_in_head = False
        self._is_in_body = False
        self._deadline: asyncio.TimerHandle | None = None
        self._unsent: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the parent
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # whatever cannot be sent at once pauses, and so is timed
        if len(self.connections) > 2 * self._most:
            transport.abort()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._relax()
        self._sent()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unsent = self._unsent or self.loop.call_later(self._answer, self.transport.abort)

    def resume_writing(self) -> None:
        self._sent()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._unread += len(data) if self._is_in_head else 0
        if self._unread > LARGEST_HEAD:
            self._refuse(*TOO_LARGE)
        elif self._is_in_head or self.cycle is None or self.cycle.response_complete:
            self._expect()

    def on_message_begin(self) -> None:
        self._size = self._unread = 0
        self._is_in_head, self._is_in_body = True, False
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._size += len(name) + len(value)  # not _count(): this is called a dozen times for a request
        if self._size > LARGEST_HEAD:
            raise HeadTooLarge
        if not self._is_in_body:  # trailers are no headers (RFC 9110, section 6.5.1)
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.connections) > self._most:
            raise TooManyConnections
        self._is_in_head, self._is_in_body, self._unread = False, True, 0
        self._relax()
        super().on_headers_complete()

    def send_400_response(self, _: str) -> None:
        if self._size > LARGEST_HEAD:
            return self._refuse(*TOO_LARGE)
        return self._refuse(*(TOO_MANY if self._is_in_head and len(self.connections) > self._most else MALFORMED))

    def _is_first_answer(self) -> bool:
        """Whether the request whose body is being read is the only one that waits for an answer."""
        return self.cycle.more_body and not self.cycle.response_started and not self.pipeline

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > LARGEST_HEAD:
            raise HeadTooLarge

    def _expect(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self._patience, self._refuse, *TOO_SLOW)

    def _relax(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _sent(self) -> None:
        if self._unsent is not None:
            self._unsent.cancel()
            self._unsent = None

    def _refuse(self, status: int, phrase: bytes, code: str) -> None:
        """Answer, unless it would be taken for the answer to an earlier request, and close."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or self._is_first_answer():
            body = orjson.dumps({"error": code})
            lines = [b"HTTP/1.1 %d %b" % (status, phrase), b"content-type: application/json"]
            lines += [b"content-length: %d" % len(body), b"connection: close"]
            lines += [b"retry-after: 5"] if status == 503 else []
            self.transport.write(b"\r\n".join([*lines, b"", body]))
        self.transport.close()
