"""One request goes out, one response comes back: no redirects, a limit on time and on size."""

from __future__ import annotations

import asyncio

import httpx
import orjson

from runner.errors import MappingError, PartnerUnavailable, UnexpectedResponse
from runner.model.http import Request, Response

LARGEST_BODY = 50_000_000  # bytes, decompressed
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


async def send(http: httpx.AsyncClient, request: Request, largest: int = LARGEST_BODY) -> Response:
    """Send `request`; returns whatever status comes back, the body decompressed.

    Raises PartnerUnavailable when nothing comes back (`sent` says whether the partner may have acted),
    UnexpectedResponse for a body that is too large or broken, MappingError for a header that cannot be sent.
    """
    built = _build(http, request)
    try:
        async with asyncio.timeout(request.timeout * 2):  # httpx counts anew with every byte; this counts the whole
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


def _build(http: httpx.AsyncClient, request: Request) -> httpx.Request:
    content, headers = request.content, dict(request.headers)
    if request.has_json:
        content = orjson.dumps(request.json)
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "application/json"
    _check(headers)
    return http.build_request(
        request.method,
        request.url,
        params=dict(request.params) or None,
        headers=headers,
        content=content,
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
