"""What one push sends, put together; or why it is not to be sent now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from runner.connector.delivery_rule import DeliveryRule
from runner.engine.links.agree import Merged
from runner.model.push import Doubt, Link, Push, PushState
from runner.model.unmatched import Unmatched
from runner.store.record_table import Key


@dataclass(frozen=True)
class Parcel:
    """What a push would send. `gone` records are archived at the host; `link` says what the host calls the thing;
    `doubt` is what an earlier try set out to create whose outcome nobody knows. `read` are the records and links that
    it was made from, beside the record itself; `merged` is what it does to a thing that both sides may change, `news`
    the inputs that are not our own writing come back (None: all)."""

    push: Push
    rule: DeliveryRule
    gone: bool
    input: dict[str, Any] = field(repr=False)
    fingerprint: str
    link: Link | None
    doubt: Doubt | None
    matched: tuple[Link, ...] = ()
    read: tuple[Key, ...] = ()
    merged: Merged | None = None
    news: frozenset[str] | None = None

    @property
    def changed(self) -> frozenset[str] | None:
        """The inputs to be changed over there; None: all."""
        return self.merged.changed if self.merged is not None else self.news

    @property
    def is_news(self) -> bool:
        """Whether the thing over there is to be changed."""
        if self.merged is not None and self.merged.changed is not None:
            return bool(self.merged.changed)
        return self.fingerprint != self.push.fingerprint


@dataclass(frozen=True)
class Held:
    """A push that is not to be sent now, and why; of one that failed also the reason in a word. `unmatched` is what has
    no twin."""

    push: Push
    state: PushState
    note: str
    read: tuple[Key, ...] = ()
    reason: str | None = None
    unmatched: Unmatched | None = None


def fingerprint(given: Mapping[str, Any]) -> str:
    """What two inputs share when they say the same."""
    return blake2b(orjson.dumps(dict(given), option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
