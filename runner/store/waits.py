"""What waits for a link, and why: read from table pushes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, select

from runner.model.push import PushState
from runner.store.push_table import pushes

LOOKED_AT = 1000
"""So many notes tell what most pushes wait for."""
_ID = re.compile(r"(\S+) of ")


@dataclass(frozen=True)
class Waits:
    """Pushes of one kind that wait for a link: how many in all, and the most frequent reason as one of them has it
    (`alike` of those that were looked at share it)."""

    kind: str
    count: int
    alike: int
    note: str


def find(connection: Connection, destination: str) -> list[Waits]:
    """What waits for a link at a destination, by kind; the most frequent kind first."""
    table = pushes.c
    where = (table.destination == destination, table.state == PushState.WAITING.value)
    count = func.count().label("count")
    kinds = connection.execute(
        select(table.kind, count).where(*where).group_by(table.kind).order_by(count.desc(), table.kind)
    )
    return [_waits(connection, kind, number, [*where, table.kind == kind]) for kind, number in kinds.all()]


def _waits(connection: Connection, kind: str, count: int, where: list[ColumnElement[bool]]) -> Waits:
    notes = connection.scalars(select(pushes.c.note).where(*where).order_by(pushes.c.id).limit(LOOKED_AT))
    alike: dict[str, list[str]] = {}
    for note in notes:
        alike.setdefault(_without_id(note or ""), []).append(note or "")
    most = max(alike.values(), key=len, default=[""])
    return Waits(kind, count, len(most), most[0])


def _without_id(note: str) -> str:
    """A note without the id that it tells of (`user 7 of jobber has no email`): what alike ones share."""
    found = _ID.search(note)
    return note.replace(found[1], "") if found else note
