"""One request goes out, one response comes back: no redirects, a limit on time and on size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import httpx
import orjson

from runner.client.multipart import Multipart
from runner.errors import MappingError, PartnerUnavailable, UnexpectedResponse
from runner.model.file import File
from runner.model.http import Request, Response

LARGEST_BODY = 50_000_000  # bytes, decompressed
SLOWEST = 10_000
"""Bytes a second at which a file is still being sent, beside the time that the call has anyway."""
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


async def send(http: httpx.AsyncClient, request: Request, largest: int = LARGEST_BODY) -> Response:
    """Send `request`; returns whatever status comes back, the body decompressed.

    Raises PartnerUnavailable when nothing comes back (`sent` says whether the partner may have acted),
    UnexpectedResponse for a body that is too large or broken, MappingError for a header that cannot be sent, and what
    reading a file does.
    """
    stream = _streamed(request)
    if stream is None:
        return await _in_time(http, _build(http, request, None), request, largest, request.timeout * 2)
    async with aclosing(stream.pieces):
        patience = request.timeout * 2 + stream.size / SLOWEST
        return await _in_time(http, _build(http, request, stream), request, largest, patience)


async def _in_time(
    http: httpx.AsyncClient, built: httpx.Request, request: Request, largest: int, patience: float
) -> Response:
    try:
        async with asyncio.timeout(patience):  # httpx counts anew with every byte; this counts the whole
            return await _exchange(http, built, request, largest)
    except _NOT_SENT as error:
        raise PartnerUnavailable(f"no connection to {request.host} ({_kind(error)})", sent=False) from None
    except (httpx.TransportError, TimeoutError) as error:
        raise PartnerUnavailable(f"no answer from {request.host} ({_kind(error)})") from None
    except httpx.DecodingError:
        raise UnexpectedResponse(f"the answer of {request.host} is not compressed as it says") from None


async def _exchange(http: httpx.AsyncClient, built: httpx.Request, request: Request, largest: int) -> Response:
    auth = httpx.BasicAuth(*request.auth) if request.auth else None
    answer = await http.send(built, stream=True, auth=auth, follow_redirects=False)
    try:
        body = await _read(answer, request.host, largest)
    finally:
        await answer.aclose()
    return Response(answer.status_code, dict(answer.headers), body, str(answer.url))


async def _read(answer: httpx.Response, host: str, largest: int) -> bytes:
    parts, size = [], 0
    async for part in answer.aiter_bytes():
        size += len(part)
        if size > largest:
            raise UnexpectedResponse(
                f"the answer of {host} is larger than {largest} bytes (check the address, or ask for less)",
                status=answer.status_code,
            )
        parts.append(part)
    return b"".join(parts)


@dataclass(frozen=True)
class _Stream:
    """A body that is read while it is sent, and the headers that belong to it."""

    pieces: AsyncGenerator[bytes, None]
    size: int
    headers: dict[str, str]


def _streamed(request: Request) -> _Stream | None:
    """The body where it may hold a file."""
    if isinstance(request.content, File):
        size = request.content.size
        return _Stream(request.content.read(0, size), size, {"content-length": str(size)})
    if request.parts is not None:
        made = Multipart(request.parts)
        headers = {"content-length": str(made.size), "content-type": made.type}
        return _Stream(made.read(), made.size, headers)
    return None


def _build(http: httpx.AsyncClient, request: Request, stream: _Stream | None) -> httpx.Request:
    content, headers = request.content, dict(request.headers)
    if request.has_json:
        content = orjson.dumps(request.json)
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "application/json"
    if stream is not None:
        headers = {name: text for name, text in headers.items() if name.lower() not in stream.headers} | stream.headers
    _check(headers)
    return http.build_request(
        request.method,
        request.url,
        params=dict(request.params) or None,
        headers=headers,
        content=stream.pieces if stream is not None else content if isinstance(content, bytes) else None,
        data=dict(request.form) if request.form is not None else None,
        timeout=httpx.Timeout(request.timeout, connect=min(request.timeout, 10.0)),
    )


def _check(headers: dict[str, str]) -> None:
    """Refused here, since the layers below would repeat the value in their message."""
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise MappingError(f"the value of the header {name} has characters that a header cannot hold")


def _kind(error: Exception) -> str:
    return type(error).__name__
