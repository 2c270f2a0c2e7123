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
    another `endpoint` in place of the first page's, `page` is what is handed to it as its input."""

    page: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    endpoint: str | None = None


@dataclass(frozen=True)
class Answer:
    """What a step brought: the parsed body, or what the paginator `reads` of it; the headers (lower-case names); how
    many raw payloads there were."""

    body: Any = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    count: int


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


def read_by(*rules: Expression | None) -> frozenset[Path] | None:
    """What some expressions read of a body, taken together."""
    found: frozenset[Path] = frozenset()
    for rule in rules:
        if rule is not None:
            if rule.reads is None:
                return None
            found |= rule.reads
    return found
