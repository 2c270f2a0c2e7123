"""One walk of a sync: its pages, without what is known already."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from runner.client.line import Rank
from runner.components.incrementals.base import Incremental
from runner.connector.connector import Connector
from runner.connector.processor import Processor
from runner.connector.sync import Sync
from runner.engine.house import House
from runner.engine.pages.course import Came, Course
from runner.engine.pages.enrich import completed
from runner.engine.pages.family import Family
from runner.engine.pages.slices import Slices
from runner.engine.records.process import cursor_of
from runner.engine.syncs.start import Start
from runner.errors import MappingError
from runner.model.integration import Integration


@dataclass(frozen=True)
class Page:
    """One page as it came, completed where the sync says so. `next` holds the variables of the page after it, None on
    the last; `told` is the checkpoint that its body names, where the partner does that; `known` counts the payloads
    that were left out as not newer than the checkpoint; `total` those of all pages, where the partner says so: the most
    that it said, since a search that begins anew tells of the rest; None where the walk may end before the last."""

    payloads: Collection[Any] = field(repr=False)
    asked_at: datetime
    next: dict[str, Any] | None
    told: str | None = None
    known: int = 0
    smaller: int | None = None
    total: int | None = None

    @property
    def without_payloads(self) -> Page:
        """The same, once they are mapped: they need not be held any longer."""
        return replace(self, payloads=())


async def pages(
    house: House, connector: Connector, sync: Sync, integration: Integration, start: Start
) -> AsyncGenerator[Page, None]:
    """The pages from where the walk is; while one is looked at, the next is on its way. Raises the PartnerError
    family; UnexpectedResponse when an answer is not what the connector says."""
    house = replace(house, caller=house.caller.ranked(Rank.ALL if start.full else Rank.NEWS))
    name, asked_by = sync.endpoint_of(start.full), sync.asked_by(start.full)
    sieve = _Sieve(connector.processor(sync.processor), asked_by, start.scope)
    if sync.for_ is not None:
        own = Family(house, connector, integration, name, sync.for_, start.scope, start.saved_at).pages(start.page)
    elif "slices" in start.scope["window"]:
        own = Slices(house, connector, integration, name, start.scope).pages(start.page)
    else:
        first = start.page or connector.endpoints[name].paginate.opening(start.scope["checkpoint"])
        own = Course(house, connector, integration, name, start.scope).pages(first, sieve.is_over)
    most: int | None = None
    is_sliced, is_first = "slices" in start.scope["window"], start.page is None
    async with aclosing(own) as came:
        async for page in came:
            told = _total(connector, name, page) if not sieve.may_end_early else None
            most = max((total for total in (most, told) if total is not None), default=None)
            found = sieve.unknown(page.payloads)
            known = len(page.payloads) - len(found)
            found = await completed(house, connector, integration, sync.enrich, found)
            # of slices, the first names the checkpoint: what changes later may lie in those behind
            is_telling = is_first if is_sliced else page.next is None
            mark = _told(sync, page, is_telling) if is_first or not is_sliced else None
            yield Page(found, page.asked_at, page.next, mark, known, page.smaller, most)
            is_first = False


def _told(sync: Sync, page: Came, is_last: bool) -> str | None:
    """The checkpoint that a page names."""
    if sync.incremental is None or not sync.incremental.is_told:
        return None
    return sync.incremental.told(page.response.only(sync.incremental.reads), is_last)


def _total(connector: Connector, name: str, page: Came) -> int | None:
    """How many payloads there are in all; None where nobody says so, or it is no number: nothing hangs on it."""
    rule = connector.endpoints[name].total
    try:
        found = rule.search(page.response.only(rule.reads)) if rule is not None else None
    except MappingError:
        return None
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


@dataclass(frozen=True)
class _Sieve:
    """What a walk that begins with a checkpoint need not look at."""

    processor: Processor
    asked_by: Incremental | None
    scope: dict[str, Any]

    @property
    def may_end_early(self) -> bool:
        """Whether the walk stops where what is known begins."""
        return self.asked_by is not None and self.asked_by.looks_at_cursors and self.scope["checkpoint"] is not None

    def is_over(self, payloads: Collection[Any]) -> bool:
        """Whether no page after this one can bring anything new."""
        if self.asked_by is None or not self.may_end_early:
            return False
        return self.asked_by.is_over(self.scope, cursors(self.processor, payloads))

    def unknown(self, payloads: Collection[Any]) -> Collection[Any]:
        """The payloads that may be new; those without a cursor are."""
        if self.asked_by is None or not self.asked_by.leaves_out or self.scope["checkpoint"] is None:
            return payloads
        return [payload for payload in payloads if not self._is_known(self.asked_by, payload)]

    def _is_known(self, asked_by: Incremental, payload: Any) -> bool:
        cursor = cursor_of(self.processor, payload)
        return cursor is not None and asked_by.is_known(self.scope, cursor)


def cursors(processor: Processor, payloads: Collection[Any]) -> list[str]:
    """How new payloads say they are, in their order, as UTC text; those that do not say are left out."""
    found = (cursor_of(processor, payload) for payload in payloads)
    return [cursor for cursor in found if cursor is not None]
