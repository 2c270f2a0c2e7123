"""
How Teamup shows an event: in lists, alone, in webhooks.

Sources: GitHub TeamupCom/webhook-utils-php (src/Payload, tests/data/payload.json), public descriptions of the API. The
unit of a series' `duration` is not published: minutes here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from runner.authoring.simulate.table import Row
from runner.authoring.simulate.teamup_series import end_of, iso, moment, shown_rule

ALONE = ("comments", "signups", "comments_visibility", "signup_visibility", "signup_limit", "signup_deadline")
TIMES = ("creation_dt", "update_dt", "delete_dt")


def listed(row: Row, calendar_zone: str, zone: str) -> Row:
    """One of a list; its times are told in `zone`, those of whole days and `ristart_dt` as they are."""
    shown = {name: value for name, value in row.items() if name not in ALONE}
    shown |= {name: iso(moment(row[name], calendar_zone), zone) for name in TIMES if row[name]}
    shown["rrule"] = shown_rule(row["rrule"], row["tz"] or calendar_zone)
    if is_series(row):
        shown |= _length(row, calendar_zone)
    if not row["all_day"]:
        shown |= {name: iso(moment(shown[name], calendar_zone), zone) for name in ("start_dt", "end_dt")}
    return shown


def alone(row: Row, calendar_zone: str, zone: str, formats: Sequence[str] = ()) -> Row:
    """A single event, with what people said."""
    comments = [{**one, "message": _message(one["message"], formats)} for one in row["comments"]]
    said = {"comments": comments} if row["comments_enabled"] else {}
    more = {name: row[name] for name in ALONE if name != "comments"}
    return {**listed(row, calendar_zone, zone), **more, "signup_count": len(row["signups"]), **said, "history": []}


def in_webhook(row: Row, calendar_zone: str) -> Row:
    """Notes and comments are objects here."""
    shown = alone(row, calendar_zone, calendar_zone)
    comments = [{**one, "message": {"html": one["message"]}} for one in row["comments"]]
    shown |= {"notes": {"html": row["notes"]}, "comments": comments, "signup_deadline_enabled": False}
    return {name: value for name, value in shown.items() if name != "history"}


def is_series(row: Row) -> bool:
    return bool(row["rrule"]) and row["ristart_dt"] is None


def _length(row: Row, zone: str) -> Row:
    """A series ends with its last occurrence; how long each is stands apart."""
    first, last = (moment(row[name], row["tz"] or zone) for name in ("start_dt", "end_dt"))
    end = iso(end_of(row, zone), row["tz"] or zone)
    floats = row["all_day"] and datetime.fromisoformat(row["start_dt"]).tzinfo is None
    return {"end_dt": end[:19] if floats else end, "duration": int((last - first).total_seconds() // 60)}


def _message(html: str, formats: Sequence[str]) -> str | Mapping[str, Any]:
    """A text, or one for each format that was asked for."""
    if not formats:
        return html
    texts = {"html": html, "markdown": html.replace("<p>", "").replace("</p>", "")}
    return {name: texts[name] for name in formats if name in texts}
