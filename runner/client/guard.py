"""Where calls may go: not to private addresses, and not by a name that only seems public.

The check sits where the connection is made, on the address that is then used: a name cannot resolve to one address for
the check and to another for the call.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore
import httpx

from runner.client.stream import Sockets
from runner.errors import SettingsError

Resolve = Callable[[str, int], Awaitable[list[str]]]
_Options = Iterable[httpcore.SOCKET_OPTION]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that is given out to the internet (RFC 4291, section 2.4)."""


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the operating system knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address belongs to the internet at large; what an IPv6 address wraps counts too."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        wrapped = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if found in _NAT64:
            wrapped = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(str(wrapped))
        if found not in _UNICAST:
            return False
    return found.is_global and not found.is_multicast


class Guard(httpcore.AsyncNetworkBackend):
    """Makes connections to public addresses, and to the hosts that the operator allows."""

    def __init__(
        self, allowed: Iterable[str] = (), resolve: Resolve = resolve, inner: httpcore.AsyncNetworkBackend | None = None
    ) -> None:
        self._allowed = frozenset(host.lower() for host in allowed)
        self._resolve = resolve
        self._inner = inner or Sockets()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the interface is httpcore's
        local_address: str | None = None,
        socket_options: _Options | None = None,
    ) -> httpcore.AsyncNetworkStream:
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in await self._addresses(host, port):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = await self._resolve(host, port)
        except OSError:
            raise httpcore.ConnectError(f"{host} is not known") from None
        if host.lower() not in self._allowed and not all(map(is_public, found)):
            raise SettingsError(
                f"{host} is at a private address, which is not called (if it is meant: allow_hosts in runner.yaml)"
            )
        return found


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's own transport, with the connections made by a guard."""

    def __init__(self, guard: Guard) -> None:
        tls = httpx.create_ssl_context()  # once: the certificates take a megabyte and 30 ms to read
        super().__init__(verify=tls)
        self._pool = httpcore.AsyncConnectionPool(  # httpx has no argument for the network backend (encode/httpx#2979)
            ssl_context=tls,
            max_connections=200,
            max_keepalive_connections=50,
            keepalive_expiry=30.0,
            network_backend=guard,
        )


def open_http(allowed: Iterable[str] = (), transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """The client for all calls to partners: guarded, without redirects, and without cookies, which would carry one
    account's session into the calls of another. `transport` takes the place of the network."""
    return httpx.AsyncClient(
        transport=transport or _Transport(Guard(allowed)),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": "integration-runner"},
        follow_redirects=False,
        trust_env=False,
    )
