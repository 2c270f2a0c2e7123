"""How much was used in the time just past: a window that slides, in a small state."""

from __future__ import annotations

from typing import Any

SLICES = 60
TRAVEL = 1.0
"""Seconds after which a call that was sent has come to the partner, whenever it is answered."""
GRAIN = 1e-6  # a float of unix seconds is exact to 2.4e-7


def live(state: dict[str, Any], now: float, per: float) -> list[list[float]]:
    """The slices (first use, last use, amount) that still count."""
    return [part for part in state.get("slices", []) if part[1] + per > now]


def used(slices: list[list[float]]) -> float:
    """The amount in them."""
    return sum(part[2] for part in slices)


def wait(slices: list[list[float]], excess: float, per: float, now: float) -> float:
    """Seconds until enough of the slices have left the window; all of them, where that is not enough: several calls
    can be more than the whole window allows."""
    ordered = sorted(slices, key=lambda part: part[1])
    for _, last, amount in ordered:
        excess -= amount
        if excess <= 0:
            return last + per - now + GRAIN
    return ordered[-1][1] + per - now + GRAIN


def add(slices: list[list[float]], now: float, until: float, amount: float, per: float) -> list[list[float]]:
    """The slices with an amount that is used between `now` and `until`; those of a sixtieth of `per` are one."""
    if slices and 0 <= now - slices[-1][0] < per / SLICES:
        first, last, before = slices[-1]
        return [*slices[:-1], [first, max(until, last), before + amount]]
    return [*slices, [now, until, amount]]


def take_back(slices: list[list[float]], since: float, amount: float) -> list[list[float]]:
    """The slices without an amount that was added at `since` and not used."""
    made = []
    for first, last, had in slices:
        less = min(had, amount) if first <= since <= last else 0.0
        amount -= less
        made.append([first, last, had - less])
    return [part for part in made if part[2] > 0]


def stretch(slices: list[list[float]], since: float, until: float, per: float) -> list[list[float]]:
    """The slices, the one that `since` was added to used until then; one before it that is still in use is not, or
    calls that follow each other would keep the first of them for ever."""
    grain = per / SLICES
    return [
        [first, max(last, until) if first == since or 0 <= since - first < grain else last, amount]
        for first, last, amount in slices
    ]
