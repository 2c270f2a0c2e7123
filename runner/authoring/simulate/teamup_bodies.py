"""
What Teamup makes of the body of an event.

Sources: apidocs.teamup.com and GitHub Djones4822/pyTeamUp (pyteamup/Event.py). `tz` cannot be written, offsets only fix
the instant; plain notes come back in a paragraph.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dateutil.rrule import rrulestr
from starlette.requests import Request

from runner.authoring.simulate.answers import json_body
from runner.authoring.simulate.table import Row, Table
from runner.authoring.simulate.teamup_errors import refusal
from runner.authoring.simulate.teamup_series import UNTIL, iso, moment, stored_rule

TEXTS = ("title", "who", "location")


async def members(request: Request) -> Row:
    """The JSON object of the body. Raises Refusal."""
    body = await json_body(request)
    if not isinstance(body, dict):
        raise refusal("invalid_request", "The body is not a JSON object.")
    return body


def written(body: Mapping[str, Any], crews: Table, zone: str) -> Row:
    """Every field that can be written: what the body leaves out is empty. Raises Refusal."""
    all_day, rule = _kind(body, "all_day", bool, False), _rule(body)
    ids = _crews(body, crews)
    return {
        **{name: _kind(body, name, str, "") for name in TEXTS},
        **_edges(body, zone, all_day),
        "all_day": all_day,
        "rrule": rule,
        "tz": zone if rule else None,
        "notes": _notes(_kind(body, "notes", str, "")),
        "remote_id": _kind(body, "remote_id", str, None) or None,
        "custom": _kind(body, "custom", dict, None),
        "subcalendar_ids": ids,
        "subcalendar_id": ids[0],
        "signup_enabled": _kind(body, "signup_enabled", bool, False),
        "comments_enabled": _kind(body, "comments_enabled", bool, False),
    }


def _kind(body: Mapping[str, Any], name: str, kind: type, default: Any) -> Any:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise refusal("event_validation", f"{name} is invalid.")
    return value


def _edges(body: Mapping[str, Any], zone: str, all_day: bool) -> Row:
    """Timed events in the calendar's zone, whole days as they were written."""
    if not body.get("start_dt") or not body.get("end_dt"):
        raise refusal("event_missing_start_end_datetime", "start_dt and end_dt are required.")
    try:
        first, last = (moment(str(body[name]), zone) for name in ("start_dt", "end_dt"))
    except ValueError:
        raise refusal("event_validation", "start_dt or end_dt is not a time.") from None
    if last < first:
        raise refusal("event_validation", "end_dt is before start_dt.")
    if all_day:
        return {name: _day(str(body[name])) for name in ("start_dt", "end_dt")}
    return {"start_dt": iso(first, zone), "end_dt": iso(last, zone)}


def _day(text: str) -> str:
    return datetime.fromisoformat(text).isoformat(timespec="seconds")


def _rule(body: Mapping[str, Any]) -> str:
    rule = _kind(body, "rrule", str, "")
    try:
        kept = stored_rule(rule.removeprefix("RRULE:"))
        if kept:
            rrulestr(UNTIL.sub(r"UNTIL=\1", kept), dtstart=datetime(2026, 1, 1), ignoretz=True)  # noqa: DTZ001
    except (ValueError, KeyError):
        raise refusal("event_validation", "rrule is invalid.") from None
    return kept


def _crews(body: Mapping[str, Any], crews: Table) -> list[int]:
    """Raises Refusal for none, unknown ones and those that cannot be written."""
    single = body.get("subcalendar_id")
    ids = body.get("subcalendar_ids") or ([single] if single else [])
    if not isinstance(ids, list) or not ids or not all(isinstance(one, int) for one in ids):
        raise refusal("event_validation", "subcalendar_ids is missing or invalid.")
    rows = [crews.get(one) for one in ids]
    if any(row is None or not row["active"] for row in rows):
        raise refusal("subcalendar_not_found", "There is no such sub-calendar.")
    if any(row is not None and row["readonly"] for row in rows):
        raise refusal("no_permission", "The sub-calendar is read-only.")
    return ids


def _notes(text: str) -> str:
    return f"<p>{text}</p>" if text and not text.lstrip().startswith("<") else text
