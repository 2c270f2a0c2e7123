"""Webhooks that are here as a whole when their head is go straight to the engine. What ASGI asks of a server for each
request, a scope, events, messages, costs more than to prove one. All else takes the server's own way."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from runner.engine.webhooks.receive import Received
from runner.service.bodies import RawHeaders
from runner.service.webhooks import PREFIX

Take = Callable[[bytes, RawHeaders, bytes], Awaitable[Received]]
"""Answers a POST: its path and query as they came, its headers, its body."""
HEADS = 1000
"""Heads of answers that are written once."""
_PLAIN = re.compile(re.escape(PREFIX) + rb"[\w.~%!$&'()*+,;=:@/?-]*")
"""Characters of a path and a query (RFC 3986, sections 3.3 and 3.4)."""
_BREAK = re.compile(r"[\r\n\0]")


class Exchange:
    """One request that goes straight, and what the server wants to know of any."""

    disconnected = response_started = response_complete = more_body = False
    message_event = asyncio.Event()
    """Set when the connection is lost; nobody waits for it."""

    def __init__(self, keep_alive: bool) -> None:
        self.keep_alive = keep_alive


class Straight(HttpToolsProtocol):
    """One connection. `take` answers webhooks; without it, all requests go the server's own way."""

    def __init__(self, *given: Any, take: Take | None = None, **more: Any) -> None:
        super().__init__(*given, **more)
        self._take = take
        self._held: list[bytes] | None = None  # the body, as far as it is here, of a request that may go straight
        self._keep_alive = True
        self._rests_since: float | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._held is not None and not self.transport.is_closing():
            held, self._held = self._held, None
            self._ask()  # the rest of its body is still to come
            for part in held:
                super().on_body(part)

    def on_message_begin(self) -> None:
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        if self._may_go_straight():
            self._held = []
            self._keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        else:
            self._ask()

    def on_body(self, body: bytes) -> None:
        if self._held is None:
            super().on_body(body)
        else:
            self._held.append(body)

    def on_message_complete(self) -> None:
        if self._held is None or self._take is None:
            super().on_message_complete()
        else:
            held, self._held = self._held, None
            self._begin(self._take, b"".join(held))

    def on_response_complete(self) -> None:
        """As the server has it, but with one timer for all the pauses between requests, not one for each of them."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._rests_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_again(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self._rests_since is None:
            return
        left = self._rests_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._look_again(left)
        else:
            super().timeout_keep_alive_handler()

    def _unset_keepalive_if_required(self) -> None:
        self._rests_since = None

    def _look_again(self, after: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(after, self.timeout_keep_alive_handler)

    def _begin(self, take: Take, body: bytes) -> None:
        exchange = Exchange(self._keep_alive)
        self.cycle = exchange  # type: ignore[assignment]  # an Exchange tells all that is asked of it
        task = self.loop.create_task(self._run(exchange, take, self.url, self.headers, body))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _may_go_straight(self) -> bool:
        return (
            self._take is not None
            and (self.cycle is None or self.cycle.response_complete)
            and self.parser.get_method() == b"POST"
            and not (self.expect_100_continue or self.parser.should_upgrade())
            and _PLAIN.fullmatch(self.url) is not None
        )

    def _ask(self) -> None:
        """The server's own way, from the beginning."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()

    async def _run(self, exchange: Exchange, take: Take, target: bytes, headers: RawHeaders, body: bytes) -> None:
        try:
            received = await take(target, headers, body)
            if self.flow.write_paused:
                await self.flow.drain()
            if not self.transport.is_closing():
                self.transport.write(_written(received, exchange.keep_alive))
                exchange.response_started = exchange.response_complete = True
        except Exception as error:
            self.logger.error("a webhook has no answer", exc_info=error)
        finally:
            if not (exchange.response_complete and exchange.keep_alive):
                self.transport.close()
        self.on_response_complete()


def _written(received: Received, keep_alive: bool) -> bytes:
    """The answer as bytes."""
    return _head(received.status, len(received.body), tuple(received.headers.items()), keep_alive) + received.body


@lru_cache(HEADS)
def _head(status: int, length: int, headers: tuple[tuple[str, str], ...], keep_alive: bool) -> bytes:
    if any(_BREAK.search(text) for header in headers for text in header):
        raise ValueError("a header of an answer holds the end of a line")
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"content-length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += [] if keep_alive else ["connection: close"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
