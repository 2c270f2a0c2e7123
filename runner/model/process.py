"""A process of the runner, as the others see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

SILENT = timedelta(seconds=45)
"""Who was not seen for so long is taken for gone. It says that it lives four times in that time."""


@dataclass(frozen=True)
class Process:
    """One `runner serve` or `runner worker`: where it runs, what it does, and when it last said that it lives.

    `id` is of this start alone; `version` is that of the runner, `revision` that of the database it was made for.
    """

    id: str
    host: str
    pid: int
    parts: frozenset[str]
    version: str
    revision: str
    since: datetime
    seen_at: datetime

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.host}, process {self.pid}"

    def is_silent(self, now: datetime) -> bool:
        """Whether it has not said for too long that it lives."""
        return now - self.seen_at > SILENT
