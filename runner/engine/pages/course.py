"""The pages of one endpoint, one after the other: while one is looked at, the next is on its way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Generator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from runner.components.paginators.base import Answer, Step
from runner.connector.connector import Connector
from runner.connector.endpoint import Endpoint
from runner.engine.house import House
from runner.engine.pages.payloads import Look, payloads, split
from runner.errors import PartnerError, PartnerUnavailable, UnexpectedResponse
from runner.model.http import Response
from runner.model.integration import Integration

MOST_HALVINGS = 4
"""How often a walk asks for smaller pages before it believes that the partner fails for another reason."""

TURNS = 3
"""Of the event loop: after so many a request that need not wait is on its way, by a connection that is open."""

IsOver = Callable[[Collection[Any]], bool]


@dataclass(frozen=True)
class Came:
    """One page as it came, asked for at `asked_at`. `next` holds the variables of the page after it, None on the last;
    `smaller` is the size of the pages after the partner failed on larger ones."""

    payloads: Collection[Any] = field(repr=False)
    response: Response = field(repr=False)
    asked_at: datetime
    next: dict[str, Any] | None
    smaller: int | None = None


def _never(_: Collection[Any]) -> bool:
    return False


@dataclass
class Course:
    """A walk over the pages of an endpoint. `scope` is what its templates read, `input` what it is given."""

    house: House
    connector: Connector
    integration: Integration
    endpoint: str
    scope: Mapping[str, Any] = field(default_factory=dict)
    input: Mapping[str, Any] = field(default_factory=dict)
    halvings: int = 0
    size: int | None = None

    async def pages(
        self, start: Mapping[str, Any] | None = None, is_over: IsOver = _never
    ) -> AsyncGenerator[Came, None]:
        """The pages from `start` on, up to one of which `is_over` is true. Raises the PartnerError family;
        UnexpectedResponse when the payloads are not where the connector says, or a page comes twice."""
        declared = self.connector.endpoints[self.endpoint]
        walk = declared.paginate.walk(start)
        step: Step | None = next(walk)
        asking: asyncio.Task[_Asked] | None = self._ask(step) if step is not None else None
        look: Look | None = None
        try:
            while asking is not None and step is not None:
                try:
                    name, asked_at, response = await asking
                except PartnerError as error:
                    step = next(walk := self._smaller(declared, step, error))
                    asking = self._ask(step)
                    continue
                found = self._found(name, response, is_first=look is None)
                look = Look.at(found).unlike(look, name)
                step = None if is_over(found) else _after(walk, declared, response, len(found))
                asking = self._ask(step) if step is not None else None
                await _depart()  # what is made of this page would hold up the next otherwise
                yield Came(found, response, asked_at, dict(step.page) if step is not None else None, self.size)
        finally:
            walk.close()
            if asking is not None:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)  # what it met does not count: nobody wants it

    async def everything(self) -> list[Any]:
        """The raw payloads of all pages."""
        async with aclosing(self.pages()) as came:
            return [payload async for page in came for payload in page.payloads]

    def _ask(self, step: Step) -> asyncio.Task[_Asked]:
        return asyncio.create_task(self._asked(step))

    async def _asked(self, step: Step) -> _Asked:
        """The answer of one page, after its endpoint and the time before it was asked for."""
        asked_at, name = self.house.clock.now(), step.endpoint or self.endpoint
        page, given = (dict(step.page), self.input) if step.endpoint is None else ({}, {**self.input, **step.page})
        response = await self.house.caller.call(
            self.connector,
            self.connector.endpoints[name],
            self.integration,
            input=given,
            page=page,
            params=dict(step.params),
            url=step.url,
            **self.scope,
        )
        return name, asked_at, response

    def _found(self, name: str, response: Response, *, is_first: bool) -> Collection[Any]:
        asked = self.connector.endpoints[name]
        return split(asked, name, response) or payloads(asked, name, response, is_first=is_first)

    def _smaller(self, declared: Endpoint, step: Step, error: PartnerError) -> Generator[Step, Answer, None]:
        """A walk from the page that failed, with half the size, where that may help; else the error."""
        page = declared.paginate.halved(step.page) if _is_too_much(error) and self.halvings < MOST_HALVINGS else None
        if page is None:
            raise error
        self.halvings += 1
        self.size = next((page[name] for name in ("size", "limit") if name in page), None)
        self.house.log.warning(
            "page-size-halved",
            integration=self.integration.id,
            endpoint=self.endpoint,
            size=self.size,
            message=str(error),
        )
        return declared.paginate.walk(page)


async def _depart() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


_Asked = tuple[str, datetime, Response]


def _after(walk: Generator[Step, Answer, None], endpoint: Endpoint, response: Response, count: int) -> Step | None:
    """The step after an answer; None at the end."""
    try:
        return walk.send(Answer(response.only(endpoint.paginate.reads), response.headers, count, response.url))
    except StopIteration:
        return None


def _is_too_much(error: PartnerError) -> bool:
    """Whether a page may have been too large: the partner refuses it as such, or failed at every try, or gave no answer
    in time. One that says that it is away (503) is not asked again."""
    if isinstance(error, PartnerUnavailable):
        return error.sent and error.status in (None, 500, 502, 504)
    return isinstance(error, UnexpectedResponse) and error.status == 413
