"""Counts partner calls as they are answered, until somebody stores the counts."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection

from runner.model.integration import Integration
from runner.store import calls
from runner.store.calls import Calls


@dataclass(frozen=True, eq=False)
class Tally:
    """`count` is what the caller is handed; `take` empties the counts of one integration."""

    counts: dict[str, Calls] = field(default_factory=dict)

    def count(self, integration: Integration, limited: bool) -> None:
        """One more answered call; `limited` when the partner said: not so fast."""
        known = self.counts.get(integration.id, Calls())
        self.counts[integration.id] = Calls(known.calls + 1, known.limited + limited)

    def take(self, integration_id: str) -> Calls:
        """What was counted since the last time."""
        return self.counts.pop(integration_id, Calls())


def save(connection: Connection, integration_id: str, made: Calls) -> None:
    """Add counts to those of the database."""
    if made.calls:
        calls.add(connection, integration_id, made.calls, made.limited)
