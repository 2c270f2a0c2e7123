"""A partner's figure read as seconds to wait."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

Unit = Literal["s", "ms", "unix"]
_LONGEST = 86_400.0


def seconds_of(value: Any, unit: Unit, now: datetime) -> float | None:
    """A number, a number as text, or an HTTP date (RFC 9110 section 10.2.3) as seconds from `now`, never below 0.

    `unix` is a moment in unix seconds. None when it is none of these, or longer than a day: that is more likely
    a mistake than a wish.
    """
    amount = _number(value)
    if amount is None:
        moment = _date(value)
        wait = (moment - now).total_seconds() if moment else None
    else:
        wait = {"s": amount, "ms": amount / 1000, "unix": amount - now.timestamp()}[unit]
    return max(wait, 0.0) if wait is not None and wait <= _LONGEST else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = float(value)
    except (ValueError, OverflowError):
        return None
    return amount if math.isfinite(amount) else None


def _date(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
