"""
ServiceTitan's export feeds: rows in order of change, a token that is the checkpoint.

Source: the partner's page "Transactional and export APIs" (developer.servicetitan.io). How old a change must
be to show up, and how much comes twice with `includeRecentChanges`, the partner does not say: ours.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from runner.authoring.simulate.servicetitan_query import Invalid, Query, choice, moment
from runner.authoring.simulate.table import Row, Table


def portion(table: Table, query: Query, size: int, until: str, recent: str) -> dict[str, Any]:
    """
    One portion of a feed. Raises Invalid.

    Args:
        query: `from` (token, date or nothing) and `includeRecentChanges`.
        until: rows modified after this time are not yet in the feed, unless recent changes are asked for.
        recent: with recent changes, the last token stays before rows modified after this, so they come again.
    """
    eager = choice(query, "includeRecentChanges", {"true": True, "false": False}, default=False)
    start = _start(table, query.get("from", ""))
    rows: list[tuple[int, Row]] = []
    more = False
    for place, row in table.feed(start):
        more = len(rows) == size
        if more or (not eager and row["modifiedOn"] > until):
            break
        rows.append((place, row))
    settled = [place for place, row in rows if more or not eager or row["modifiedOn"] <= recent]
    token = _token(settled[-1] if settled else start)
    return {"hasMore": more, "continueFrom": token, "data": [row for _, row in rows]}


def _token(place: int) -> str:
    return base64.urlsafe_b64encode(f"feed:{place}".encode()).decode()


def _start(table: Table, origin: str) -> int:
    if not origin:
        return 0
    try:
        since = moment(origin)
    except ValueError:
        return _place(origin)
    return next((place - 1 for place, row in table.feed(0) if moment(row["modifiedOn"]) >= since), table.last_place())


def _place(token: str) -> int:
    try:
        kind, _, place = base64.urlsafe_b64decode(token).decode().partition(":")
        if kind == "feed":
            return int(place)
    except (binascii.Error, ValueError):
        raise Invalid("from", f"The value '{token}' is not valid.") from None
    raise Invalid("from", f"The value '{token}' is not valid.")
