"""Things of a partner that nobody has found at the destination."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Unmatched:
    """A record that a push needs the destination's id of, and that has no twin there. `there` is its kind at the
    destination, `note` says what was looked for; `first_at` is when it was missed first."""

    integration_id: str
    kind: str
    external_id: str
    destination: str
    there: str
    note: str
    first_at: datetime | None = None
