"""What happens at the partners while everything is attacked: changes, each told by webhooks, drawn by the seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from runner.authoring.simulate.partner import Partner
from tests.chaos.cast import Cast

Verb = Literal["change", "add", "remove"]
FIRST = 900_000
"""Numbers of what is added begin here, so that no two things have one name."""


@dataclass(frozen=True)
class Input:
    """One thing that a user of a partner does; `number` says when, in the partner's time."""

    number: int
    partner: str
    verb: Verb
    table: str
    id: Any = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def happen(self, cast: Cast) -> None:
        """Do it."""
        partner = cast.partners[self.partner]
        with cast.almanac.at(cast.base + timedelta(seconds=self.number)):
            if self.verb == "change":
                partner.change(self.table, self.id, **self.fields)
            elif self.verb == "add":
                partner.add(self.table, **self.fields)
            else:
                partner.remove(self.table, self.id)


@dataclass(frozen=True)
class Habit:
    """What users do often at one table: `write` makes the fields that a text goes into, the same as a number."""

    weight: int
    partner: str
    verb: Verb
    table: str
    write: Callable[[str, int], dict[str, Any]] = lambda text, number: {}


def _mail(number: int) -> list[dict[str, Any]]:
    """A client's name would be told by his jobs too, as it was when they were read."""
    return [{"address": f"client{number}@example.com", "primary": True, "description": "MAIN"}]


HABITS = (
    Habit(8, "jobber", "change", "clients", lambda text, number: {"emails": _mail(number)}),
    Habit(3, "jobber", "change", "jobs", lambda text, number: {"instructions": text}),
    Habit(4, "jobber", "change", "visits", lambda text, number: {"title": text}),
    Habit(2, "jobber", "add", "clients", lambda text, number: {"firstName": "New", "lastName": text}),
    Habit(1, "jobber", "add", "jobs", lambda text, number: {"jobNumber": FIRST + number, "title": text}),
    Habit(1, "jobber", "remove", "visits"),
    Habit(5, "servicetitan", "change", "jobs", lambda text, number: {"summary": text}),
    Habit(1, "servicetitan", "add", "jobs", lambda text, number: {"summary": text}),
    Habit(6, "hubspot", "change", "deals", lambda text, number: {"dealname": text}),
    Habit(4, "hubspot", "change", "contacts", lambda text, number: {"firstname": text}),
    Habit(2, "hubspot", "add", "deals", lambda text, number: {"dealname": text}),
    Habit(1, "hubspot", "remove", "deals"),
)


def inputs(seed: int, partners: Mapping[str, Partner]) -> Iterator[Input]:
    """Without end. Only what was there at first is changed and removed, and what was removed is left alone."""
    chance, number = random.Random(seed), 0
    there = {
        (habit.partner, habit.table): sorted(row["id"] for row in partners[habit.partner].table(habit.table))
        for habit in HABITS
    }
    while True:
        number += 1
        (habit,) = chance.choices(HABITS, [one.weight for one in HABITS])
        ids, text = there[habit.partner, habit.table], f"Name {seed}-{number}"
        if habit.verb == "remove" and len(ids) < 4:
            continue
        chosen = None if habit.verb == "add" else chance.choice(ids)
        if habit.verb == "remove":
            ids.remove(chosen)
        yield Input(number, habit.partner, habit.verb, habit.table, chosen, habit.write(text, number))
