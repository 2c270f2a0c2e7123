"""What keeps a walk from never ending."""

from __future__ import annotations

from typing import Any

from runner.errors import UnexpectedResponse
from runner.mapping.expression import Expression


class Guard:
    """Counts the pages of one walk and remembers the cursors it has seen."""

    def __init__(self, most_pages: int) -> None:
        self._most_pages = most_pages
        self._pages = 0
        self._seen: set[Any] = set()

    def turn(self) -> None:
        """Count one more page; raises UnexpectedResponse past the most."""
        self._pages += 1
        if self._pages > self._most_pages:
            raise UnexpectedResponse(
                f"the partner has more than {self._most_pages} pages "
                "(check that the paging parameter is the right one, or raise `most_pages`)"
            )

    def remember(self, cursor: str | int | tuple[str | int | None, ...]) -> None:
        """Note a cursor before it is followed; raises UnexpectedResponse when it was followed before."""
        if cursor in self._seen:
            raise UnexpectedResponse(
                "the partner gave the same cursor twice (check that the cursor reaches the request: "
                "`param`, or `{{ page.cursor }}` in the body)"
            )
        self._seen.add(cursor)


def cursor_of(rule: Expression, body: Any) -> str | int | None:
    """What a rule reads of a body: a text or a whole number, None when there is none. UnexpectedResponse when it is
    anything else."""
    found = rule.search(body)
    if found is None or found == "":
        return None
    if isinstance(found, str | int) and not isinstance(found, bool):
        return found
    raise UnexpectedResponse(f"`{rule}` gives {type(found).__name__} in place of a cursor")


def following(rule: Expression, more: Expression | None, body: Any) -> str | int | None:
    """The cursor of the next page, None when there is none. Where `more` says that there is one, a cursor is missed."""
    if more is not None and not more.test(body):
        return None
    found = rule.search(body)
    if isinstance(found, str | int) and not isinstance(found, bool) and found != "":
        return found
    is_nothing = found is None or found == ""
    if more is None and is_nothing:
        return None
    got = "nothing" if is_nothing else type(found).__name__
    raise UnexpectedResponse(f"there are more pages, but `{rule}` gives {got} in place of a cursor")
