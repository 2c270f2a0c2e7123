"""Dates and times. What they give is text: times in UTC with microseconds, days as `YYYY-MM-DD`."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from runner.mapping.library.moments import (
    LONGEST,
    check_unit,
    moment_of,
    read_amount,
    to_local,
    write_moment,
    zone_of,
)
from runner.mapping.registry import function

_ENDS = ("Z", ".", "+", "-")


@function("string|number|null", "string", optional=1, checks={1: check_unit})
def iso8601(time: str | float | None, unit: str | None = None) -> str | None:
    """A time in UTC with microseconds, in the one form that all records use. Takes ISO 8601 (without a zone it is
    taken as UTC; more than six decimals are cut) and unix times: seconds as a number, or with `unit` the number of
    `s`, `ms`, `us` or `ns`, then also written as text. Null for anything else.

    Source: ISO 8601, RFC 3339.

        iso8601('2026-05-04T09:31:36-06:00') -> "2026-05-04T15:31:36.000000Z"
        iso8601('2026-03-04T17:22:09.114000123Z') -> "2026-03-04T17:22:09.114000Z"
        iso8601('2026-05-04 15:31:36') -> "2026-05-04T15:31:36.000000Z"
        iso8601(`1761331741`) -> "2025-10-24T18:49:01.000000Z"
        iso8601(`1772442000123`, 'ms') -> "2026-03-02T09:00:00.123000Z"
        iso8601('1772442000123', 'ms') -> "2026-03-02T09:00:00.123000Z"
        iso8601('soon') -> null
    """
    if unit is not None:
        check_unit(unit)
    elif isinstance(time, str):
        return _of_text(time) if len(time) <= LONGEST else None
    moment = moment_of(time, unit) if time is not None else None
    return write_moment(moment) if moment else None


@lru_cache(maxsize=4096)
def _of_text(text: str) -> str | None:
    if found := _usual(text) if _is_usual(text) else None:
        return found
    moment = moment_of(text)
    return write_moment(moment) if moment else None


def _is_usual(text: str) -> bool:
    """True for texts that look like `2026-05-04T15:31:36Z` or end in `-06:00`: Python's own reader is several times as
    fast, but takes more than these."""
    if not (
        text[4:5] == text[7:8] == "-"
        and text[10:11] == "T"
        and text[13:14] == text[16:17] == ":"
        and text[19:20] in _ENDS
    ):
        return False
    return (text[-1] == "Z" or (text[-6] in "+-" and text[-3] == ":" and text[-2] < "6")) and text[11:13] != "24"


def _usual(text: str) -> str | None:
    """None for what Python's reader does not take: a leap second, a space before the offset, or no time at all."""
    try:
        found = datetime.fromisoformat(text)
        if len(text) == 20:
            return text[:19] + ".000000Z"
        return write_moment(found.replace(tzinfo=None) - (found.utcoffset() or timedelta()))
    except (ValueError, OverflowError):
        return None


@function("string|number|null", "string|null", checks={1: zone_of})
def from_zone(time: str | float | None, zone: str | None) -> str | None:
    """A time that is written without a zone, as clocks in `zone` (an IANA name) show it, in the form of iso8601(). A
    time with a zone of its own, and a unix time, keep it; with null for `zone` it is UTC. Of a time that clocks show
    twice it is the first; one that they skip counts as if they had not yet gone forward. A day is its midnight there.

    Source: the IANA time zones.

        from_zone('2026-05-04 09:30:00', 'America/Chicago') -> "2026-05-04T14:30:00.000000Z"
        from_zone('2026-05-04', 'Europe/London') -> "2026-05-03T23:00:00.000000Z"
        from_zone('2026-05-04T09:30:00+02:00', 'America/Chicago') -> "2026-05-04T07:30:00.000000Z"
        from_zone('noon', 'America/Chicago') -> null
    """
    place = zone_of(zone) if zone else None
    moment = moment_of(time, None, place) if time is not None else None
    return write_moment(moment) if moment else None


@function("string|number|null", "string|null", optional=1, checks={1: zone_of})
def date(time: str | float | None, zone: str | None = None) -> str | None:
    """The day on which a time falls in `zone` (an IANA name; UTC when none is given). What is written without a time
    of day is that day in every zone; other times without a zone are UTC.

        date('2026-05-04T23:30:00-06:00') -> "2026-05-05"
        date('2026-05-05T03:30:00Z', 'America/Chicago') -> "2026-05-04"
        date('2026-05-04', 'America/Chicago') -> "2026-05-04"
        date('soon') -> null
    """
    place = zone_of(zone) if zone else None
    moment = moment_of(time) if time is not None else None
    if moment is None:
        return None
    bare = isinstance(time, str) and len(time.strip()) <= 10
    try:
        return (moment if bare else to_local(moment, place)).date().isoformat()
    except OverflowError:
        return None


@function("string|number|null", "string", checks={1: read_amount})
def add_time(time: str | float | None, amount: str) -> str | None:
    """A time moved by an amount such as `30s`, `90m`, `24h`, `7d`, `2w`, or back with a minus; what iso8601() takes,
    and in its form. A day is 24 hours. With date(), the last day of an all-day event whose end is the day after it.

        add_time('2026-05-04T15:00:00Z', '90m') -> "2026-05-04T16:30:00.000000Z"
        date(add_time('2026-05-05', '-1d')) -> "2026-05-04"
        add_time('soon', '1h') -> null
    """
    step = read_amount(amount)
    moment = moment_of(time) if time is not None else None
    try:
        return write_moment(moment + step) if moment else None
    except OverflowError:
        return None
