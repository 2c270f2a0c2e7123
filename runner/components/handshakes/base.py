"""What a handshake is: how a partner tries our address before it trusts it with events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import orjson

from runner.components.block import Block
from runner.model.event import Delivery
from runner.model.secret import Secret

LONGEST_BODY = 10_000
LONGEST_CHALLENGE = 1_000
MOST_PARAMS = 50


@dataclass(frozen=True)
class Reply:
    """What a trial is answered. `later` is what it leads to, None for nothing: kept before the answer goes out."""

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    later: Any = None
    status: int = 200


class Handshake(Block):
    """How a partner tries the address."""

    @property
    def method(self) -> Literal["GET", "POST"]:
        """How the trial comes."""
        raise NotImplementedError

    @property
    def needs_proof(self) -> bool:
        """Whether only a trial that `verify` has proved is answered."""
        return False

    @property
    def secret_name(self) -> str | None:
        """The secret that the answer needs; None where it needs none."""
        return None

    def answer(self, delivery: Delivery, secrets: Sequence[Secret], app: Mapping[str, Any]) -> Reply | None:
        """The answer to a trial; None for what is no trial. Does not raise, whatever the request holds."""
        raise NotImplementedError


def param_of(delivery: Delivery, name: str) -> str | None:
    """The value of a query parameter that stands there just once."""
    try:
        pairs = parse_qsl(urlsplit(delivery.url).query, keep_blank_values=True, max_num_fields=MOST_PARAMS)
    except ValueError:
        return None
    found = [value for key, value in pairs if key == name]
    return found[0] if len(found) == 1 else None


def body_of(delivery: Delivery) -> Any:
    """The JSON of a small body; None for any other. Nobody has proved it yet: it is not to cost much."""
    if not delivery.body or len(delivery.body) > LONGEST_BODY:
        return None
    try:
        return orjson.loads(delivery.body)
    except orjson.JSONDecodeError:
        return None
