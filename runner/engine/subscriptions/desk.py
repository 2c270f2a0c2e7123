"""The desk for the subscriptions of one integration: what is stored of them, and the calls about them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from runner.client.verdict import without_secrets
from runner.connector.connector import Connector
from runner.connector.subscription import Subscription
from runner.engine import tally
from runner.engine.actions.act import find_action
from runner.engine.house import House
from runner.engine.trouble import until, words
from runner.errors import PartnerUnavailable, RateLimited, RunnerError
from runner.model.http import Response
from runner.model.integration import Integration, State
from runner.model.secret import Secret
from runner.store import integrations, subscriptions
from runner.store.subscriptions import Subscribed, SubscriptionState

LOOK = timedelta(hours=1)
"""How often it is looked whether a subscription is still there, and how long a refusal is left at rest."""


@dataclass(frozen=True)
class Desk:
    """Reads and writes the rows, writes what templates read as `subscription`, and notes what went wrong."""

    house: House
    connector: Connector
    declared: Subscription
    integration: Integration

    async def all(self, *states: SubscriptionState) -> list[Subscribed]:
        """Those in these states, the oldest first; all without any."""
        found = await self.house.store.database.read(
            lambda connection: subscriptions.of(connection, self.integration.id)
        )
        return [one for one in found if not states or one.state in states]

    async def is_open(self) -> bool:
        """Whether the integration is still there, and not switched off."""
        found = await self.house.store.database.read(
            lambda connection: integrations.named(connection, [self.integration.id])
        )
        return any(one.state is not State.DISABLED for one in found.values())

    async def write(self, work: Callable[[Connection], None]) -> None:
        """Do `work` in one transaction."""
        await self.house.store.database.write(work)

    async def change(self, known: Subscribed, **values: Any) -> None:
        """Set what is not secret."""
        await self.write(lambda connection: subscriptions.change(connection, known.key, **values))

    def is_due(self, known: Subscribed) -> bool:
        """Whether it is time to look at it."""
        return known.due_at is not None and known.due_at <= self.house.clock.now()

    def new(self, state: SubscriptionState, **more: Any) -> tuple[Subscribed, dict[str, Any]]:
        """A new one, and what it keeps secret."""
        now = self.house.clock.now()
        made = Subscribed(str(uuid4()), self.integration.id, self.connector.connector, state, now, due_at=now)
        return Subscribed(**vars(made) | more), {"secret": secrets.token_urlsafe(32)}

    async def values(self, known: Subscribed) -> dict[str, Any]:
        """What it keeps secret."""
        keys = self.house.store.vault.keys
        return await self.house.store.database.read(
            lambda connection: subscriptions.values(connection, keys, known.key)
        )

    async def call(self, name: str, known: Subscribed) -> Response:
        """One of its actions, or the endpoint of its check; raises the PartnerError family and MappingError."""
        values = await self.values(known)
        url = f"{self.house.base_url}/webhooks/{self.connector.connector}/{self.integration.id}"
        scope = {**values, "secret": Secret(str(values.get("secret", ""))), "key": known.key, "url": url}
        caller = self.house.caller
        if self.declared.check is not None and name == self.declared.check.endpoint:
            endpoint = self.connector.endpoints[name]
            return await caller.call(self.connector, endpoint, self.integration, subscription=scope)
        action = find_action(self.connector, name)
        given = action.complete({})
        return await caller.call(self.connector, action, self.integration, input=given, subscription=scope)

    async def note(self, known: Subscribed, error: Exception, **more: Any) -> str:
        """Note what went wrong, without what it keeps secret, and when to try again; returns the words."""
        held = [Secret(text) for text in (await self.values(known)).values() if isinstance(text, str)]
        told = without_secrets(words(error), held)
        due = self.again_at(error, known.attempts)
        await self.change(known, note=told, attempts=known.attempts + 1, due_at=due, **more)
        self.house.log.warning("subscription-trouble", integration=self.integration.id, note=told)
        return told

    def again_at(self, error: Exception, attempts: int) -> datetime:
        """When to try again: soon where the partner could not answer, in an hour where it refused."""
        now = self.house.clock.now()
        return until(error, attempts, now) if isinstance(error, PartnerUnavailable | RateLimited) else now + LOOK

    def ends_soon(self, known: Subscribed) -> bool:
        """Whether a new one is to take over from it now."""
        renew = self._renew_at(known.made_at, known.expires_at)
        return renew is not None and renew <= self.house.clock.now()

    def look_at(self, made_at: datetime, ends: datetime | None) -> datetime | None:
        """When to look at a live one: before its end (once that is due, the new one says when), and hourly by
        `check`."""
        now, renew = self.house.clock.now(), self._renew_at(made_at, ends)
        look = now + LOOK if self.declared.check is not None else None
        return min((at for at in (renew, look) if at is not None and at > now), default=None)

    def _renew_at(self, made_at: datetime, ends: datetime | None) -> datetime | None:
        """`renew_before` its end; in the middle of its life where the partner gave it less than twice that."""
        return max(ends - self.declared.renew_before, made_at + (ends - made_at) / 2) if ends is not None else None

    async def next_at(self) -> datetime | None:
        """When the first of them is to be looked at."""
        return min((one.due_at for one in await self.all() if one.due_at), default=None)

    async def count(self) -> None:
        """Store how many calls were made."""
        made = self.house.tally.take(self.integration.id)
        await self.write(lambda connection: tally.save(connection, self.integration.id, made))


def is_asking(house: House, connector: str) -> bool:
    """Whether a connector asks for webhooks; False when its file is gone or wrong."""
    try:
        webhooks = house.connectors.get(connector).webhooks
    except RunnerError:
        return False
    return webhooks is not None and webhooks.subscription is not None
