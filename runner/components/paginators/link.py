"""What paginators share that follow the address of the next page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from pydantic import Field

from runner.components.paginators.base import Answer, Paginator, Step, Walk
from runner.components.paginators.guard import Guard
from runner.errors import UnexpectedResponse

_PORTS = {"http": 80, "https": 443}


class LinkPaginator(Paginator):
    """Follows the address of the next page. Addresses of other hosts are refused: the call carries our credential."""

    hosts: list[str] = Field(
        [],
        description="Further hosts that the partner's links may lead to, with our credential. An address of any other "
        "host than the one that was asked is refused.",
        examples=[["api2.acme.example"]],
    )

    def link(self, answer: Answer) -> str | None:
        """The address of the next page as the partner wrote it; None on the last."""
        raise NotImplementedError

    def walk(self, start: Mapping[str, Any] | None = None) -> Walk:
        guard = Guard(self.most_pages)
        url = (start or {}).get("url")
        while True:
            guard.turn()
            if url is not None:
                guard.remember(url)
            answer = yield Step({}) if url is None else Step({"url": url}, url=url)
            link = self.link(answer)
            if link is None:
                return
            url = self._followed(link, answer.url)

    def _followed(self, link: str, asked: str) -> str:
        """The whole address, which may be relative to the one that was asked (RFC 3986 section 5)."""
        url = urljoin(asked, link)
        there, here = _origin(url), _origin(asked)
        if there is None or (there != here and not self._is_declared(url)):
            host = urlsplit(url).netloc.rpartition("@")[2] or "no host"
            raise UnexpectedResponse(
                f"the next page is said to lie at another host, {host}, which must not get our credential (declare it "
                "under `hosts`, if it is the partner's)"
            )
        return url

    def _is_declared(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme == "https" and "@" not in parts.netloc and parts.netloc.lower() in self.hosts


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what is no address that we call, or names somebody."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]
