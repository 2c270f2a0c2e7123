"""A destination that counts: every change that it was told of, by the key that all tries of one share."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Thing = tuple[str, str, str, str]
"""(rule, connector, kind, external id)"""
Fault = Literal["fail", "limit", "lose"]
STATUSES: dict[Fault, int] = {"fail": 500, "limit": 429, "lose": 502}
SHOWN = ("fields", "inactive", "deleted")


@dataclass(frozen=True)
class Change:
    """One change as it was told: its key, and what a receiver would keep."""

    key: str
    content: dict[str, Any]


@dataclass
class Ledger:
    """`changes` of each thing in the order in which they first came; `tries` by key; `faults` of the next posts."""

    changes: dict[Thing, list[Change]] = field(default_factory=lambda: defaultdict(list))
    tries: Counter[str] = field(default_factory=Counter)
    unsigned: int = 0
    _faults: list[Fault] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/changes", self._take, methods=["POST"])])

    def stumble(self, fault: Fault, posts: int) -> None:
        """Answer the next posts so: `lose` takes them in, and says that it did not."""
        self._faults.extend([fault] * posts)

    def mend(self) -> None:
        """Stumble no more."""
        self._faults.clear()

    def doubled(self) -> list[str]:
        """Things that were told the same twice in a row under different keys."""
        return [
            f"{' '.join(thing)}: {one.key} and {other.key} say the same"
            for thing, changes in self.changes.items()
            for one, other in pairwise(changes)
            if one.content == other.content
        ]

    def standing(self) -> dict[str, Any]:
        """What a receiver has in the end who takes changes as they come, each key once."""
        last = {" ".join(thing): changes[-1].content for thing, changes in self.changes.items()}
        return {name: content for name, content in last.items() if not content["deleted"]}

    async def _take(self, request: Request) -> Response:
        fault = self._faults.pop(0) if self._faults else None
        body = orjson.loads(await request.body())
        self.unsigned += not request.headers.get("webhook-signature")
        if fault in (None, "lose"):
            told = body["data"]
            for change in told.get("changes", [told]):
                self._enter(change)
        return Response(status_code=200 if fault is None else STATUSES[fault])

    def _enter(self, told: dict[str, Any]) -> None:
        self.tries[told["key"]] += 1
        if self.tries[told["key"]] == 1:
            thing = (told["rule"], told["connector"], told["kind"], told["external_id"])
            self.changes[thing].append(Change(told["key"], {name: told[name] for name in SHOWN}))
