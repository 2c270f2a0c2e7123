"""What is out: permits and slots that somebody holds, and until when at the latest, so that a dead holder's come back.

The holders are a part of a limit's state: `{"p1": [3, 1777908130.0]}`, the unix time at which they lapse.
"""

from __future__ import annotations

from typing import Any

LONGEST = 150.0
"""Seconds that a call can take at most: twice the timeout that a connector gives, and what it waits before."""


def count(state: dict[str, Any], now: float) -> float:
    """How many are out, by all holders that have not let the time pass."""
    return sum(float(number) for number, until in state.get("held", {}).values() if until > now)


def hold(state: dict[str, Any], now: float, holder: str, number: float) -> None:
    """So many more are out; all of the holder's lapse later for it."""
    kept = {name: entry for name, entry in state.get("held", {}).items() if entry[1] > now}
    state["held"] = {**kept, holder: [kept.get(holder, [0])[0] + number, now + LONGEST]}


def let_go(state: dict[str, Any], holder: str, number: float) -> None:
    """So many fewer; a holder that is not known any more has lapsed."""
    kept = dict(state.get("held", {}))
    left, until = kept.pop(holder, [0, 0.0])
    state["held"] = {**kept, holder: [left - number, until]} if left > number else kept


def forget(state: dict[str, Any], holder: str) -> None:
    """The holder is no more."""
    state["held"] = {name: entry for name, entry in state.get("held", {}).items() if name != holder}
