"""Google Calendar's smaller questions: when somebody is busy, and what the account has set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from runner.authoring.simulate.googlecalendar_calendar import Calendar
from runner.authoring.simulate.googlecalendar_errors import invalid
from runner.authoring.simulate.googlecalendar_recur import moment, rfc3339
from runner.authoring.simulate.table import Row


def free_busy(body: Any, calendars: Mapping[str, Calendar]) -> Row:
    """`freeBusy.query`; a calendar that is not there has errors of its own. Raises Refusal."""
    try:
        start, end = (datetime.fromisoformat(body[name]) for name in ("timeMin", "timeMax"))
        asked = [str(item["id"]) for item in body["items"]]
    except (KeyError, TypeError, ValueError):
        raise invalid("timeMin") from None
    found = {key: _busy(calendars.get(key), start, end) for key in asked}
    times = {name: body[name] for name in ("timeMin", "timeMax")}
    return {"kind": "calendar#freeBusy", **times, "calendars": found}


def _busy(calendar: Calendar | None, start: datetime, end: datetime) -> Row:
    if calendar is None:
        return {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
    times = sorted(
        (moment(row["start"], calendar.zone), moment(row["end"], calendar.zone))
        for row in calendar.flat(calendar.events, end)
        if row["status"] != "cancelled" and row.get("transparency") != "transparent"
    )
    return {"busy": [{"start": rfc3339(one), "end": rfc3339(other)} for one, other in times if other > start]}


def settings(zone: str) -> Row:
    own = {"format24HourTime": "true", "locale": "en_GB", "timezone": zone, "weekStart": "1"}
    items = [{"kind": "calendar#setting", "etag": '"1"', "id": key, "value": value} for key, value in own.items()]
    return {"kind": "calendar#settings", "etag": '"1"', "nextSyncToken": "settings-1", "items": items}
