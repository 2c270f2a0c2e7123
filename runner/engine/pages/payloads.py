"""The raw payloads in an answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson

from runner.connector.endpoint import Endpoint
from runner.errors import MappingError, UnexpectedResponse
from runner.mapping.expression import compile_expression
from runner.model.http import Response
from runner.model.pieces import decoded


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


@dataclass(frozen=True)
class Look:
    """What is remembered of a page, to know it again: how many raw payloads it had, the first and the last."""

    count: int
    first: Any = field(repr=False)
    last: Any = field(repr=False)

    @classmethod
    def at(cls, found: Collection[Any]) -> Look:
        """The look of a page."""
        if isinstance(found, RawPayloads):
            return cls(len(found), bytes(found.pieces[0]), bytes(found.pieces[-1]))
        ends = list(found)
        return cls(len(ends), ends[0] if ends else None, ends[-1] if ends else None)

    def unlike(self, before: Look | None, endpoint: str) -> Look:
        """This look; UnexpectedResponse when the page before looked the same: the partner does not turn the page."""
        if self.count and before == self:
            raise UnexpectedResponse(
                f"endpoint `{endpoint}`: the partner gave the same page twice (check that what names the page reaches "
                "the request: the parameters of `paginate`, or `{{ page... }}` in the body)"
            )
        return self
