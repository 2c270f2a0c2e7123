"""Fetch what events name: one thing a call, or many where the partner can."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from runner.connector.connector import Connector
from runner.engine.abreast import abreast
from runner.engine.house import House
from runner.engine.pages.enrich import completed
from runner.engine.pages.payloads import one, payloads
from runner.engine.trouble import is_passing, refuse
from runner.engine.webhooks.errands import Errand, asked_with
from runner.engine.webhooks.react import Outcome, failed, fetched
from runner.errors import AuthenticationError, RecordSkipped, StoreUnavailable
from runner.model.integration import Integration, State
from runner.model.record import as_id
from runner.store.statements import chunks

AT_ONCE = 8


Make = Callable[[Errand, list[Any], datetime], Outcome]
"""What comes of an errand whose payloads were found, as of the time before they were asked for."""


async def fetch_all(
    house: House, connector: Connector, integration: Integration, errands: list[Errand], make: Make | None = None
) -> list[Outcome]:
    """A few calls at once. When one shows that the partner cannot be called now, the rest waits like it. `make` says
    what comes of what was found: records, when nothing is said."""
    work = _Work(house, connector, integration, make or partial(fetched, house, connector, integration))
    if integration.state is State.ERROR:
        work.stop.append(_in_error(integration))
    found = await abreast(work.run(together) for together in _calls(errands))
    for error in work.stop[:1]:
        await refuse(house, integration, error)
    return [outcome for outcomes in found for outcome in outcomes]


def _calls(errands: list[Errand]) -> Iterator[list[Errand]]:
    """The errands that one call serves: each by itself, but for reactions that fetch many things at once."""
    many: dict[int, list[Errand]] = {}
    for errand in errands:
        if errand.thing is None:
            yield [errand]
        else:
            many.setdefault(id(errand.reaction), []).append(errand)
    for alike in many.values():
        yield from chunks(alike, alike[0].reaction.most or 1)


@dataclass
class _Work:
    house: House
    connector: Connector
    integration: Integration
    make: Make
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    stop: list[Exception] = field(default_factory=list)

    async def run(self, errands: list[Errand]) -> list[Outcome]:
        """One call, and what comes of its events."""
        async with self.gate:
            return await self._tried(errands)

    async def _tried(self, errands: list[Errand]) -> list[Outcome]:
        if self.stop:
            return [failed(self.house, errand.events, self.stop[0]) for errand in errands]
        try:
            return await (self._many(errands) if errands[0].thing is not None else self._one(errands[0]))
        except StoreUnavailable:
            raise
        except Exception as error:
            if is_passing(error):
                self.stop.append(error)
            elif len(errands) > 1:  # one bad thing must not hold up the others of its call
                middle = len(errands) // 2
                return [*await self._tried(errands[:middle]), *await self._tried(errands[middle:])]
            return [failed(self.house, errand.events, error) for errand in errands]

    async def _one(self, errand: Errand) -> list[Outcome]:
        name = errand.reaction.endpoint
        endpoint, asked_at = self.connector.endpoints[name], self.house.clock.now()
        try:
            response = await self.house.caller.call(self.connector, endpoint, self.integration, input=errand.input)
        except RecordSkipped:
            return [self.make(errand, [], asked_at)]
        return [self.make(errand, await self._whole(errand, one(endpoint, name, response)), asked_at)]

    async def _many(self, errands: list[Errand]) -> list[Outcome]:
        """Things that do not come back are gone."""
        reaction, asked_at = errands[0].reaction, self.house.clock.now()
        assert reaction.key is not None  # it goes with `of`, which gave these errands their things
        endpoint = self.connector.endpoints[reaction.endpoint]
        given = asked_with(self.connector, reaction, [errand.events[-1].payload for errand in errands])
        response = await self.house.caller.call(self.connector, endpoint, self.integration, input=given)
        came = payloads(endpoint, reaction.endpoint, response, is_first=True)
        whole = await self._whole(errands[0], [payload for payload in came if payload is not None])
        known = {as_id(reaction.key.search(payload)): payload for payload in whole}
        return [
            self.make(errand, [known[errand.thing]] if errand.thing in known else [], asked_at) for errand in errands
        ]

    async def _whole(self, errand: Errand, payloads: list[Any]) -> list[Any]:
        """What came, completed where the reaction says so."""
        rules = errand.reaction.enrich
        return list(await completed(self.house, self.connector, self.integration, rules, payloads))


def _in_error(integration: Integration) -> AuthenticationError:
    """Why nothing is fetched for an integration that a person must mend first."""
    why = integration.reason.message if integration.reason else "a person must act"
    return AuthenticationError(f"the integration is in error: {why}")
