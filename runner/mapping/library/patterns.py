"""Times in a form of the partner's own, described as in `%d.%m.%Y %H:%M`. English names, no locale.

Source: the directives of C's strptime, as far as they are the same everywhere.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from runner.mapping.library.moments import LONGEST, read_offset, to_utc, write_moment, zone_of
from runner.mapping.registry import function

_NAMES = "january february march april may june july august september october november december"
_MONTHS = _NAMES.split()
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TWO = r"[0-9]{1,2}"
_DIRECTIVES = {
    "Y": r"(?P<Y>[0-9]{4})",
    "y": r"(?P<y>[0-9]{2})",
    "m": rf"(?P<m>{_TWO})",
    "d": rf"(?P<d>{_TWO})",
    "H": rf"(?P<H>{_TWO})",
    "I": rf"(?P<I>{_TWO})",
    "M": rf"(?P<M>{_TWO})",
    "S": rf"(?P<S>{_TWO})",
    "f": r"(?P<f>[0-9]{1,9})",
    "p": r"(?P<p>[AaPp])\.?[Mm]\.?",
    "b": rf"(?P<b>{'|'.join(month[:3] for month in _MONTHS)})",
    "B": rf"(?P<B>{'|'.join(_MONTHS)})",
    "a": rf"(?:{'|'.join(day[:3] for day in _DAYS)})",
    "A": rf"(?:{'|'.join(_DAYS)})",
    "z": r"(?:(?P<utc>Z|UTC|GMT)|(?P<sign>[+-])(?P<zh>[0-9]{2}):?(?P<zm>[0-9]{2}))",
    "%": "%",
}
_PIECE = re.compile(r"%(.)|(\s+)|([^%\s]+)", re.DOTALL)


@lru_cache(maxsize=256)
def read_format(form: str) -> re.Pattern[str]:
    """What a format stands for; ValueError for one that says no day, says something twice, or cannot be read."""
    if len(form) > LONGEST:
        raise ValueError(f"a time format of {len(form)} characters is too long (the longest is {LONGEST})")
    told = [directive for directive, _, _ in _PIECE.findall(form) if directive]
    for directive in told:
        if directive not in _DIRECTIVES:
            raise ValueError(f"%{directive} in the time format {form!r} is unknown (use %{', %'.join(_DIRECTIVES)})")
        if directive != "%" and told.count(directive) > 1:
            raise ValueError(f"%{directive} stands twice in the time format {form!r}")
    if _PIECE.sub("", form):
        raise ValueError(f"the time format {form!r} ends with a % (write %% for the character)")
    if not ({"Y", "y"} & set(told) and {"m", "b", "B"} & set(told) and "d" in told):
        raise ValueError(f"the time format {form!r} needs a year, a month and a day, as in '%Y-%m-%d'")
    if ("I" in told) != ("p" in told):
        raise ValueError(f"%I and %p go together, unlike in the time format {form!r}")
    return re.compile("".join(_piece(*found) for found in _PIECE.findall(form)), re.IGNORECASE | re.ASCII)


def _piece(directive: str, space: str, words: str) -> str:
    if directive:
        return _DIRECTIVES[directive]
    return r"\s{1,8}" if space else re.escape(words)


@function("string|null", "string", "string|null", optional=1, checks={1: read_format, 2: zone_of})
def parse_time(time: str | None, form: str, zone: str | None = None) -> str | None:
    """A time in a form of the partner's own, in the form of iso8601(); null when it is written in another. In `form`,
    %Y is the year (%y two digits: 1969 to 2068), %m the month (%b Jan, %B January), %d the day, %H the hour (%I with
    %p: of 12, AM or PM), %M minutes, %S seconds, %f decimals, %z the offset (or Z, UTC, GMT), %a and %A the weekday.
    A time without %z is taken in `zone` (an IANA name; UTC when none is given).

    Source: C's strptime; RFC 5322 for the form of e-mail and HTTP dates.

        parse_time('04/05/2026 3:31 PM', '%m/%d/%Y %I:%M %p', 'America/Chicago') -> "2026-04-05T20:31:00.000000Z"
        parse_time('Mon, 04 May 2026 15:31:36 +0200', '%a, %d %b %Y %H:%M:%S %z') -> "2026-05-04T13:31:36.000000Z"
        parse_time('31.02.2026', '%d.%m.%Y') -> null
    """
    wanted, place = read_format(form), zone_of(zone) if zone else None
    if time is None or len(time) > 4 * LONGEST:
        return None
    found = wanted.fullmatch(time.strip())
    if found is None:
        return None
    try:
        return write_moment(_moment({name: part for name, part in found.groupdict().items() if part}, place))
    except (ValueError, OverflowError):
        return None


def _moment(parts: dict[str, str], zone: ZoneInfo | None) -> datetime:
    midnight = datetime(_year(parts), _month(parts), int(parts["d"]))  # noqa: DTZ001  # local, or UTC
    local = midnight + timedelta(hours=_hour(parts)) + _within_hour(parts)
    if "sign" in parts:
        return local - read_offset(parts["sign"], parts["zh"], parts["zm"])
    return local if "utc" in parts else to_utc(local, zone)


def _year(parts: dict[str, str]) -> int:
    if "Y" in parts:
        return int(parts["Y"])
    year = int(parts["y"])
    return year + (2000 if year < 69 else 1900)


def _month(parts: dict[str, str]) -> int:
    if "m" in parts:
        return int(parts["m"])
    name = (parts.get("B") or parts["b"]).lower()
    return next(index for index, month in enumerate(_MONTHS, 1) if month.startswith(name))


def _hour(parts: dict[str, str]) -> int:
    hour = int(parts.get("I") or parts.get("H") or 0)
    if hour > 23 or ("I" in parts and not 1 <= hour <= 12):
        raise ValueError("no such hour")
    return hour % 12 + 12 * (parts["p"] in "Pp") if "I" in parts else hour


def _within_hour(parts: dict[str, str]) -> timedelta:
    minutes, seconds = int(parts.get("M", 0)), int(parts.get("S", 0))
    if minutes > 59 or seconds > 60:
        raise ValueError("no such time of day")
    return timedelta(minutes=minutes, seconds=seconds, microseconds=int(f"{parts.get('f', '0'):0<6}"[:6]))
