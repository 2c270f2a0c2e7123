"""Figures that partners send about their limits."""

from __future__ import annotations

import math
from typing import Any

from runner.model.http import Response


def is_amount(value: Any) -> bool:
    """A number that can be reckoned with."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def header(response: Response, name: str) -> float | None:
    """The number in a header, never below 0; None when there is none. Of `10, 10;w=1` the first counts."""
    try:
        amount = float(response.headers.get(name.lower(), "").partition(",")[0].partition(";")[0])
    except ValueError:
        return None
    return max(amount, 0.0) if math.isfinite(amount) else None
