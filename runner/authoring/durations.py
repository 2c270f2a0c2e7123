"""A duration as it is written in YAML."""

from __future__ import annotations

from datetime import timedelta

_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms"))


def spelled(duration: timedelta) -> str:
    """`15m`, `24h`, `500ms`: in the largest unit that leaves a whole number; one day is `24h`, as authors write it."""
    whole = round(duration / timedelta(milliseconds=1))
    if whole == 86_400_000:
        return "24h"
    size, unit = next((size, unit) for size, unit in _UNITS if whole % size == 0 and (whole or size == 1_000))
    return f"{whole // size}{unit}"
