"""What one webhook request says: the events in it, whose each is, and what tells one from another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Literal, NamedTuple

from pydantic import Field as Declared

from runner.components.block import Block, Name
from runner.errors import MalformedDelivery, MappingError
from runner.mapping.expression import Expression
from runner.mapping.fields import Fields
from runner.model.record import as_id

_READ = ("type", "id", "account", "occurred_at", "subscription")


class Told(NamedTuple):
    """One event as read from a request, before it is routed. `account_id` and `subscription` are the partner's names
    for the company and for the subscription that the event came by, null where it tells none."""

    type: str
    key: str
    account_id: str | None
    occurred_at: str | None
    payload: Any
    subscription: str | None = None


class Events(Block):
    """What one request says: it may tell of several events, of several accounts.

    events: {split: data.webHookEvent, id: "join(':', [topic, itemId, occurredAt])", type: topic, account: accountId}

    All but `split`, `each` and `with` are read from each event, which sees what `with` reads from its item as
    `parent.<name>`. Two events with the same `id` and account are duplicates. An event without an account goes to the
    integration that the address names, or the subscription.
    """

    reads: Literal["body", "request"] = Declared(
        "body", description="`request` reads `{headers, query, body}`, for partners that tell in headers."
    )
    split: Expression = Declared(description="The events: a list, or one object.")
    each: Expression | None = Declared(
        None, description="The events inside each item of `split`; an item that has none is the event itself."
    )
    hand_down: dict[Name, Expression] = Declared(
        {}, alias="with", description="Values of the item, handed down to its events as `parent.<name>`."
    )
    id: Expression = Declared(description="What tells one event from another, stable when the partner repeats it.")
    type: Expression = Declared(description="What happened, matched against the keys of `on`.")
    account: Expression | None = Declared(
        None, description="The partner's id of the company, as captured at connect; left out where no event has it."
    )
    subscription: Expression | None = Declared(
        None, description="The id of the subscription that the event came by, which names the integration."
    )
    occurred_at: Expression | None = Declared(None, description="When it happened.")
    duplicates: Literal["drop", "keep"] = Declared(
        "drop", description="`keep`: equal events are news again, since nothing in them tells one from another."
    )
    empty: Literal["refuse", "accept"] = Declared(
        "refuse", description="`accept`: a well signed request without events is answered like any other."
    )

    def read(self, body: Any, headers: Mapping[str, str], query: Mapping[str, str]) -> list[Told]:
        """The events of one verified request; raises MalformedDelivery when it does not read as described."""
        root = body if self.reads == "body" else {"headers": dict(headers), "query": dict(query), "body": body}
        try:
            told = [self._told(event) for event in self._split(root)]
        except MappingError as error:
            raise MalformedDelivery(str(error)) from None
        if not told and self.empty == "refuse":
            raise MalformedDelivery(f"there is no event at `split: {self.split}`")
        return told

    def _split(self, root: Any) -> Iterable[Any]:
        items = _listed(self.split.search(root))
        return items if self.each is None and not self.hand_down else self._inner(items)

    def _inner(self, items: list[Any]) -> Iterator[Any]:
        for item in items:
            inner = self.each.search(item) if self.each else None
            if inner is None and not self.hand_down:
                yield item
                continue
            down = {name: rule.search(item) for name, rule in self.hand_down.items()}
            for event in _listed(item if inner is None else inner):
                yield {**event, "parent": down} if down and isinstance(event, Mapping) else event

    @cached_property
    def _rules(self) -> Fields:
        """What is read from every event, at once."""
        return Fields({name: rule for name in _READ if (rule := getattr(self, name)) is not None})

    def _told(self, event: Any) -> Told:
        found = self._rules.map(event, _fail)
        kind, key, when = found["type"], as_id(found["id"]), found.get("occurred_at")
        if not isinstance(kind, str) or as_id(kind) is None or key is None:
            raise MalformedDelivery(f"an event without type (`{self.type}`) or id (`{self.id}`)")
        return Told(
            kind,
            key,
            _named(self.account, found.get("account"), "account"),
            str(when) if isinstance(when, float) else as_id(when),
            event,
            _named(self.subscription, found.get("subscription"), "subscription"),
        )


def _listed(found: Any) -> list[Any]:
    items = found if isinstance(found, list) else [found]
    return [item for item in items if item is not None]


def _fail(_: str, __: Expression, error: MappingError) -> None:
    raise error


def _named(rule: Expression | None, found: Any, what: str) -> str | None:
    """The partner's name for the account or the subscription; null where the event has none."""
    if found is None:
        return None
    name = as_id(found)
    if name is None:
        raise MalformedDelivery(f"an event whose {what} (`{rule}`) is no text and no whole number")
    return name
