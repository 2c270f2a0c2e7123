"""Who and what has no twin at a destination: told once, kept until it is linked, with those who may be meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection

from runner.engine.house import House
from runner.engine.links.context import fields_of
from runner.model.integration import Reason
from runner.model.lifecycle import UNMATCHED
from runner.model.unmatched import Unmatched
from runner.store import changes, feed, integrations, links, unmatched

MOST_CANDIDATES = 5
NEAR = 0.5
"""How alike two names must be, from 0 to 1."""
MOST_NAMED = 10
MOST_LINKS = 100_000
_REMEDY = "Add them there, or say who they are: `runner links unmatched` and `PUT /api/integrations/{id}/links`"
_whose = attrgetter("integration_id", "destination")


@dataclass(frozen=True)
class Candidate:
    """Somebody at the destination who may be meant. `likeness` is from 0 to 1."""

    host_id: str
    name: str | None
    email: str | None
    likeness: float


@dataclass(frozen=True)
class Missing:
    """What has no twin, as it is called at the partner, and who may be meant."""

    row: Unmatched
    name: str | None
    email: str | None
    candidates: tuple[Candidate, ...]


def miss(connection: Connection, house: House, found: Iterable[Unmatched], at: datetime) -> list[Unmatched]:
    """Keep what has no twin, and let the host be told of what is new, in the caller's transaction; returns that."""
    fresh = sorted(unmatched.put(connection, found, at), key=_whose)
    for (integration_id, destination), group in groupby(fresh, key=_whose):
        source, host = (integrations.get(connection, one) for one in (integration_id, destination))
        reason = Reason(UNMATCHED, _sentence(list(group), source.connector, host.connector), _REMEDY)
        changes.add(connection, source, UNMATCHED, source.state, reason, at)
        house.store.tell(connection, source.id)
    return fresh


def tell(house: House, fresh: Sequence[Unmatched]) -> None:
    """Say it in the log: once for each, since `miss` gives each once."""
    for one in fresh:
        house.log.warning(
            "unmatched",
            integration=one.integration_id,
            kind=one.kind,
            record=one.external_id,
            destination=one.destination,
            note=one.note,
        )


def missing(connection: Connection, integration_id: str | None, kind: str | None, limit: int) -> list[Missing]:
    """What has no twin, each with who may be meant: the destination's records that nothing is linked to."""
    rows = unmatched.find(connection, integration_id, kind, limit)
    free: dict[tuple[str, str, str], list[Candidate]] = {}
    told = []
    for row in rows:
        place = (row.integration_id, row.destination, row.there)
        if place not in free:
            free[place] = _free(connection, row)
        own = fields_of(connection, row.integration_id, row.kind, row.external_id) or {}
        name, email = own.get("name"), own.get("email")
        told.append(Missing(row, name, email, _likest(name, email, free[place])))
    return told


def _sentence(rows: Sequence[Unmatched], source: str, host: str) -> str:
    named = [f"{row.kind} {row.external_id}" for row in rows[:MOST_NAMED]]
    rest = f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    return f"Of {source}, {', '.join(named)}{rest} {'has' if len(rows) == 1 else 'have'} no match at {host}"


def _free(connection: Connection, row: Unmatched) -> list[Candidate]:
    linked = links.find(connection, row.integration_id, row.destination, row.kind, limit=MOST_LINKS)
    taken = {one.host_id for one in linked}
    return [
        Candidate(one.record.external_id, one.record.fields.get("name"), one.record.fields.get("email"), 0.0)
        for one in feed.iterate(connection, row.destination, row.there)
        if not one.record.inactive and one.record.external_id not in taken
    ]


def _likest(name: str | None, email: str | None, free: Sequence[Candidate]) -> tuple[Candidate, ...]:
    scored = [
        Candidate(
            one.host_id, one.name, one.email, round(max(_likeness(name, one.name), _likeness(email, one.email)), 2)
        )
        for one in free
    ]
    near = [one for one in scored if one.likeness >= NEAR]
    return tuple(sorted(near, key=lambda one: (-one.likeness, one.host_id))[:MOST_CANDIDATES])


def _likeness(ours: str | None, theirs: str | None) -> float:
    if not isinstance(ours, str) or not isinstance(theirs, str) or not ours or not theirs:
        return 0.0
    matcher = SequenceMatcher(None, ours.lower(), theirs.lower())
    return matcher.ratio() if matcher.quick_ratio() >= NEAR else 0.0
