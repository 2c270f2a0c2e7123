"""The page of `runner review` for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.cli.output import table


def lines(page: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the page: a heading, then each part that has something to say."""
    yield f"{page['title']} ({page['connector']})  {page['docs']}"
    yield f"auth: {page['auth']}"
    if page["proof"]:
        yield f"webhooks are proved by: {page['proof']}"
    for who, asked in page["asks"].items():
        if asked:
            yield f"asks the {who} for: {', '.join(asked)}"
    for part in ("syncs", "processors", "events", "actions", "unverified"):
        rows = page[part]
        if rows:
            yield f"\n{part}"
            yield from table(rows, list(rows[0]))
