"""What a paginator is: a walk that yields where to look and is sent what was there."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from runner.components.block import Block
from runner.mapping.expression import Expression
from runner.mapping.reads import Path

MOST_PAGES = 100_000


@dataclass(frozen=True)
class Step:
    """One page to fetch. `page` holds the variables for `{{ page.x }}`; `params` are query parameters to add. With
    another `endpoint` in place of the first page's, `page` is what is handed to it as its input. With a `url`, that is
    the whole address, query included, in place of the endpoint's own."""

    page: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    endpoint: str | None = None
    url: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Answer:
    """What a step brought: the parsed body, or what the paginator `reads` of it; the headers (lower-case names); how
    many raw payloads there were; the address that was asked."""

    body: Any = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    count: int
    url: str = field(default="", repr=False)


Walk = Generator[Step, Answer, None]


class Paginator(Block):
    """How to get from one page of an endpoint to the next."""

    most_pages: int = Field(
        MOST_PAGES, ge=1, description="More pages than this is an error: a partner that never ends, or a wrong rule."
    )

    @property
    def variables(self) -> tuple[str, ...]:
        """The names that this paginator offers as `{{ page.x }}`."""
        return ()

    @property
    def reads(self) -> frozenset[Path] | None:
        """The paths of names in the body that `walk` looks at; None, as for every paginator that says nothing: all."""
        return None

    def walk(self, start: Mapping[str, Any] | None = None) -> Walk:
        """Yield each Step and be sent its Answer; end when there is no further page.

        `start` is the `page` of the step to resume at. Raises UnexpectedResponse when the partner runs in a circle.
        """
        raise NotImplementedError

    def opening(self, checkpoint: str | None) -> dict[str, Any] | None:
        """The `page` to start at where a checkpoint is itself a place in a walk; None: at the first page."""
        return None

    def halved(self, page: Mapping[str, Any]) -> dict[str, Any] | None:
        """The `page` at which to ask for the same raw payloads again, fewer of them, when the partner fails on a large
        one; None when this paginator does not say how many it wants, or asks for one already."""
        return None

    @staticmethod
    def with_half(page: Mapping[str, Any], name: str, param: str | None) -> dict[str, Any] | None:
        """`page` with half the size that stands in it as `name`, where `param` tells the partner of it."""
        size = page.get(name)
        return {**page, name: size // 2} if param is not None and isinstance(size, int) and size > 1 else None


def read_by(*rules: Expression | None) -> frozenset[Path] | None:
    """What some expressions read of a body, taken together."""
    found: frozenset[Path] = frozenset()
    for rule in rules:
        if rule is not None:
            if rule.reads is None:
                return None
            found |= rule.reads
    return found
