"""What two linked things had in common last, and what is known of each side since."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Values = dict[str, Any]
"""Inputs of a delivery rule by name, without nulls."""


@dataclass(frozen=True)
class Pair:
    """Two linked things under one delivery rule: the record, and what it is at the destination."""

    rule: str
    integration_id: str
    kind: str
    external_id: str
    destination: str


@dataclass(frozen=True)
class Replaced:
    """A value that we overwrote: until when its return is taken for an echo, and the number that its record had in the
    feed then: what has no higher one does not know of our write yet; and what took its place."""

    value: Any
    until: datetime
    seen: int
    by: Any = None


@dataclass(frozen=True)
class Side:
    """What one side has, as far as we know, the values that we overwrote there, by name, the latest last, and what we
    wrote there last."""

    values: Values = field(default_factory=dict)
    replaced: dict[str, list[Replaced]] = field(default_factory=dict)
    wrote: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Common:
    """`values` are what both sides had alike last; `revision` counts how often this was stored."""

    values: Values = field(default_factory=dict)
    partner: Side = field(default_factory=Side)
    host: Side = field(default_factory=Side)
    revision: int = 0


@dataclass(frozen=True)
class Decision:
    """Whose value of one field stayed, and why. `winner`: partner, host, both (they say the same) or neither."""

    field: str
    common: Any
    partner: Any
    host: Any
    policy: str
    winner: str
    why: str
    at: datetime | None = None
    push_id: int | None = None
