"""One calendar of the simulated account: its events, deleted ones included for a while, and who may do what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from runner.authoring.simulate.googlecalendar_errors import refusal
from runner.authoring.simulate.googlecalendar_recur import occurrences
from runner.authoring.simulate.table import Row, Table

WRITERS = ("owner", "writer", "writerWithoutPrivateAccess")
KEPT_OF_THE_DEAD = ("id", "recurringEventId", "originalStartTime")
SEEN_BY_ALL = (*KEPT_OF_THE_DEAD, "kind", "etag", "status", "start", "end", "recurrence", "transparency", "eventType")


class Calendar:
    """
    Args:
        entry: its row in the account's list.
        events: those of this calendar only; an id may come again in another.
        etag: gives a new one.
        tombstones: for how long a deleted event is still shown as cancelled.

    Attributes:
        generation: rises with each change of rights; sync tokens of an older one are dead.
    """

    def __init__(
        self, entry: Row, events: Table, now: Callable[[], datetime], etag: Callable[[], str], tombstones: timedelta
    ) -> None:
        self.entry = entry
        self.events = events
        self.generation = 0
        self._now = now
        self._etag = etag
        self._tombstones = tombstones
        self._buried: dict[str, datetime] = {}
        self._ended: dict[str, Row] = {}

    @property
    def id(self) -> str:
        return str(self.entry["id"])

    @property
    def zone(self) -> str:
        return str(self.entry["timeZone"])

    def demand_writer(self) -> None:
        """Raises Refusal; the reason is unverified."""
        if self.entry["accessRole"] not in WRITERS:
            message = "You need to have writer access to this calendar."
            raise refusal(403, "requiredAccessLevel", message, domain="calendar")

    def find(self, key: str, horizon: datetime) -> Row | None:
        """An event, one that was deleted lately, or an occurrence that is only in the rules of its series."""
        self.clear_old()
        found = self.events.get(key)
        if found is not None:
            return found
        series = self.events.get(key.rpartition("_")[0])
        if series is None or "recurrence" not in series:
            return None
        return next((one for one in occurrences(series, self.zone, horizon) if one["id"] == key), None)

    def bury(self, row: Row) -> Row:
        """Leave of an event what Google leaves of it; what hangs on a series goes with it."""
        if "recurrence" in row:
            self._ended[row["id"]] = dict(row)
            for below in [one for one in self.events if one.get("recurringEventId") == row["id"]]:
                self._entomb(below)
        return self._entomb(row)

    def _entomb(self, row: Row) -> Row:
        self._buried[row["id"]] = self._now()
        return self.events.add(self._dead({**row, "etag": self._etag()}))

    def flat(self, rows: Iterable[Row], until: datetime) -> Iterator[Row]:
        """Occurrences in the place of series, up to a moment; those of a deleted series are cancelled."""
        exceptions = {row["id"] for row in self.events if "recurringEventId" in row}
        for row in rows:
            ended = self._ended.get(row["id"]) if row["status"] == "cancelled" else None
            if ended is None and "recurrence" not in row:
                yield row
                continue
            for one in occurrences(ended or row, self.zone, until):
                if one["id"] not in exceptions:
                    yield one if ended is None else self._dead(one)

    def _dead(self, row: Row) -> Row:
        kept = {name: row[name] for name in KEPT_OF_THE_DEAD if name in row}
        return {"kind": "calendar#event", "etag": row["etag"], **kept, "status": "cancelled"}

    def changed_at(self, row: Row) -> datetime:
        if "updated" in row:
            return datetime.fromisoformat(row["updated"])
        return self._buried.get(row["id"]) or self._buried[row["recurringEventId"]]

    def clear_old(self) -> None:
        """Single events that were deleted long ago vanish; cancelled occurrences stay as long as their series."""
        for key, since in list(self._buried.items()):
            row = self.events.get(key)
            if row is None or row["status"] != "cancelled":
                del self._buried[key]
            elif since + self._tombstones <= self._now() and "recurringEventId" not in row:
                self.events.remove(key)
                del self._buried[key]

    def shown(self, row: Row) -> Row:
        """What this account may see of an event."""
        if self.entry["accessRole"] != "freeBusyReader":
            return row
        return {name: value for name, value in row.items() if name in SEEN_BY_ALL} | {"visibility": "private"}
