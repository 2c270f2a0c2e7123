"""What a partner sends us: how to know that it is theirs, what it says, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from pydantic import Field as Declared

from runner.components.block import Block, Duration
from runner.components.catalog import AnyHandshake, AnyVerifier
from runner.components.handshakes.confirm import Confirm
from runner.connector.events import Events, Told
from runner.connector.reaction import AnyReaction, Drop, Fetch, Process, Reaction
from runner.connector.subscription import Subscription
from runner.errors import MalformedDelivery
from runner.mapping.expression import Expression

USUAL_LIMIT = timedelta(seconds=5)
"""How long a partner waits for an answer that says nothing of it: the shortest that is usual."""
SHARE = 0.8
"""The share of the partner's limit that is ours; the rest is the way there and back."""
HANDSHAKE = "runner.handshake"
"""The type of the event by which a trial of the address is kept, when it leads to something."""


class Vector(Block):
    """A request whose signature is known to be right. `runner validate` checks it, and that it is refused with an
    altered body, a wrong secret, each header of the proof missing or altered, and a month late; of a type that signs
    no body or no time, the rest.

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
    within: Duration | None = Declared(
        None,
        description="The partner's limit; `runner lint` warns when it is short. What is not stored after four fifths "
        "of it (4 s when left out) is answered 503, and the partner sends it again.",
    )

    @cached_property
    def patience(self) -> float:
        """Seconds after which a request whose event is not stored is answered 503."""
        return (self.within or USUAL_LIMIT).total_seconds() * SHARE


class Dropped(Block):
    """Events that are left out whatever their type, and why: kept and counted.

    drop: [{when: changeSource == 'IMPORT', because: a sync brings what was imported}]
    """

    when: Expression = Declared(description="Read from the event: true for those to leave out.")
    because: str = Declared(description="Why.")


class Webhooks(Block):
    """What a partner sends us.

    A name in `on` is an event type, or a pattern with `*`. An exact name wins over patterns, a longer pattern over a
    shorter one. A type that nothing matches is kept as dropped and counted.
    """

    verify: AnyVerifier = Declared(description="How to know that a request is the partner's.")
    handshake: AnyHandshake | None = Declared(None, description="How the partner tries the address, if it does.")
    vector: Vector = Declared(description="A signed example, which proves `verify`; `runner sign` writes one.")
    answer: Answer = Declared(Answer(), description="What the partner takes for success.")
    subscription: Subscription | None = Declared(
        None, description="Webhooks that are asked for per integration; without it they are set up by hand, per app."
    )
    events: Events = Declared(description="What a request says.")
    drop: list[Dropped] = Declared([], description="Events to leave out before `on` is asked.")
    on: dict[str, AnyReaction] = Declared(description="What each type of event leads to.")

    @property
    def secret_names(self) -> set[str]:
        """Every secret that is read when a request comes."""
        names = (self.verify.secret_name, self.handshake.secret_name if self.handshake else None)
        return {name for name in names if name is not None}

    @property
    def processors(self) -> set[str]:
        """The processors that events lead to."""
        return {reaction.processor for reaction in self.on.values() if isinstance(reaction, Process | Fetch)}

    def told(self, body: bytes, headers: Mapping[str, str], url: str) -> list[Told]:
        """The events of one verified request, its headers in lower case. Raises MalformedDelivery."""
        of_request = self.events.reads == "request"
        try:
            parsed = None if of_request and not body else orjson.loads(body)
        except orjson.JSONDecodeError:
            raise MalformedDelivery("the body is not JSON") from None
        return self.events.read(parsed, headers, dict(parse_qsl(urlsplit(url).query)) if of_request else {})

    def reaction(self, type_: str) -> Reaction | Confirm | None:
        """What an event of this type leads to; None when nothing in `on` matches."""
        if type_ == HANDSHAKE and isinstance(self.handshake, Confirm):
            return self.handshake
        if type_ in self.on:
            return self.on[type_]
        fitting = [pattern for pattern in self.on if "*" in pattern and _fits(pattern, type_)]
        return self.on[max(fitting, key=len)] if fitting else None

    def because(self, type_: str, payload: Any) -> str | None:
        """Why an event is left out; None when it leads to something. Raises MappingError."""
        reaction = self.reaction(type_)
        if isinstance(reaction, Confirm):
            return None
        for rule in self.drop:
            if rule.when.test(payload):
                return rule.because
        if reaction is None:
            return "no reaction is declared"
        return reaction.because if isinstance(reaction, Drop) else None


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
