"""Who waits for a limit, and in which order: the longest first, with a head start for what is urgent.

The line is a part of a limit's state: `{"line": {"host:1:p/3": [1777908130.0, 1, 1777908140.5]}}`, by the waiter's name
the unix time that counts as the beginning of its wait, what its call costs, and when it is forgotten.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

Line = dict[str, Any]
"""The state of a limit, for what concerns its line."""
HEAD_START = 10.0
"""Seconds of waiting that a rank is worth: nobody waits for ever, however much of it is urgent."""
MOST = 64
"""Waiters that are remembered; whoever comes later stands nowhere until there is room."""


class Rank(IntEnum):
    """How urgent a call is: somebody waits for it, or an event; a sync asks for what is new; or for everything."""

    NOW = 0
    NEWS = 1
    ALL = 2


def due(since: float, rank: Rank) -> float:
    """What decides the order: when the wait began, less the head start of those that are more urgent."""
    return since + HEAD_START * rank


def stand(state: Line, name: str, at: float, cost: float, now: float, until: float) -> None:
    """Wait for one call, due `at`, or go on waiting; forgotten after `until`."""
    kept = {one: entry for one, entry in state.get("line", {}).items() if entry[2] > now and one != name}
    state["line"] = kept if len(kept) >= MOST else {**kept, name: [at, cost, until]}


def leave(state: Line, name: str) -> None:
    """Wait no more."""
    if name in state.get("line", ()):
        state["line"] = {one: entry for one, entry in state["line"].items() if one != name}


def forget(state: Line, holder: str) -> None:
    """The process is no more; its waiters are not either."""
    if any(holder_of(one) == holder for one in state.get("line", ())):
        state["line"] = {one: entry for one, entry in state["line"].items() if holder_of(one) != holder}


def before(state: Line, name: str, at: float, now: float) -> dict[str, float]:
    """What each of those costs that wait before a call that is due `at`, by name."""
    if not state.get("line"):
        return {}
    is_in = name in state["line"]
    return {
        one: cost
        for one, (theirs, cost, until) in state["line"].items()
        if one != name and until > now and (theirs < at or (theirs == at and (not is_in or one < name)))
    }


def others(state: Line, holder: str, now: float) -> int:
    """How many wait in other processes than the holder."""
    return sum(until > now and holder_of(one) != holder for one, (_, _, until) in state.get("line", {}).items())


def holder_of(name: str) -> str:
    """The process of a waiter."""
    return name.rpartition("/")[0]
