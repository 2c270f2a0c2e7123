"""What the queue carries: a knock at the door, never the goods."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class WakeUp:
    """`kind` is `events`, `sync`, `push`, `refresh`, `notify` (tell the host) or `part` (end a connection at the
    partner); `subject` is the integration's id (or the destination's).

    At most one wake-up waits and one runs per `key`; a second `put` of a waiting key keeps the earlier `run_at`.
    """

    kind: str
    subject: str
    detail: str = ""
    run_at: datetime | None = None
    priority: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    attempts: int = 0

    @property
    def key(self) -> str:
        return ":".join(part for part in (self.kind, self.subject, self.detail) if part)
