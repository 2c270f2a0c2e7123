"""What keeps a walk from never ending."""

from __future__ import annotations

from typing import Any

from runner.errors import UnexpectedResponse


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

    def remember(self, cursor: str | int) -> None:
        """Note a cursor before it is followed; raises UnexpectedResponse when it was followed before."""
        if cursor in self._seen:
            raise UnexpectedResponse(
                "the partner gave the same cursor twice (check that the cursor reaches the request: "
                "`param`, or `{{ page.cursor }}` in the body)"
            )
        self._seen.add(cursor)
