"""What arrives: one delivery (an HTTP request), and the events that it tells of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Delivery:
    """One webhook request as it came: `headers` with lower-case names, `body` the raw bytes, `url` the public one.

    `environments` are those whose app proved it, None when it is good for all: it speaks for no others.
    """

    connector: str
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime
    integration_id: str | None = None
    environments: frozenset[str] | None = None


class EventState(StrEnum):
    """`pending` waits for a worker, or for its next try; `done` took effect; `dropped` was left out by a rule of the
    connector; `duplicate` came before; `unrouted` names an account that nobody connected; `dead` failed at every try,
    and can be replayed."""

    PENDING = "pending"
    DONE = "done"
    DROPPED = "dropped"
    DUPLICATE = "duplicate"
    UNROUTED = "unrouted"
    DEAD = "dead"


@dataclass(frozen=True)
class WebhookEvent:
    """One thing that a delivery says. `key` is what duplicates share; `payload` is the event's own part of the body.
    `subscription` is the partner's name for the subscription that it came by: it finds the way, and is not stored."""

    id: str
    connector: str
    type: str
    key: str
    account_id: str | None
    payload: Any = field(repr=False)
    received_at: datetime
    occurred_at: str | None = None
    delivery_id: str = ""
    integration_id: str | None = None
    state: EventState = EventState.PENDING
    attempts: int = 0
    note: str | None = None
    subscription: str | None = None

    @property
    def standing(self) -> str:
        """The state in one word for people: one that waits is `accepted`, or `failed` when it is to be tried again."""
        if self.state is EventState.PENDING:
            return "failed" if self.attempts else "accepted"
        return self.state.value

    @classmethod
    def arriving(
        cls,
        id_: str,
        key: str,
        delivery: Delivery,
        kind: str,
        account_id: str | None,
        payload: Any,
        occurred_at: str | None,
        note: str | None,
        subscription: str | None,
    ) -> WebhookEvent:
        """One that a delivery tells of; with a note it is left out, and that is why. Made as below."""
        given = object.__new__(cls)
        given.__dict__.update(
            id=id_,
            connector=delivery.connector,
            type=kind,
            key=key,
            account_id=account_id,
            payload=payload,
            received_at=delivery.received_at,
            occurred_at=occurred_at,
            state=EventState.PENDING if note is None else EventState.DROPPED,
            note=note,
            subscription=subscription,
        )
        return given

    def of(self, integration_id: str) -> WebhookEvent:
        """The same event, of this integration: on the way of every one, so made without asking for each field anew."""
        given = object.__new__(WebhookEvent)
        given.__dict__.update(self.__dict__, integration_id=integration_id)
        return given
