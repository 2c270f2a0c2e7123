"""The network of a test: every request goes to what stands for its host, and none leaves the process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

Hook = Callable[[httpx.Request], Awaitable[None]]


class Wire(httpx.AsyncBaseTransport):
    """`hosts` maps names to ASGI apps; `*.acme.example` stands for every name below it.

    `before` and `after` hear each request, before it is answered and when it was; either may raise an httpx error, and
    so cut the line. A host that nobody stands for cannot be reached.
    """

    def __init__(self, hosts: Mapping[str, Any]) -> None:
        self.hosts: dict[str, httpx.AsyncBaseTransport] = {
            host: httpx.ASGITransport(app=app) for host, app in hosts.items()
        }
        self.requests: list[httpx.Request] = []
        self.before: Hook | None = None
        self.after: Hook | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.before:
            await self.before(request)
        response = await self._of(request).handle_async_request(request)
        if self.after:
            await self.after(request)
        return response

    def count(self, method: str, path: str) -> int:
        """How many requests went to paths that contain this."""
        return sum(request.method == method and path in request.url.path for request in self.requests)

    def _of(self, request: httpx.Request) -> httpx.AsyncBaseTransport:
        host = request.url.host
        parts = host.split(".")
        names = [host, *("*." + ".".join(parts[at:]) for at in range(1, len(parts)))]
        found = next((self.hosts[name] for name in names if name in self.hosts), None)
        if found is None:
            told = ", ".join(sorted(self.hosts))
            raise httpx.ConnectError(f"no partner of this test is at {host} (there are {told})", request=request)
        return found
