"""One call on its way: what all its tries share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from runner.client import verdict
from runner.client.permits import Claim
from runner.components.auth.base import Auth
from runner.components.ratelimits.base import RateLimit
from runner.components.ratelimits.concurrency import ConcurrencyLimit
from runner.connector.call import Call
from runner.connector.connector import Connector
from runner.connector.http import ErrorRule
from runner.errors import SettingsError
from runner.model.http import Request, Response
from runner.model.integration import Integration

Ahead = Callable[[], Awaitable[Mapping[str, Any]]]
"""What is read before each try: more names for the templates."""
DEFAULT_LIMITS: tuple[RateLimit, ...] = (ConcurrencyLimit(type="concurrency", at_once=50),)


@dataclass(frozen=True)
class Errand:
    """One call of one integration. `given` is what the templates read beside the integration's own values; `ahead`
    reads more of it before each try."""

    connector: Connector
    call: Call
    integration: Integration
    given: Mapping[str, Any]
    params: Mapping[str, Any] = field(default_factory=dict)
    url: str | None = field(default=None, repr=False)
    ahead: Ahead | None = field(default=None, repr=False)

    async def prepared(self) -> Errand:
        """The errand of the next try. Raises what `ahead` does."""
        return self if self.ahead is None else replace(self, given={**self.given, **await self.ahead()})

    @cached_property
    def name(self) -> str:
        """The name of the endpoint or action in its connector."""
        named = {**self.connector.endpoints, **self.connector.actions}
        return next((name for name, call in named.items() if call is self.call), self.call.method)

    def addressed(self, request: Request) -> Request:
        """The request, at the address that the partner gave in place of the connector's own, if it gave one."""
        if self.url is None:
            return request
        parts = urlsplit(self.url)
        query = parse_qs(parts.query, keep_blank_values=True)
        return replace(request, url=urlunsplit(parts._replace(query="", fragment="")), params=query)

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"{self.connector.title} `{self.name}`"

    @property
    def rules(self) -> tuple[ErrorRule, ...]:
        """What answers mean: the call's own rules first."""
        return (*self.call.errors, *self.connector.http.errors)

    def is_limit(self, response: Response, rule: ErrorRule | None) -> bool:
        """Whether the partner says: not so fast. That what was read before the try is old by now does not say it."""
        is_stale = self.ahead is not None and rule in self.call.errors and response.status != 429
        return verdict.is_limit(response, rule) and not is_stale

    @cached_property
    def auth(self) -> Auth | None:
        """The way in; None for a call that needs none."""
        if self.call.auth is None:
            return self.connector.way_in(self.integration.way)
        if self.call.auth == "none":
            return None
        found = self.connector.other_auth.get(self.call.auth)
        if found is None or found.flow == "code":
            raise SettingsError(
                f"{self.where} asks for the way in `{self.call.auth}` (declare it under other_auth, with a type that "
                "needs nobody's consent)"
            )
        return found

    @property
    def is_own_way(self) -> bool:
        """Whether it is let in by the integration's own credential, and not by one of `other_auth`."""
        return self.call.auth is None

    @property
    def is_renewable(self) -> bool:
        """Whether a new token can help where the partner refuses this one."""
        return self.is_own_way or (self.auth is not None and self.auth.flow == "token")

    @cached_property
    def claims(self) -> list[Claim]:
        """The limits that it falls under. A connector that declares none gets a cap on calls at once."""
        method = self.call.method
        limits = [*self.connector.http.rate_limits, *self.call.rate_limits] or DEFAULT_LIMITS
        return [
            Claim(limit, limit.key(self.connector.connector, self.integration.id, self.name, method))
            for limit in limits
            if limit.covers(method)
        ]
