"""What some raw payloads of one processor say, on its way into the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from runner.model.record import Deletion, Flaw, Record


@dataclass(frozen=True, slots=True)
class Bad:
    """A raw payload that no record, or not all of its records, could be made of."""

    external_id: str | None
    payload: Any = field(repr=False)
    flaws: tuple[Flaw, ...]


@dataclass(slots=True)
class Batch:
    """What some raw payloads of one processor say.

    `good`, `bad` and `skipped` tell the payloads apart by external id; `errors` of the bad are a partner's error
    answers. `newest` is the latest cursor, as UTC text, and `cursors` says how many payloads had one; `timeless`
    counts the payloads whose cursor is no time. `owners` holds the records, by the name that children know them by,
    that tell of all the children they own. `gone` is what payloads say is gone, each with the number of records that
    came before: the partner tells things in their order.
    """

    processor: str
    seen: int = 0
    records: list[Record] = field(default_factory=list)
    good: list[str] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    errors: int = 0
    warnings: list[Flaw] = field(default_factory=list)
    owners: dict[str, Record] = field(default_factory=dict)
    newest: str | None = None
    cursors: int = 0
    timeless: int = 0
    gone: list[tuple[int, Deletion]] = field(default_factory=list)

    def extend(self, other: Batch) -> None:
        """Take over what another batch of the same processor says, as the later of the two."""
        self.seen += other.seen
        self.gone.extend((len(self.records) + place, gone) for place, gone in other.gone)
        self.records.extend(other.records)
        self.good.extend(other.good)
        self.bad.extend(other.bad)
        self.skipped.extend(other.skipped)
        self.errors += other.errors
        self.warnings.extend(other.warnings)
        self.owners.update(other.owners)
        self.cursors += other.cursors
        self.timeless += other.timeless
        self.newest = max((cursor for cursor in (self.newest, other.newest) if cursor), default=None)

    def note_good(self, found: list[Record], *, has_cursor: bool) -> None:
        """Payloads each of which is one record, as nearly all are; the version of each is its cursor."""
        self.seen += len(found)
        self.good.extend([record.external_id for record in found])
        if found and has_cursor:
            self.cursors += len(found) - 1
            self.note_cursor(max([record.version for record in found if record.version is not None]))

    def note_cursor(self, cursor: str | None) -> None:
        """One payload more says how new it is, if it does."""
        if cursor is None:
            return
        self.cursors += 1
        if self.newest is None or cursor > self.newest:
            self.newest = cursor
