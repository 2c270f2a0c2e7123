"""What must hold when all is quiet again, whatever was done: each invariant, and what breaks it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.chaos.cast import HOST, LEDGER, Cast
from tests.chaos.picture import Picture, differences

SETTLED = frozenset({"done", "dropped"})


@dataclass(frozen=True)
class Evidence:
    """What was found at the end of a run.

    `others` counts answers to webhooks that were not 2xx; `told` counts stored events by connector, key and state,
    `answered` those that were answered 2xx; `host` are the projects at the host by name, `standing` what the ledger
    has; `violations` by partner; `leaks` secrets in logs; `early` and `late` the store before and after a last sync.
    """

    others: Counter[int]
    told: Counter[tuple[str, str, str]]
    answered: Counter[tuple[str, str]]
    early: Picture
    late: Picture
    host: list[tuple[str, Any]]
    standing: Mapping[str, Any]
    doubled: list[str]
    unsigned: int
    violations: Mapping[str, int]
    leaks: list[str]


def host_of(cast: Cast) -> list[tuple[str, Any]]:
    """The host's projects, told by what they say."""
    rows = cast.partners[HOST].table("projects")
    return sorted(((row["name"], _shown(row)) for row in rows), key=repr)


def _shown(project: Mapping[str, Any]) -> dict[str, Any]:
    """Without ids and times, which are the host's own."""
    person = project["primary_contact"] or {}
    contact = {name: person.get(name) for name in ("name", "email", "phone_number")}
    return {**{name: project[name] for name in ("address", "archived", "status")}, "contact": contact}


def judge(found: Evidence, calm: Evidence) -> dict[str, list[str]]:
    """By invariant, what breaks it; an empty list where it holds."""
    return {
        "every event answered 2xx is stored, and took effect once": _events(found),
        "who cannot take a webhook says 503": [
            f"{status}: {count}" for status, count in found.others.items() if status != 503
        ],
        "by webhooks alone the store is that of an undisturbed run": _records(found.early, calm.early),
        "the store is that of an undisturbed run": differences(found.late, calm.late),
        "nothing is twice at the host": _twice(found.host),
        "the host has what it has after an undisturbed run": _unlike(dict(found.host), dict(calm.host)),
        "no push is doubled at the ledger": found.doubled + ["a post without a signature"] * found.unsigned,
        "the ledger's last values are those of an undisturbed run": _unlike(found.standing, calm.standing),
        "no limit was broken": [f"{name}: {count} calls too many" for name, count in found.violations.items() if count],
        "no secret is in a log": found.leaks,
    }


def _events(found: Evidence) -> list[str]:
    first: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for (connector, key, state), count in found.told.items():
        if state != "duplicate":
            first[connector, key][state] += count
    lost = [f"{connector}: {key} is lost" for connector, key in found.answered if (connector, key) not in first]
    twice = [f"{' '.join(name)}: {dict(states)}" for name, states in first.items() if states.total() > 1]
    left = [f"{' '.join(name)} is {states}" for name, states in first.items() if not states.keys() <= SETTLED]
    return lost + twice + left


def _records(one: Picture, other: Picture) -> list[str]:
    return differences({"records": one["records"]}, {"records": other["records"]})


def _twice(projects: list[tuple[str, Any]]) -> list[str]:
    names = Counter(name for name, _ in projects)
    return [f"{name} is there {count} times" for name, count in names.items() if count > 1]


def _unlike(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return differences({"there": dict(one)}, {"there": dict(other)})


def violations_of(cast: Cast) -> dict[str, int]:
    """Calls that partners refused for their limits, by partner."""
    return {name: partner.violations for name, partner in cast.partners.items() if name != LEDGER}
