"""
The occurrences of a series.

Sources: RFC 5545 (3.8.5) and Google's guide to recurring events: an occurrence has the id of its series and its
original start in UTC; one that was moved or cancelled is an event of its own in the place of what the rule gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from runner.authoring.simulate.table import Row

NEVER_INHERITED = ("recurrence",)


def moment(edge: Row, zone: str) -> datetime:
    """A `start` or `end` as an instant in UTC; a date is its midnight in the calendar's zone."""
    if "date" in edge:
        return datetime.combine(date.fromisoformat(edge["date"]), datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    made = datetime.fromisoformat(edge["dateTime"])
    return (made if made.tzinfo else made.replace(tzinfo=ZoneInfo(edge.get("timeZone", zone)))).astimezone(UTC)


def occurrences(series: Row, zone: str, until: datetime) -> Iterator[Row]:
    """
    What the rules of a series give, each as an event of its own, up to a moment.

    Rules count in the local time of the series, so that 9:00 stays 9:00 when the clocks change.
    """
    own = ZoneInfo(series["start"].get("timeZone", zone))
    first, last = (moment(series[edge], zone).astimezone(own) for edge in ("start", "end"))
    rules = "\n".join(_plain(rule, own) for rule in series["recurrence"])
    all_day, length = "date" in series["start"], last - first
    for local in rrulestr(rules, dtstart=first.replace(tzinfo=None), forceset=True, ignoretz=True):
        start = local.replace(tzinfo=own)
        if start > until:
            return
        original, end = _edge(start, series["start"], all_day), _edge(start + length, series["end"], all_day)
        shared = {name: value for name, value in series.items() if name not in NEVER_INHERITED}
        yield {
            **shared,
            "id": f"{series['id']}_{_stamp(start, all_day)}",
            "recurringEventId": series["id"],
            "originalStartTime": original,
            "start": original,
            "end": end,
        }


def _edge(at: datetime, model: Row, all_day: bool) -> Row:
    if all_day:
        return {"date": at.date().isoformat()}
    named: dict[str, Any] = {"timeZone": model["timeZone"]} if "timeZone" in model else {}
    return {"dateTime": rfc3339(at), **named}


def _stamp(at: datetime, all_day: bool) -> str:
    return at.strftime("%Y%m%d") if all_day else at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _plain(rule: str, zone: ZoneInfo) -> str:
    """A rule in local times without a zone; one bounded by a date goes to the end of that day."""

    def local(found: re.Match[str]) -> str:
        at = datetime.strptime(found[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return at.astimezone(zone).strftime("%Y%m%dT%H%M%S")

    return re.sub(r"(UNTIL=\d{8})(?=;|$)", r"\1T235959", re.sub(r"\d{8}T\d{6}Z", local, rule))


def rfc3339(at: datetime) -> str:
    """`2026-03-02T09:00:00Z`, or with the offset where it is not zero."""
    shown = at.isoformat(timespec="seconds")
    return shown[:-6] + "Z" if at.utcoffset() == timedelta(0) else shown
