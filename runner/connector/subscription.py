"""Webhooks that are asked for: how they begin, how to see whether they still come, and how they end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field as Declared

from runner.components.block import Block, Duration, Name
from runner.connector.endpoint import Endpoint
from runner.errors import MappingError
from runner.mapping.expression import Expression
from runner.mapping.functions import iso8601
from runner.model.record import as_id

OFFERED = ("url", "secret", "key")
"""What every action of a subscription may read of it, beside the results of `create`."""


class Expiry(Block):
    """When a subscription ends by itself.

    expires: {path: expiration, unit: ms}
    """

    path: Expression = Declared(description="Where the answer of `create` says it.")
    unit: Literal["s", "ms", "iso8601"] = Declared(
        "iso8601", description="What it is: seconds or milliseconds since 1970, or a time in ISO 8601."
    )

    def read(self, answer: Any) -> datetime | None:
        """The time in an answer, null where it says none; raises MappingError for what is no time."""
        found = self.path.search(answer)
        given = None if isinstance(found, bool | dict | list) else found
        when = iso8601(given, None if self.unit == "iso8601" else self.unit)
        if when is None and found is not None:
            raise MappingError(f"`{self.path}` gives no time in {self.unit}", self.path.place)
        return datetime.fromisoformat(when) if when is not None else None


class Liveness(Block):
    """How to see whether a subscription is still there: looked at once an hour.

    check: {endpoint: webhooks, match: id, alive: enabled, mend: enable_webhook}
    """

    endpoint: Name = Declared(description="The endpoint that lists the subscriptions.")
    match: Expression = Declared(description="Read from each: the id that `create` kept as `id`.")
    alive: Expression = Declared(description="Whether events come by it.")
    mend: Name | None = Declared(None, description="The action that wakes it again; a new one is asked for otherwise.")


class Subscription(Block):
    """Webhooks that are asked for per integration, where the partner offers that: `create` on connect, `delete` on
    disconnect.

    subscription: {create: watch, delete: stop, expires: {path: expiration, unit: ms}, renew_before: 24h}

    Its actions (and the endpoint of `check`) read `subscription.url`, the integration's own address, `.secret` and
    `.key`, made up anew for each, and every result that `create` keeps; all of it is kept encrypted. `verify.secret`
    may name `subscription.secret`, or a result. Before one expires a new one is made, then the old one deleted; both
    are good as long as both are there.
    """

    create: Name = Declared(description="The action that asks for it; it keeps the partner's name for it as `id`.")
    delete: Name = Declared(description="The action that ends it.")
    check: Liveness | None = Declared(None, description="How to see whether it is still there.")
    expires: Expiry | None = Declared(None, description="When it ends by itself.")
    renew_before: Duration = Declared(timedelta(hours=24), description="How long before its end a new one is made.")

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that are used."""
        mend = self.check.mend if self.check else None
        return tuple(name for name in (self.create, self.delete, mend) if name)

    def find(self, endpoint: Endpoint, answer: Any, external_id: str | None) -> Any | None:
        """The subscription with this id in a listing; None when it is not there."""
        assert self.check is not None  # whoever looks was told how
        match, found = self.check.match, endpoint.records.search(answer)
        items = found if isinstance(found, list) else [found]
        return next((item for item in items if item is not None and as_id(match.search(item)) == external_id), None)
