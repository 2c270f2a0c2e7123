"""
Pages and sync tokens of Google's lists.

Sources: the discovery document of calendar v3 and the guide to incremental sync. A walk shows what there was when it
began; its last page gives the token from which the next one goes on, so that nothing falls between the two.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from runner.authoring.simulate.googlecalendar_errors import full_sync, invalid, refusal
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row

Q = TypeVar("Q")
REMEMBERED = 2_000


@dataclass(frozen=True)
class Point(Generic[Q]):
    """
    What a sync token stands for.

    Args:
        of: the list. question: as it was first asked. place: in the list's order of changes.
        generation: of the rights to it.
    """

    of: str
    question: Q
    place: int
    generation: int
    made: datetime


@dataclass(frozen=True)
class Walk(Generic[Q]):
    """
    A list on its way, page by page.

    Args:
        sync: the sync token that it began with, to be sent with every page; empty: none.
        point: what its last page gives; None: no sync token.
    """

    of: str
    question: Q
    rows: Sequence[Row]
    sync: str
    point: Point[Q] | None
    at: int = 0


class Walks(Generic[Q]):
    """`alike` says whether a later question asks the same as the first one did."""

    def __init__(self, now: Callable[[], datetime], dice: Dice, lifetime: float, alike: Callable[[Q, Q], bool]) -> None:
        self._now = now
        self._dice = dice
        self._lifetime = timedelta(seconds=lifetime)
        self._alike = alike
        self._walks: OrderedDict[str, Walk[Q]] = OrderedDict()
        self._points: dict[str, Point[Q]] = {}

    def resume(self, token: str, of: str, question: Q, generation: int) -> Point[Q]:
        """Where a sync token goes on. Raises Refusal: 410 for one that is dead, 400 for one of something else."""
        point = self._points.get(token)
        if point is None or point.of != of:
            raise invalid("syncToken", "Invalid sync token value.")
        if point.made + self._lifetime <= self._now() or point.generation != generation:
            raise full_sync()
        if not self._alike(question, point.question):
            raise refusal(400, "badRequest", "The sync token belongs to other parameters.", location="syncToken")
        return point

    def proceed(self, token: str, of: str, question: Q, sync: str) -> Walk[Q]:
        """The page that a page token stands for, asked with the same parameters. Raises Refusal."""
        walk = self._walks.get(token)
        if walk is None or walk.of != of or walk.sync != sync or not self._alike(question, walk.question):
            raise invalid("pageToken")
        return walk

    def take(self, walk: Walk[Q], most: int) -> tuple[Sequence[Row], dict[str, str]]:
        """One page, and its token: of the next page, or of the next walk."""
        end = walk.at + most
        if end < len(walk.rows):
            return walk.rows[walk.at : end], {"nextPageToken": self._keep(replace(walk, at=end))}
        rows = walk.rows[walk.at :]
        if walk.point is None:
            return rows, {}
        token = self._dice.mint("sync")
        self._points[token] = walk.point
        return rows, {"nextSyncToken": token}

    def _keep(self, walk: Walk[Q]) -> str:
        token = self._dice.mint("page")
        self._walks[token] = walk
        if len(self._walks) > REMEMBERED:
            self._walks.popitem(last=False)
        return token
