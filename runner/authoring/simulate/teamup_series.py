"""
What a series of Teamup's is made of.

Sources: RFC 5545 (3.3.10); what is known of the partner's `<series>-rid-<unix>` ids, `ristart_dt` and `UNTIL`. An
occurrence that was moved or deleted is a row of its own under the id of the one that it stands for, and a series
without an end is shown to end at the end of 2099: both are this simulation's choice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from runner.authoring.simulate.table import Row

ENDLESS = datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
UNTIL = re.compile(r"UNTIL=(\d{8}T\d{6})(Z|[+-]\d{2}:?\d{2})")
RID = "-rid-"


def moment(text: str, zone: str) -> datetime:
    """A time as it is written; without an offset it is local to `zone`. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))


def iso(at: datetime, zone: str) -> str:
    """`2026-03-02T09:00:00+00:00`, in this zone."""
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def stored_rule(rule: str) -> str:
    """A rule whose `UNTIL` is UTC. Raises ValueError."""
    found = UNTIL.search(rule)
    if found is None or found[2] == "Z":
        return rule
    at = datetime.strptime(found[1] + found[2].replace(":", ""), "%Y%m%dT%H%M%S%z").astimezone(UTC)
    return rule.replace(found[0], f"UNTIL={at:%Y%m%dT%H%M%SZ}")


def shown_rule(rule: str, zone: str) -> str:
    """The rule as it comes back: `UNTIL` in the local offset."""
    found = UNTIL.search(rule)
    if found is None:
        return rule
    at = datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return rule.replace(found[0], f"UNTIL={at:%Y%m%dT%H%M%S}{at.isoformat()[-6:]}")


def bounded(rule: str, at: datetime) -> str:
    """The rule, ending just before a moment."""
    kept = [part for part in rule.split(";") if not part.startswith(("UNTIL=", "COUNT="))]
    last = datetime.fromtimestamp(at.timestamp() - 1, UTC)
    return ";".join([*kept, f"UNTIL={last:%Y%m%dT%H%M%SZ}"])


def starts(series: Row, zone: str, until: datetime) -> Iterator[datetime]:
    """
    The starts that the rule gives, up to a moment. Raises ValueError where the rule is none.

    Rules count in the zone of the series, so that 9:00 stays 9:00 when the clocks change.
    """
    own = series["tz"] or zone
    first = moment(series["start_dt"], own).astimezone(ZoneInfo(own))
    rule = UNTIL.sub(lambda found: f"UNTIL={_local(found[1], own)}", series["rrule"])
    for local in rrulestr(rule, dtstart=first.replace(tzinfo=None), ignoretz=True):
        start = local.replace(tzinfo=ZoneInfo(own))
        if start > until:
            return
        yield start


def _local(text: str, zone: str) -> str:
    at = datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return f"{at.astimezone(ZoneInfo(zone)):%Y%m%dT%H%M%S}"


def occurrence(series: Row, start: datetime, zone: str) -> Row:
    """One of a series, as a row: what the series has, at its own time."""
    own = series["tz"] or zone
    length = moment(series["end_dt"], own) - moment(series["start_dt"], own)
    floats = series["all_day"] and datetime.fromisoformat(series["start_dt"]).tzinfo is None
    edges = {name: at.isoformat(timespec="seconds") for name, at in (("start_dt", start), ("end_dt", start + length))}
    return {
        **series,
        "id": f"{series['id']}{RID}{int(start.timestamp())}",
        "series_id": int(series["id"]),
        **({name: text[:19] for name, text in edges.items()} if floats else edges),
        "ristart_dt": iso(start, "UTC"),
        "rsstart_dt": start.isoformat(timespec="seconds"),
    }


def end_of(series: Row, zone: str) -> datetime:
    """When the last occurrence ends."""
    own = series["tz"] or zone
    if "UNTIL=" not in series["rrule"] and "COUNT=" not in series["rrule"]:
        return ENDLESS
    *_, last = starts(series, zone, ENDLESS)
    return last + (moment(series["end_dt"], own) - moment(series["start_dt"], own))
