"""What is done to whom, and when: a schedule of attacks that a seed makes, always the same from the same seed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

What = Literal[
    "kill",
    "stop",
    "freeze",
    "jump",
    "crash",
    "cut_database",
    "hold_database",
    "cut",
    "fail",
    "limit",
    "silence",
    "lose",
]

SHORTEST, LONGEST = 0.5, 4.0
"""Seconds between two attacks."""
CALM_BEFORE = 2.0
"""Seconds in which nothing is done: so that there is something to destroy."""


@dataclass(frozen=True)
class Kind:
    """One sort of attack: how often it comes beside the others, whom it meets, and from what to what `amount` goes."""

    weight: int
    meets: Literal["processes", "clocks", "database", "partners"]
    least: float
    most: float


KINDS: Mapping[What, Kind] = {
    "kill": Kind(24, "processes", 0.0, 2.0),  # SIGKILL; started again after so many seconds
    "stop": Kind(6, "processes", 0.0, 1.0),  # SIGTERM, as a rolling restart sends it
    "freeze": Kind(6, "processes", 0.5, 6.0),  # SIGSTOP, for so many seconds
    "jump": Kind(10, "clocks", -90.0, 90.0),  # its clock is wrong by so many seconds from now on
    "crash": Kind(6, "database", 0.0, 3.0),  # SIGKILL for all of the server
    "cut_database": Kind(8, "database", 0.0, 1.0),  # every connection to it is reset, and none is let in for so long
    "hold_database": Kind(4, "database", 0.5, 4.0),  # nothing comes through for so long
    "cut": Kind(10, "partners", 0.0, 1.5),  # the same of one partner
    "fail": Kind(10, "partners", 1, 8),  # so many calls are answered 500
    "limit": Kind(6, "partners", 1, 4),  # 429
    "silence": Kind(4, "partners", 1, 3),  # are not answered
    "lose": Kind(6, "partners", 1, 4),  # are done, and not answered
}


@dataclass(frozen=True)
class Attack:
    """One attack, so many seconds after the load began; `amount` is what its kind says."""

    at: float
    what: What
    whom: str
    amount: float

    def __str__(self) -> str:
        return f"{self.at:7.2f} s  {self.what:<13} {self.whom:<12} {self.amount:.2f}"


def plan(
    seed: int, seconds: float, processes: Sequence[str], partners: Sequence[str], *, database: bool
) -> list[Attack]:
    """The attacks of a run of so many seconds. Without `database`, where that is a file, it is left alone, and so are
    clocks: the processes are of one machine then, which has one."""
    chance = random.Random(seed)
    names = {
        "processes": list(processes),
        "partners": list(partners),
        "database": ["database"] if database else [],
        "clocks": list(processes) if database else [],
    }
    kinds = {what: kind for what, kind in KINDS.items() if names[kind.meets]}
    attacks, at = [], CALM_BEFORE
    while (at := at + chance.uniform(SHORTEST, LONGEST)) < seconds:
        (what,) = chance.choices(list(kinds), [kind.weight for kind in kinds.values()])
        kind = kinds[what]
        attacks.append(Attack(at, what, chance.choice(names[kind.meets]), chance.uniform(kind.least, kind.most)))
    return attacks
