"""What a partner sends us: how to know that it is theirs, what it says, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field as Declared

from runner.components.block import Block, Duration
from runner.components.catalog import AnyVerifier
from runner.connector.reaction import AnyReaction, Reaction
from runner.errors import MalformedDelivery, MappingError
from runner.mapping.expression import Expression
from runner.model.record import as_id


class Vector(Block):
    """A request whose signature is known to be right: `runner validate` checks it, and that an altered body fails.

    vector: {secret: "...", headers: {X-Jobber-Hmac-SHA256: "+PXo5..."}, body: '{"data":...}'}
    """

    secret: str = Declared(description="The secret of the example, never a real one.")
    headers: dict[str, str] = Declared(description="The headers that the partner would send.")
    body: str = Declared(description="The exact body.")
    method: str = Declared("POST", description="The method, where it is signed.")
    url: str = Declared("https://runner.example/webhooks/vector", description="The public URL, where it is signed.")
    at: str | None = Declared(None, description="The time of arrival (ISO 8601), where a timestamp is signed.")
    source: str | None = Declared(None, description="Where the example is published, or that it was computed.")


class Answer(Block):
    """What the partner takes for success, and how soon.

    answer: {status: 200, within: 1s}
    """

    status: int = Declared(200, ge=200, le=299, description="The status code.")
    within: Duration | None = Declared(None, description="The partner's limit; `runner lint` warns when it is short.")


class Events(Block):
    """What one request says: it may tell of several events, of several accounts.

    events: {split: data.webHookEvent, id: "join(':', [topic, itemId, occurredAt])", type: topic, account: accountId}

    All but `split` are read from each event. Two events with the same `id` and account are duplicates.
    """

    reads: Literal["body", "request"] = Declared(
        "body", description="`request` reads `{headers, query, body}`, for partners that tell in headers."
    )
    split: Expression = Declared(description="The events: a list, or one object.")
    id: Expression = Declared(description="What tells one event from another, stable when the partner repeats it.")
    type: Expression = Declared(description="What happened, matched against the keys of `on`.")
    account: Expression = Declared(description="The partner's id of the company, as captured at connect.")
    occurred_at: Expression | None = Declared(None, description="When it happened.")


@dataclass(frozen=True)
class Told:
    """One event as read from a request, before it is routed."""

    type: str
    key: str
    account_id: str | None
    occurred_at: str | None
    payload: Any


class Webhooks(Block):
    """What a partner sends us.

    A name in `on` is an event type, or a pattern with `*`. An exact name wins over patterns, a longer pattern over a
    shorter one. A type that nothing matches is kept as dropped and counted.
    """

    verify: AnyVerifier = Declared(description="How to know that a request is the partner's.")
    vector: Vector = Declared(description="A signed example, which proves `verify`.")
    answer: Answer = Declared(Answer(), description="What the partner takes for success.")
    events: Events = Declared(description="What a request says.")
    on: dict[str, AnyReaction] = Declared(description="What each type of event leads to.")

    def reaction(self, type_: str) -> Reaction | None:
        """What an event of this type leads to; None when nothing in `on` matches."""
        if type_ in self.on:
            return self.on[type_]
        fitting = [pattern for pattern in self.on if "*" in pattern and _fits(pattern, type_)]
        return self.on[max(fitting, key=len)] if fitting else None

    def read(self, body: Any, headers: Mapping[str, str], query: Mapping[str, str]) -> list[Told]:
        """The events of one verified request; raises MalformedDelivery when it does not read as described."""
        root = body if self.events.reads == "body" else {"headers": dict(headers), "query": dict(query), "body": body}
        try:
            found = self.events.split.search(root)
            items = found if isinstance(found, list) else [found]
            return [self._told(item) for item in items if item is not None]
        except MappingError as error:
            raise MalformedDelivery(str(error)) from None

    def _told(self, item: Any) -> Told:
        events = self.events
        kind, key = events.type.search(item), as_id(events.id.search(item))
        if not isinstance(kind, str) or as_id(kind) is None or key is None:
            raise MalformedDelivery(f"an event without type (`{events.type}`) or id (`{events.id}`)")
        account = events.account.search(item)
        account_id = as_id(account)
        if account is not None and account_id is None:
            raise MalformedDelivery(f"an event whose account (`{events.account}`) is no text and no whole number")
        when = events.occurred_at.search(item) if events.occurred_at else None
        return Told(kind, key, account_id, str(when) if isinstance(when, float) else as_id(when), item)


def _fits(pattern: str, type_: str) -> bool:
    """`*` stands for any characters, and nothing else has a meaning: not the ? and [ ] of file names."""
    first, *rest = pattern.split("*")
    if not type_.startswith(first) or not type_.endswith(rest[-1]) or len(type_) < len(first) + len(rest[-1]):
        return False
    at, end = len(first), len(type_) - len(rest[-1])
    for piece in rest[:-1]:
        at = type_.find(piece, at, end) + len(piece)
        if at < len(piece) + len(first):
            return False
    return True
