"""
What is asked of Teamup's events: those in a window, those that changed, those that hold a word, a single one.

Sources: apidocs.teamup.com (get-events, get-changed-events) as described in public. Windows hold the occurrences of
series, the delta holds the series themselves and those of a series that were changed by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from runner.authoring.simulate.table import Row, Table
from runner.authoring.simulate.teamup_errors import refusal
from runner.authoring.simulate.teamup_options import TeamUpOptions
from runner.authoring.simulate.teamup_series import RID, moment, occurrence, starts
from runner.authoring.simulate.teamup_shapes import is_series

WORDS = ("title", "who", "location", "notes", "remote_id")


class Diary:
    """Reads of the table of events."""

    def __init__(self, events: Table, options: TeamUpOptions, now: Callable[[], datetime]) -> None:
        self._events = events
        self._options = options
        self._now = now

    def window(self, first: date, last: date, zone: str) -> list[Row]:
        """What takes place from the first day to the last, both included, by its start."""
        local = ZoneInfo(zone)
        begin, end = datetime.combine(first, time(), local), datetime.combine(last + timedelta(days=1), time(), local)
        found = [row for row in self._expanded(self._alive(), end) if self._within(row, begin, end)]
        return sorted(found, key=lambda row: (self._edges(row)[0], row["id"]))

    def _alive(self) -> Iterator[Row]:
        return (row for row in self._events if not row["delete_dt"])

    def _expanded(self, rows: Iterable[Row], until: datetime) -> Iterator[Row]:
        """Series give way to their occurrences; one that has a row of its own stands for itself."""
        for row in rows:
            if not is_series(row):
                yield row
                continue
            for start in starts(row, self._options.zone, until):
                taken = occurrence(row, start, self._options.zone)
                if self._events.get(taken["id"]) is None:
                    yield taken

    def _within(self, row: Row, begin: datetime, end: datetime) -> bool:
        """Whole days count by their dates, whatever the zone."""
        first, last = self._edges(row)
        if row["all_day"]:
            return first.date() < end.date() and last.date() >= begin.date()
        earliest = last if self._options.overlapping else first
        return first < end and (earliest > begin or first >= begin)

    def _edges(self, row: Row) -> tuple[datetime, datetime]:
        zone = row["tz"] or self._options.zone
        return moment(row["start_dt"], zone), moment(row["end_dt"], zone)

    def changed(self, since: datetime, *, monitor: bool) -> list[Row]:
        """
        What was made, changed or deleted since, deleted ones with their `delete_dt`.

        Args:
            monitor: also those that were made and deleted since.
        """

        def told(row: Row) -> bool:
            at = self._latest(row)
            fleeting = row["delete_dt"] and datetime.fromisoformat(row["creation_dt"]) >= since
            return at >= since and (monitor or not fleeting)

        return sorted(filter(told, self._events), key=lambda row: (self._latest(row), row["id"]))

    def _latest(self, row: Row) -> datetime:
        times = [row[name] for name in ("creation_dt", "update_dt", "delete_dt") if row[name]]
        return max(moment(text, self._options.zone) for text in times)

    def holding(self, words: str, rows: Iterable[Row]) -> list[Row]:
        """Those that hold every word, in whatever field of text."""
        wanted = words.lower().split()

        def holds(row: Row) -> bool:
            text = " ".join(row[name] or "" for name in WORDS).lower()
            return all(word in text for word in wanted)

        return [row for row in rows if holds(row)]

    def everything(self) -> list[Row]:
        """Series as such, newest first."""
        return [row for row in self._events.recent() if not row["delete_dt"]]

    def find(self, key: str) -> Row:
        """An event, a series or one of a series by its id. Raises Refusal."""
        row = self._events.get(key) or self._one_of(key)
        if row is None or row["delete_dt"]:
            raise refusal("event_not_found", f"The event {key} could not be found.")
        return row

    def _one_of(self, key: str) -> Row | None:
        series, found, at = key.partition(RID)
        master = self._events.get(series)
        if not found or not at.isdigit() or master is None or master["delete_dt"] or not is_series(master):
            return None
        wanted = datetime.fromtimestamp(int(at), UTC)
        for start in starts(master, self._options.zone, wanted):
            if start == wanted:
                return occurrence(master, start, self._options.zone)
        return None

    def with_remote(self, remote_id: str) -> Row | None:
        return next((row for row in self._alive() if row["remote_id"] == remote_id), None)

    def overlaps(self, row: Row, crews: set[int]) -> bool:
        """Does anything else take place at the same time in one of these sub-calendars?"""
        first, last = self._edges(row)
        others = (other for other in self._expanded(self._alive(), last) if crews & {*other["subcalendar_ids"]})
        return any(
            other["id"] != row["id"] and self._edges(other)[0] < last and self._edges(other)[1] > first
            for other in others
        )
