"""The destination's own records by what they have in common with ours: who is who where nobody has said so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from runner.errors import MappingError
from runner.mapping.expression import Expression
from runner.model.integration import Integration
from runner.store import feed


@dataclass
class Twins:
    """The active records of one integration by the text that an expression gives of them, in lower case; each
    kind is read once, for one round of pushes."""

    connection: Connection
    destination: Integration
    known: dict[tuple[str, str], dict[str, str | None]] = field(default_factory=dict)

    def find(self, kind: str, rule: Expression, value: str) -> str | None:
        """The id of the one record with that text; None when there is none, or more than one."""
        if (kind, rule.text) not in self.known:
            self.known[kind, rule.text] = self._read(kind, rule)
        return self.known[kind, rule.text].get(plain(value))

    def _read(self, kind: str, rule: Expression) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for stored in feed.iterate(self.connection, self.destination.id, kind):
            if stored.record.inactive:
                continue
            value = read(rule, {**stored.record.fields, "id": stored.record.external_id})
            if value is not None:
                found[plain(value)] = None if plain(value) in found else stored.record.external_id
        return found


def read(rule: Expression, fields: dict[str, Any]) -> str | None:
    """The text that a record is found by; None where it has none."""
    try:
        value = rule.search(fields)
    except MappingError:
        return None
    return value if isinstance(value, str) and value.strip() else None


def plain(value: str) -> str:
    """A text as it is compared."""
    return " ".join(value.lower().split())
