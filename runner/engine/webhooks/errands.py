"""What thin events ask to be fetched: one errand a thing, however many events name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from runner.connector.connector import Connector
from runner.connector.reaction import Fetch
from runner.errors import MappingError
from runner.model.event import WebhookEvent
from runner.model.record import as_id

LONGEST_HOLD = 5


@dataclass
class Errand:
    """One thing that several events ask to be fetched. With `most` in its reaction one call serves many of them:
    `thing` is then what their payloads are told apart by, and the input is made of them all."""

    reaction: Fetch
    input: dict[str, Any]
    events: list[WebhookEvent] = field(default_factory=list)
    thing: str | None = None

    def due(self) -> datetime:
        """When to make it: once no event has come for `coalesce`, and not later than five times that."""
        wait = self.reaction.coalesce
        newest = max(event.received_at for event in self.events)
        oldest = min(event.received_at for event in self.events)
        return min(newest + wait, oldest + wait * LONGEST_HOLD)


def errand_of(connector: Connector, reaction: Fetch, event: WebhookEvent) -> tuple[bytes, Errand]:
    """The errand that an event asks for, without events yet, and what is the same for all that ask for it."""
    thing = _thing(reaction, event)
    given = asked_with(connector, reaction, event.payload) if thing is None else {}
    key = orjson.dumps([reaction.endpoint, reaction.processor, given, thing], option=orjson.OPT_SORT_KEYS)
    return key, Errand(reaction, given, thing=thing)


def _thing(reaction: Fetch, event: WebhookEvent) -> str | None:
    """Which thing an event names, where one call fetches many."""
    if reaction.of is None:
        return None
    found = as_id(reaction.of.search(event.payload))
    if found is None:
        raise MappingError(f"`{reaction.of}` does not say which thing to fetch", reaction.of.place)
    return found


def asked_with(connector: Connector, reaction: Fetch, told: Any) -> dict[str, Any]:
    """The input of a fetch, read from an event's payload, or from a list of them; MappingError when it is not what the
    endpoint asks for."""
    given = {name: rule.search(told) for name, rule in reaction.hand_over.items()}
    for name, declared in connector.endpoints[reaction.endpoint].input.items():
        flaw = declared.flaw(given.get(name))
        if flaw:
            raise MappingError(f"the event's `{name}` for endpoint `{reaction.endpoint}` {flaw}")
    return given
