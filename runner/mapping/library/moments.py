"""Points in time: how they are read and written. Inside, a moment is a naive `datetime` in UTC.

Sources: ISO 8601, RFC 3339 (5.6; 5.7 for leap seconds), RFC 5545 (the form `20260302T090000Z`), the time zones of IANA.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

LONGEST = 64
UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # naive on purpose, see above
_MICROSECONDS = 1_000_000
_DIGITS = re.compile(r"-?[0-9]{1,24}")
_WRITTEN = re.compile(
    r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})"
    r"(?:[Tt ]([0-9]{2})(:?)([0-9]{2})(?:\6([0-9]{2})(?:[.,]([0-9]{1,30}))?)?"
    r"(?: ?(?:([Zz]|UTC|GMT)|([+-])([0-9]{2})(?::?([0-9]{2}))?))?)?"
)
_DURATION = re.compile(r"(-?)([0-9]{1,6})(s|m|h|d|w)")
_STEPS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def write_moment(moment: datetime) -> str:
    """The one form that records use: `2026-05-04T15:31:36.000000Z`."""
    return moment.isoformat(timespec="microseconds") + "Z"


@lru_cache(maxsize=4_096)
def read_moment(text: str, zone: ZoneInfo | None = None) -> datetime | None:
    """A date or time in ISO 8601; without an offset of its own it is taken in `zone`, or in UTC. More than six
    decimals are cut, a leap second is the second after it. None for anything else and outside the years 1 to 9999."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    year, _, month, day, hour, _, minute, second, decimals, utc, sign, *offset = found.groups()
    clock = (int(hour or 0), int(minute or 0), int(second or 0))
    try:
        since = _since_midnight(*clock) + timedelta(microseconds=int(f"{decimals or 0:0<6}"[:6]))
        moment = datetime(int(year), int(month), int(day)) + since  # noqa: DTZ001  # naive on purpose
        if sign:
            return moment - read_offset(sign, *offset)
        return moment if utc else to_utc(moment, zone)
    except (ValueError, OverflowError):
        return None


def _since_midnight(hour: int, minute: int, second: int) -> timedelta:
    if (hour > 23 and (hour, minute, second) != (24, 0, 0)) or minute > 59 or second > 60:
        raise ValueError("no such time of day")
    return timedelta(hours=hour, minutes=minute, seconds=second)


def read_offset(sign: str, hours: str, minutes: str | None) -> timedelta:
    """The offset from UTC that `+`, `05` and `30` say; ValueError for one that cannot be."""
    ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if int(minutes or 0) > 59 or ahead >= timedelta(hours=24):
        raise ValueError("no such offset")
    return -ahead if sign == "-" else ahead


def to_utc(local: datetime, zone: ZoneInfo | None) -> datetime:
    """The moment at which clocks in `zone` show `local`. Of two such (when clocks go back) the first; when there is
    none (clocks go forward) as if they had not yet gone."""
    return local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None) if zone else local


def to_local(moment: datetime, zone: ZoneInfo | None) -> datetime:
    """What clocks in `zone` show at a moment."""
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if zone else moment


def count_moment(since_1970: float, unit: str) -> datetime | None:
    """The moment this many `unit`s after 1970 began; what is less than a microsecond is cut. None outside the years
    1 to 9999. Numbers with decimals are taken as they are written, not as the nearest binary fraction."""
    per = UNITS[unit]
    try:
        if isinstance(since_1970, int):
            microseconds = since_1970 * _MICROSECONDS // per
        else:
            microseconds = int(Decimal(repr(since_1970)) * _MICROSECONDS / per // 1)
        return _EPOCH + timedelta(microseconds=microseconds)
    except (ValueError, ArithmeticError):
        return None


def moment_of(time: str | float, unit: str | None = None, zone: ZoneInfo | None = None) -> datetime | None:
    """A moment out of what partners send: ISO 8601, a number of seconds, or of `unit`s (then also as text)."""
    if not isinstance(time, str):
        return count_moment(time, unit or "s")
    text = time.strip()
    if len(text) > LONGEST:
        return None
    if unit and _DIGITS.fullmatch(text):
        return count_moment(int(text), unit)
    return read_moment(text, zone)


def check_unit(unit: str) -> None:
    """ValueError for what is no unit of unix times."""
    if unit not in UNITS:
        raise ValueError(f"there is no unit {unit[:LONGEST]!r} (use 's', 'ms', 'us' or 'ns')")


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """A time zone by its IANA name; ValueError for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        raise ValueError(f"there is no time zone {name[:LONGEST]!r} (use an IANA name, as 'America/Chicago')") from None


@lru_cache(maxsize=256)
def read_amount(text: str) -> timedelta:
    """A stretch of time, as `90m` or `-1d`; ValueError for anything else."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:LONGEST]!r} is no stretch of time (use '30s', '90m', '24h', '7d', '2w' or '-1d')")
    sign, count, unit = found.groups()
    return int(sign + count) * _STEPS[unit]
