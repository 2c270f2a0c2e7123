"""Whether the braces, brackets, parentheses and quotes of a GraphQL query match."""

from __future__ import annotations

import re

_QUIET = re.compile(r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*')
_CLOSERS = {"{": "}", "(": ")", "[": "]"}


def quiet(query: str) -> str:
    """The query with blanks in place of texts and comments, so that every character stays where it is."""
    return _QUIET.sub(lambda found: " " * len(found[0]), query)


def unmatched(query: str) -> tuple[int, str] | None:
    """Where the first sign stands that has no partner, and what is wrong with it; None when all match."""
    bare = quiet(query)
    open_: list[int] = []
    for at, sign in enumerate(bare):
        if sign == '"':
            return at, 'the quote " is not closed'
        if sign in _CLOSERS:
            open_.append(at)
        elif sign in _CLOSERS.values():
            if not open_:
                return at, f"`{sign}` closes nothing"
            opener = bare[open_.pop()]
            if _CLOSERS[opener] != sign:
                return at, f"`{sign}` closes a `{opener}`"
    return (open_[-1], f"`{bare[open_[-1]]}` is not closed") if open_ else None
