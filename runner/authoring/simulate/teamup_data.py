"""
The made-up calendar: its sub-calendars, its links, its events.

Shapes follow GitHub TeamupCom/webhook-utils-php (tests/data/payload.json) and public descriptions of the API. Rows hold
times in the calendar's own zone and notes as HTML; `comments`, `signups` and the link that made an event stand beside.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from runner.authoring.simulate.seeded import FIRST_NAMES, LAST_NAMES, STREETS, Dice
from runner.authoring.simulate.table import Row, Table
from runner.authoring.simulate.teamup_options import TeamUpOptions
from runner.authoring.simulate.teamup_series import iso, occurrence, starts

EVENT, CREW, LINK = 180300001, 4822000, 100200
EVERY = 12
CREWS, WRITTEN = 6, 3


def number(key: str) -> int:
    """The number in an event's id, that of its series for one of a series."""
    return int(key.partition("-")[0])


def tables(now: datetime, dice: Dice, size: int, options: TeamUpOptions) -> dict[str, Table]:
    """A calendar with `size` events of every sort."""
    diary = Diary(now, dice, options.zone)
    events = [diary.event(n) for n in range(size)]
    model = {**diary.event(0), "remote_id": None}
    crews = [diary.crew(n) for n in range(CREWS)]
    return {
        "events": Table("events", events, modified="update_dt", model=model),
        "subcalendars": Table("subcalendars", crews, modified="update_dt", id_type=int),
        "links": Table("links", _links(options), modified=None, id_type=int),
    }


def _links(options: TeamUpOptions) -> list[Row]:
    made = (
        ("Operations", options.calendar_key, "modify", options.password),
        ("Office", options.admin_key, "admin", ""),
        ("Requests", options.add_key, "add_only", ""),
        ("Screen in the yard", options.read_key, "read_only", ""),
    )
    return [
        {"id": LINK + n, "key": key, "name": name, "role": role, "password": word, "active": True}
        for n, (name, key, role, word) in enumerate(made)
    ]


class Diary:
    """Makes one event from its number; each 12 hold one of every sort."""

    def __init__(self, now: datetime, dice: Dice, zone: str) -> None:
        self.now = now
        self.dice = dice
        self.zone = zone

    def crew(self, n: int) -> Row:
        return {
            "id": CREW + n,
            "name": f"Crew {chr(65 + n)}" if n < CREWS - 1 else "Old crew",
            "active": n < CREWS - 1,
            "color": 17 + n,
            "overlap": n != CREWS - 2,
            "readonly": n == 3,
            "type": 0,
            "creation_dt": iso(self.now - timedelta(days=400 + n), self.zone),
            "update_dt": iso(self.now - timedelta(days=30 + n), self.zone) if n % 2 else None,
        }

    def event(self, n: int) -> Row:
        sorts: dict[int, Callable[[int], Row]] = {
            1: self._plain,
            2: self._all_day,
            3: self._series,
            4: self._deleted,
            5: self._with_signups,
            6: self._days_with_offset,
            7: self._bounded_series,
            8: self._sparse,
            9: self._moved,
            10: self._read_only,
            11: self._all_day_series,
        }
        return sorts.get(n % EVERY, self._timed)(n)

    def _day(self, n: int) -> datetime:
        midnight = self.now.astimezone(ZoneInfo(self.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(days=self.dice.below(120, "day", n) - 40)

    def _row(self, n: int, start: datetime, length: timedelta, title: str, **own: Any) -> Row:
        created = self.now - timedelta(days=45 + self.dice.below(60, "created", n), minutes=n)
        changed = created + timedelta(minutes=self.dice.below(60_000, "changed", n))
        crews = [CREW + n % WRITTEN]
        return {
            "id": str(EVENT + n),
            "series_id": None,
            "remote_id": None,
            "subcalendar_id": crews[0],
            "subcalendar_ids": crews,
            "all_day": False,
            "rrule": "",
            "title": title,
            "who": f"{FIRST_NAMES[n % len(FIRST_NAMES)]} {LAST_NAMES[n % len(LAST_NAMES)]}",
            "location": f"{n + 1} {STREETS[n % len(STREETS)]}",
            "notes": "<p>Bring ladder</p>",
            "version": self.dice.mint("version")[:12],
            "readonly": False,
            "tz": self.zone,
            "attachments": [],
            "start_dt": iso(start, self.zone),
            "end_dt": iso(start + length, self.zone),
            "ristart_dt": None,
            "rsstart_dt": None,
            "creation_dt": iso(created, self.zone),
            "update_dt": iso(min(changed, self.now), self.zone),
            "delete_dt": None,
            "signup_enabled": False,
            "signup_deadline": iso(start, self.zone),
            "signup_visibility": "all_users",
            "signup_limit": 0,
            "signups": [],
            "comments_enabled": True,
            "comments_visibility": "all_users",
            "comments": [],
            "custom": {"status": ["waiting"]},
            **own,
        }

    def _timed(self, n: int) -> Row:
        start = self._day(n) + timedelta(hours=9 + n % 5)
        two = [CREW, CREW + 1] if n == 0 else [CREW + n % WRITTEN]
        own = {"remote_id": f"job-{1001 + n}", "subcalendar_ids": two, "subcalendar_id": two[0]}
        return self._row(n, start, timedelta(hours=2), "Roof survey" if n == 0 else f"Gutter survey {n}", **own)

    def _plain(self, n: int) -> Row:
        start = self._day(n) + timedelta(hours=14)
        return self._row(n, start, timedelta(minutes=45), "Call", tz=None, notes="", location="", custom=None)

    def _all_day(self, n: int) -> Row:
        """Whole days without an offset."""
        day = f"{self._day(n):%Y-%m-%d}"
        edges = {"start_dt": f"{day}T00:00:00", "end_dt": f"{day}T23:59:59"}
        return {**self._row(n, self._day(n), timedelta(), "Crew holiday", all_day=True), **edges}

    def _days_with_offset(self, n: int) -> Row:
        edges = {"end_dt": iso(self._day(n) + timedelta(days=2, hours=23, minutes=59, seconds=59), self.zone)}
        return {**self._row(n, self._day(n), timedelta(), "Scaffold stands", all_day=True), **edges}

    def _monday(self, n: int) -> datetime:
        day = self._day(n) - timedelta(days=70)
        return (day - timedelta(days=day.weekday())).replace(hour=9)

    def _series(self, n: int) -> Row:
        """Weekly at 9:00 local time, over the change of the clocks, without an end."""
        own = {"rrule": "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO", "series_id": None if n % 2 else EVENT + n}
        return self._row(n, self._monday(n), timedelta(hours=1), "Weekly briefing", **own)

    def _moved(self, n: int) -> Row:
        """The ninth of the series before it, five hours later."""
        series = self._series(n - n % EVERY + 3)
        start = list(starts(series, self.zone, self.now + timedelta(days=200)))[8]
        head = self._row(n, start + timedelta(hours=5), timedelta(hours=1), "Weekly briefing")
        taken = occurrence(series, start, self.zone)
        own = {name: taken[name] for name in ("id", "series_id", "ristart_dt", "rsstart_dt", "rrule")}
        return {**head, **own}

    def _bounded_series(self, n: int) -> Row:
        start = self._day(n) - timedelta(days=20)
        last = start + timedelta(days=40)
        rule = f"FREQ=DAILY;INTERVAL=2;UNTIL={last:%Y%m%d}T120000Z"
        return self._row(n, start + timedelta(hours=7), timedelta(minutes=30), "Check the dryer", rrule=rule)

    def _all_day_series(self, n: int) -> Row:
        start = self._day(n) - timedelta(days=30)
        day = f"{start:%Y-%m-%d}"
        edges = {"start_dt": f"{day}T00:00:00", "end_dt": f"{day}T23:59:59"}
        rule = "FREQ=DAILY;INTERVAL=14;COUNT=10"
        return {**self._row(n, start, timedelta(), "Bin day", all_day=True, rrule=rule), **edges}

    def _deleted(self, n: int) -> Row:
        row = self._row(n, self._day(n) + timedelta(hours=11), timedelta(hours=1), "Called off")
        return {**row, "delete_dt": row["update_dt"]}

    def _with_signups(self, n: int) -> Row:
        start = self._day(n) + timedelta(hours=16)
        person = {"name": "Robin Vega", "email": "robin@example.com", "email_hash": self.dice.mint("hash")[:32]}
        times = {"creation_dt": iso(self.now - timedelta(days=2), self.zone), "update_dt": None}
        signup = {"id": 9000 + n, **person, "remote_id": None, "readonly": False, **times}
        said = {"id": 8000 + n, **person, "message": "<p>I come</p>", "remote_id": None, **times, "updater": ""}
        own = {"signup_enabled": True, "signup_limit": 4}
        return self._row(n, start, timedelta(hours=1), "Safety training", signups=[signup], comments=[said], **own)

    def _sparse(self, n: int) -> Row:
        start = self._day(n) + timedelta(hours=13)
        bare = {"title": "", "who": "", "location": "", "notes": "", "custom": None, "tz": None, "update_dt": None}
        return {**self._row(n, start, timedelta(), ""), **bare}

    def _read_only(self, n: int) -> Row:
        start = self._day(n) + timedelta(hours=8)
        file = {
            "id": f"{700 + n}",
            "name": "plan.pdf",
            "size": 48213,
            "mimetype": "application/pdf",
            "upload_dt": iso(self.now - timedelta(days=3), self.zone),
            "link": f"https://teamup.example/attachments/{700 + n}",
            "thumbnail": None,
            "preview": None,
            "upload_date": iso(self.now - timedelta(days=3), self.zone),
        }
        return self._row(n, start, timedelta(hours=3), "Delivery", readonly=True, attachments=[file])
