"""
The made-up account: its calendars and their events.

Field names and what is left out follow the discovery document of calendar v3; defaults are omitted, as Google does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from runner.authoring.simulate.googlecalendar_calendar import Calendar
from runner.authoring.simulate.googlecalendar_options import GoogleCalendarOptions
from runner.authoring.simulate.googlecalendar_recur import rfc3339
from runner.authoring.simulate.seeded import FIRST_NAMES, LAST_NAMES, STREETS, Dice
from runner.authoring.simulate.table import Row, Table

FIRST = "3b0ad1c4c7d84f0e9a5d2f6b7c8e9d00"
CREW = "crew0123456789@group.calendar.google.com"
HOLIDAYS = "en.uk#holiday@group.v.calendar.google.com"
BUSY = "partner@example.com"
EVERY = 13


def stamp(at: datetime) -> str:
    """Google's own times: UTC, thousandths."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Etags:
    """A new etag with each call; the quotes are part of it."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._made = 0

    def __call__(self) -> str:
        self._made += 1
        return f'"{int(self._now().timestamp() * 1000) * 2000 + self._made}"'


def calendars(
    now: Callable[[], datetime], dice: Dice, size: int, options: GoogleCalendarOptions, etag: Etags
) -> list[Calendar]:
    """The account's own calendar with `size` events, a team's with a quarter of them, holidays, and a busy one."""
    if size < 1:
        msg = f"a simulated calendar has one event at least: give a size of 1 or more, not {size}"
        raise ValueError(msg)
    listed: list[tuple[str, str, str, int, Row]] = [
        (options.account, options.account_name, "owner", size, {"primary": True, "colorId": "14"}),
        (CREW, "Crew", "writer", max(1, size // 4), {"summaryOverride": "Crew (ours)", "backgroundColor": "#9fe1e7"}),
        (HOLIDAYS, "Holidays in the United Kingdom", "reader", max(1, size // 8), {"hidden": True}),
        (BUSY, BUSY, "freeBusyReader", max(1, size // 8), {}),
    ]
    made = []
    for key, summary, role, count, more in listed:
        entry: Row = {"kind": "calendar#calendarListEntry", "etag": etag(), "id": key, "summary": summary}
        entry |= {"timeZone": options.zone, "selected": True, "accessRole": role, "defaultReminders": [], **more}
        diary = Diary(now(), dice, key, key == options.account, options.zone, etag)
        rows = [diary.event(n) for n in range(count)]
        table = Table(_name(key, options), [row for row in rows if "updated" in row], modified="updated")
        calendar = Calendar(entry, table, now, etag, timedelta(seconds=options.tombstones))
        for row in rows:
            if "updated" not in row:
                calendar.bury(row)
        made.append(calendar)
    return made


def _name(key: str, options: GoogleCalendarOptions) -> str:
    return "events" if key == options.account else f"events of {key}"


class Diary:
    """Makes one event of a calendar from its number; each 13 hold one of every sort."""

    def __init__(self, now: datetime, dice: Dice, calendar: str, own: bool, zone: str, etag: Etags) -> None:
        self.now = now
        self.dice = dice
        self.calendar = calendar
        self.own = own
        self.zone = zone
        self.etag = etag

    def event(self, n: int) -> Row:
        sorts = {
            2: self._all_day,
            3: self._series,
            4: self._moved,
            5: self._cancelled,
            6: self._invited,
            7: self._out_of_office,
            8: self._sparse,
            9: self._tentative,
            10: self._other_offset,
            11: self._gone,
            12: self._all_day_series,
        }
        return sorts.get(n % EVERY, self._timed)(n)

    def key(self, n: int) -> str:
        if n == 0 and self.own:
            return FIRST
        return hashlib.sha256(f"{self.dice.seed}:{self.calendar}:{n}".encode()).hexdigest()[:26]

    def _head(self, n: int, summary: str | None) -> Row:
        created = self.now - timedelta(days=40 + self.dice.below(60, self.calendar, n), minutes=n)
        later = timedelta(minutes=self.dice.below(50_000, self.calendar, "updated", n), milliseconds=n % 999)
        who = {"email": self.calendar, "self": True}
        key = self.key(n)
        return {
            "kind": "calendar#event",
            "etag": self.etag(),
            "id": key,
            "status": "confirmed",
            "htmlLink": f"https://www.google.com/calendar/event?eid={key}",
            "created": stamp(created),
            "updated": stamp(min(created + later, self.now)),
            **({"summary": summary} if summary is not None else {}),
            "creator": who,
            "organizer": who,
            "iCalUID": f"{key}@google.com",
            "sequence": 0,
            "reminders": {"useDefault": True},
            "eventType": "default",
        }

    def _day(self, n: int) -> datetime:
        midnight = self.now.astimezone(ZoneInfo(self.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(days=self.dice.below(120, self.calendar, "day", n) - 60)

    def _at(self, start: datetime, hours: float) -> Row:
        """Google shows times in the zone of the event."""
        local = ZoneInfo(self.zone)
        edges = {"start": start, "end": start + timedelta(hours=hours)}
        return {name: {"dateTime": rfc3339(at.astimezone(local)), "timeZone": self.zone} for name, at in edges.items()}

    def _timed(self, n: int) -> Row:
        first, last = FIRST_NAMES[n % len(FIRST_NAMES)], LAST_NAMES[n % len(LAST_NAMES)]
        someone = {"email": f"alex{n}@example.com", "displayName": f"{first} {last}", "responseStatus": "needsAction"}
        return {
            **self._head(n, "Roof survey" if n == 0 else f"Visit {first} {last}"),
            "description": "Bring <b>ladder</b>" if n % 2 == 0 else "Ring the bell &amp; wait",
            "location": f"{n + 1} {STREETS[n % len(STREETS)]}, London",
            **self._at(self._day(n) + timedelta(hours=8 + n % 9), 2),
            "attendees": [someone, *([{"email": "van@example.com", "resource": True}] if n % 4 == 1 else [])],
            "extendedProperties": {"private": {"jobId": str(1001 + n)}},
        }

    def _all_day(self, n: int) -> Row:
        """The end is the day after the last."""
        start, length = self._day(n).date(), 1 + n % 3
        edges = {"start": {"date": str(start)}, "end": {"date": str(start + timedelta(days=length))}}
        return {**self._head(n, "Crew holiday"), **edges, "transparency": "transparent"}

    def _series(self, n: int) -> Row:
        """Weekly on Mondays at 9:00 local time, over the change of the clocks; each second one ends."""
        start = self._monday(n)
        bound = ";COUNT=20" if n // EVERY % 2 else ""
        rules = [f"RRULE:FREQ=WEEKLY;BYDAY=MO{bound}"]
        return {**self._head(n, "Weekly briefing"), **self._at(start, 0.5), "recurrence": rules}

    def _monday(self, n: int) -> datetime:
        day = self._day(n - n % EVERY + 3) - timedelta(days=70)
        return (day - timedelta(days=day.weekday())).replace(hour=9)

    def _occurrence(self, n: int, week: int) -> Row:
        """The ids of the series and of one of its occurrences."""
        original = self._monday(n) + timedelta(days=7 * week)
        series = self.key(n - n % EVERY + 3)
        return {
            "id": f"{series}_{original.astimezone(UTC).strftime('%Y%m%dT%H%M%SZ')}",
            "recurringEventId": series,
            "originalStartTime": self._at(original, 0)["start"],
        }

    def _moved(self, n: int) -> Row:
        own = self._occurrence(n, 8)
        head = {**self._head(n, "Weekly briefing"), "sequence": 1, "iCalUID": f"{own['recurringEventId']}@google.com"}
        return {**head, **own, **self._at(self._monday(n) + timedelta(days=56, hours=5), 0.5)}

    def _cancelled(self, n: int) -> Row:
        return self._occurrence(n, 9)

    def _invited(self, n: int) -> Row:
        """Somebody else's event: this account is a guest."""
        guests = [
            {"email": "planner@example.org", "organizer": True, "responseStatus": "accepted"},
            {"email": self.calendar, "self": True, "responseStatus": "tentative"},
        ]
        host = {"email": "planner@example.org", "displayName": "Planner"}
        when = self._at(self._day(n) + timedelta(hours=15), 1)
        return {**self._head(n, "Site meeting"), **when, "creator": host, "organizer": host, "attendees": guests}

    def _out_of_office(self, n: int) -> Row:
        kind = {"eventType": "outOfOffice", "transparency": "opaque"}
        return {**self._head(n, "Out of office"), **self._at(self._day(n) + timedelta(hours=9), 8), **kind}

    def _sparse(self, n: int) -> Row:
        """No title, and an end that is not one."""
        return {**self._head(n, None), **self._at(self._day(n) + timedelta(hours=7), 1), "endTimeUnspecified": True}

    def _tentative(self, n: int) -> Row:
        when = self._at(self._day(n) + timedelta(hours=10), 3)
        return {**self._head(n, "Gutter repair?"), **when, "status": "tentative", "visibility": "private"}

    def _other_offset(self, n: int) -> Row:
        """A dateTime whose offset is not that of its zone: the instant counts."""
        start = (self._day(n) + timedelta(hours=11)).astimezone(UTC)
        edges = {"start": start, "end": start + timedelta(hours=1)}
        shown = {name: {"dateTime": rfc3339(at), "timeZone": "America/Chicago"} for name, at in edges.items()}
        return {**self._head(n, "Call with Lincoln"), **shown}

    def _gone(self, n: int) -> Row:
        return {"id": self.key(n)}

    def _all_day_series(self, n: int) -> Row:
        start = self._day(n).date() - timedelta(days=60)
        edges = {"start": {"date": str(start)}, "end": {"date": str(start + timedelta(days=1))}}
        return {**self._head(n, "Bin day"), **edges, "recurrence": ["RRULE:FREQ=DAILY;INTERVAL=14;COUNT=10"]}
