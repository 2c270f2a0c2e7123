"""One walk over the pages of an endpoint: what it began with, where it is, and what it has seen."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import orjson

from runner.components.paginators.base import Answer, Step
from runner.connector.connector import Connector
from runner.connector.endpoint import Endpoint
from runner.connector.sync import Sync
from runner.engine.house import House
from runner.errors import MappingError, UnexpectedResponse
from runner.mapping.expression import compile_expression
from runner.model.http import Response
from runner.model.integration import Integration
from runner.model.pieces import decoded
from runner.model.run import Checkpoint


@dataclass(frozen=True)
class Start:
    """What a walk begins with; kept in the checkpoint, so that a killed walk goes on with the very same.

    `scope` is what templates read (`checkpoint`, `window`); `page` the variables of the next page, None for the first;
    `newest` the latest cursor seen so far.
    """

    full: bool
    began_at: datetime
    scope: dict[str, Any]
    run_id: str
    page: dict[str, Any] | None = None
    newest: str | None = None
    unbroken: bool = True

    def progress(self, page: dict[str, Any], newest: str | None) -> dict[str, Any]:
        """What to store so that `resumed` finds its way: where the next page starts."""
        return {
            "full": self.full,
            "began_at": self.began_at.isoformat(),
            "scope": self.scope,
            "run_id": self.run_id,
            "page": page,
            "newest": newest,
        }


def resumed(checkpoint: Checkpoint) -> Start | None:
    """The walk that a checkpoint was saved in the middle of."""
    kept = checkpoint.progress
    if kept is None:
        return None
    began_at = datetime.fromisoformat(kept["began_at"])
    return Start(kept["full"], began_at, kept["scope"], kept["run_id"], kept["page"], kept["newest"], unbroken=False)


def begun(sync: Sync, checkpoint: Checkpoint, now: datetime, full: bool, run_id: str) -> Start:
    """A new walk: full when it is asked for, when it is the first, or when the last full pass is long ago."""
    last = checkpoint.last_full_at
    overdue = sync.full is not None and (last is None or now - last >= sync.full.every)
    is_full = full or overdue or sync.incremental is None or (last is None and checkpoint.value is None)
    scope: dict[str, Any] = {"checkpoint": None, "window": {}}
    if sync.incremental is not None:
        scope = sync.incremental.begin(checkpoint.value, now, is_full)
    return Start(is_full, now, scope, run_id)


@dataclass(frozen=True)
class Page:
    """One page as it came. `next` holds the variables of the page after it, None on the last."""

    payloads: Collection[Any] = field(repr=False)
    asked_at: datetime
    next: dict[str, Any] | None


@dataclass(frozen=True)
class RawPayloads:
    """The raw payloads of one page as the bytes that came. Only one of them is decoded at a time."""

    endpoint: str
    pieces: Sequence[msgspec.Raw] = field(repr=False)
    status: int

    def __len__(self) -> int:
        return len(self.pieces)

    def __contains__(self, payload: object) -> bool:
        return any(payload == other for other in self)

    def __iter__(self) -> Iterator[Any]:
        """Raises UnexpectedResponse at a payload that holds what is no JSON."""
        for number, piece in enumerate(self.pieces, 1):
            try:
                yield decoded(piece)
            except orjson.JSONDecodeError as error:
                words = f"endpoint `{self.endpoint}`: raw payload {number} of a page is not JSON: {error.msg}"
                raise UnexpectedResponse(words, status=self.status) from None


async def pages(
    house: House, connector: Connector, endpoint_name: str, integration: Integration, start: Start
) -> AsyncGenerator[Page, None]:
    """The pages from where the walk is; while one is looked at, the next is on its way. Raises the PartnerError
    family; UnexpectedResponse when the payloads are not where the connector says."""
    endpoint = connector.endpoints[endpoint_name]
    walk = endpoint.paginate.walk(start.page)

    def ask(step: Step) -> asyncio.Task[_Asked]:
        name = step.endpoint or endpoint_name
        return asyncio.create_task(_ask(house, connector, name, integration, start, step))

    asking: asyncio.Task[_Asked] | None = ask(next(walk))
    first = True
    try:
        while asking is not None:
            name, asked_at, response = await asking
            asked = connector.endpoints[name]
            found = split(asked, name, response) or payloads(asked, name, response, is_first=first)
            step = _after(walk, endpoint, response, len(found))
            asking = ask(step) if step is not None else None
            yield Page(found, asked_at, dict(step.page) if step is not None else None)
            first = False
    finally:
        walk.close()
        if asking is not None:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)  # what it met does not count: nobody wants its page


_Asked = tuple[str, datetime, Response]


def _after(walk: Generator[Step, Answer, None], endpoint: Endpoint, response: Response, count: int) -> Step | None:
    """The step after an answer; None at the end."""
    try:
        return walk.send(Answer(response.only(endpoint.paginate.reads), response.headers, count))
    except StopIteration:
        return None


async def _ask(
    house: House, connector: Connector, name: str, integration: Integration, start: Start, step: Step
) -> _Asked:
    """The answer of one page, after its endpoint and the time before it was asked for."""
    asked_at = house.clock.now()
    given = {"page": dict(step.page)} if step.endpoint is None else {"input": dict(step.page)}
    response = await house.caller.call(
        connector, connector.endpoints[name], integration, params=dict(step.params), **given, **start.scope
    )
    return name, asked_at, response


def split(endpoint: Endpoint, name: str, response: Response) -> RawPayloads | None:
    """The raw payloads of a large answer, each decoded when its turn comes; None when they must be read at once: the
    answer is small, or `records` is more than the path of a list, or there is no such list with something in it."""
    where = endpoint.records.list_path
    pieces = response.items(where[0]) if where is not None else None
    if where is None or pieces is None:
        return None
    found = [piece for piece in pieces if bytes(piece) != b"null"] if where[1] else pieces
    return RawPayloads(name, found, response.status) if found else None


def payloads(endpoint: Endpoint, name: str, response: Response, *, is_first: bool) -> list[Any]:
    """The raw payloads of an answer: a list as it is, one object as a list of one."""
    try:
        found = endpoint.records.search(response.json)
    except MappingError as error:
        raise UnexpectedResponse(f"endpoint `{name}`: {error}", status=response.status) from None
    if found is None and (is_first or (response.body and not response.is_json)):
        raise UnexpectedResponse(_missing(endpoint, name, response), status=response.status)
    return found if isinstance(found, list) else [] if found is None else [found]


def _missing(endpoint: Endpoint, name: str, response: Response) -> str:
    body = response.json
    if isinstance(body, dict):
        has = f"has the keys {', '.join(sorted(map(str, body))[:20]) or '(none)'}"
    else:
        has = f"is {type(body).__name__}" if response.is_json else "is not JSON"
    return (
        f"endpoint `{name}`: there is nothing at `records: {endpoint.records}` in the answer, which {has} "
        "(mend the path, or the request)"
    )


def one(endpoint: Endpoint, name: str, response: Response) -> list[Any]:
    """The raw payload of an answer about one thing; empty when the answer says that there is none.

    Only a null that is written there says so. A path that leads nowhere is a mistake of the connector, and must not
    look like a deletion: UnexpectedResponse.
    """
    found = payloads(endpoint, name, response, is_first=False)
    parent, _, key = endpoint.records.text.rpartition(".")
    if found or not re.fullmatch(r"[A-Za-z_][\w.]*", endpoint.records.text):
        return found or _nothing(endpoint, name, response)
    around = compile_expression(parent).search(response.json) if parent else response.json
    if isinstance(around, dict) and key in around:
        return []
    return _nothing(endpoint, name, response)


def _nothing(endpoint: Endpoint, name: str, response: Response) -> list[Any]:
    if endpoint.records.search(response.json) == []:
        return []
    raise UnexpectedResponse(_missing(endpoint, name, response), status=response.status)
