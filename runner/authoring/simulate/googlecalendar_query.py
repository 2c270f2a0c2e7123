"""
What one asks of `events.list`, and which events answer it.

Sources: the discovery document of calendar v3 and the guide to incremental sync.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.datastructures import QueryParams

from runner.authoring.simulate.googlecalendar_calendar import Calendar
from runner.authoring.simulate.googlecalendar_errors import invalid, refusal
from runner.authoring.simulate.googlecalendar_recur import moment, rfc3339
from runner.authoring.simulate.table import Row

NOT_WITH_SYNC = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
NO_SYNC_AFTER = ("iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty")
SEARCHED = ("summary", "description", "location")


@dataclass(frozen=True)
class Question:
    """The parameters that choose events; `given` are those that were written, tokens aside."""

    given: tuple[tuple[str, str], ...]
    single: bool
    deleted: bool
    order: str
    after: datetime | None
    before: datetime | None
    updated: datetime | None
    words: str
    uid: str
    private: tuple[str, ...]
    shared: tuple[str, ...]
    kinds: tuple[str, ...]
    zone: str
    guests: int | None

    def wants(self, row: Row, calendar: Calendar) -> bool:
        """Is this event, or what is left of it, part of the answer?"""
        if row["status"] == "cancelled":
            of_series = "recurringEventId" in row and not self.single
            return (self.deleted or of_series) and not self._searches()
        return self._in_time(row, calendar) and self._found(row)

    def _searches(self) -> bool:
        return bool(self.words or self.uid or self.private or self.shared)

    def _in_time(self, row: Row, calendar: Calendar) -> bool:
        """`timeMin` bounds the end, `timeMax` the start, both exclusive; a series is asked by its first occurrence."""
        endless = "recurrence" in row and not self.single
        late = self.after is None or endless or moment(row["end"], calendar.zone) > self.after
        early = self.before is None or moment(row["start"], calendar.zone) < self.before
        return late and early

    def _found(self, row: Row) -> bool:
        text = " ".join(str(row.get(name, "")) for name in SEARCHED).lower()
        tests = (
            all(word in text for word in self.words.lower().split()),
            not self.uid or row.get("iCalUID") == self.uid,
            not self.kinds or row["eventType"] in self.kinds,
            *(_has(row, "private", pair) for pair in self.private),
            *(_has(row, "shared", pair) for pair in self.shared),
        )
        return all(tests)

    def dress(self, row: Row) -> Row:
        """The event as this question wants to see it."""
        shown = dict(row)
        guests = row.get("attendees", [])
        if self.guests is not None and len(guests) > self.guests:
            shown |= {"attendees": guests[: self.guests], "attendeesOmitted": True}
        for edge in ("start", "end", "originalStartTime"):
            if self.zone and "dateTime" in shown.get(edge, {}):
                at = moment(shown[edge], self.zone).astimezone(ZoneInfo(self.zone))
                shown[edge] = {**shown[edge], "dateTime": rfc3339(at)}
        return shown


def _has(row: Row, side: str, pair: str) -> bool:
    name, _, value = pair.partition("=")
    found: object = row.get("extendedProperties", {}).get(side, {}).get(name)
    return found == value


def question(query: QueryParams) -> Question:
    """Raises Refusal for values that mean nothing, and for those that exclude each other."""
    given = tuple(sorted((k, v) for k, v in query.multi_items() if k not in {"pageToken", "syncToken", "maxResults"}))
    syncing = "syncToken" in query
    single, order = flag(query, "singleEvents"), query.get("orderBy", "")
    if order not in {"", "startTime", "updated"}:
        raise invalid("orderBy")
    if order == "startTime" and not single:
        raise refusal(400, "badRequest", "The requested ordering is not available for the particular query.")
    if syncing:
        _demand_plain(query)
    after, before = instant(query, "timeMin"), instant(query, "timeMax")
    if after and before and before <= after:
        message = "The specified time range is empty."
        raise refusal(400, "timeRangeEmpty", message, domain="calendar", location="timeMax")
    updated = instant(query, "updatedMin")
    return Question(
        given=given,
        single=single,
        deleted=syncing or updated is not None or flag(query, "showDeleted"),
        order=order,
        after=after,
        before=before,
        updated=updated,
        words=query.get("q", ""),
        uid=query.get("iCalUID", ""),
        private=pairs(query, "privateExtendedProperty"),
        shared=pairs(query, "sharedExtendedProperty"),
        kinds=tuple(query.getlist("eventTypes")),
        zone=zone(query),
        guests=number(query, "maxAttendees", None, None),
    )


def _demand_plain(query: QueryParams) -> None:
    for name in NOT_WITH_SYNC:
        if name in query:
            message = f"Sync token cannot be used together with {name}."
            raise refusal(400, "badRequest", message, location=name)
    if query.get("showDeleted") == "false":
        message = "Deleted events are always part of an incremental answer."
        raise refusal(400, "badRequest", message, location="showDeleted")


def sorted_by(rows: Iterable[Row], order: str, calendar: Calendar) -> list[Row]:
    """`startTime` and `updated` ascending; what was deleted comes by the time of that."""
    if order == "updated":
        return sorted(rows, key=lambda row: (calendar.changed_at(row), row["id"]))
    if order == "startTime":
        return sorted(rows, key=lambda row: (_start(row, calendar), row["id"]))
    return list(rows)


def _start(row: Row, calendar: Calendar) -> datetime:
    edge = row.get("start") or row.get("originalStartTime")
    return moment(edge, calendar.zone) if edge else calendar.changed_at(row)


def flag(query: QueryParams, name: str) -> bool:
    value = query.get(name, "false")
    if value not in {"true", "false"}:
        raise invalid(name)
    return value == "true"


def number(query: QueryParams, name: str, default: int | None, most: int | None) -> Any:
    """A whole number from 1; more than `most` gives `most`."""
    value = query.get(name)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise invalid(name)
    return min(int(value), most) if most else int(value)


def instant(query: QueryParams, name: str) -> datetime | None:
    """An RFC 3339 time; the offset must be there."""
    value = query.get(name)
    if value is None:
        return None
    try:
        made = datetime.fromisoformat(value)
    except ValueError:
        raise refusal(400, "badRequest", "Bad Request", location=name) from None
    if made.tzinfo is None or "T" not in value.upper():
        raise refusal(400, "badRequest", "Bad Request", location=name)
    return made


def pairs(query: QueryParams, name: str) -> tuple[str, ...]:
    found = tuple(query.getlist(name))
    if any("=" not in pair for pair in found):
        raise invalid(name)
    return found


def zone(query: QueryParams) -> str:
    name = query.get("timeZone", "")
    try:
        if name:
            ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise invalid("timeZone") from None
    return name


def since(rows: Iterable[Row], calendar: Calendar, start: datetime | None) -> Iterator[Row]:
    """Those that changed at or after a time."""
    return (row for row in rows if start is None or calendar.changed_at(row) >= start)
