"""
QuickBooks' collective reads and writes: the query endpoint, change data capture, batches.

Sources: developer.intuit.com (data-queries, limits-and-throttles), GitHub ej2/python-quickbooks (cdc.py). That the
oldest changes come first where there are too many, and what is said of a reach too far, is this module's choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from runner.authoring.simulate.quickbooks_books import TABLES, Books, Gone, entity_answer
from runner.authoring.simulate.quickbooks_data import shown, written
from runner.authoring.simulate.quickbooks_faults import Fault
from runner.authoring.simulate.quickbooks_query import BadQuery, Statement, parse
from runner.authoring.simulate.table import Row

MOST_ITEMS = 30


def query(books: Books, text: str) -> Row:
    """`QueryResponse`: empty where nothing matches. Raises Fault."""
    try:
        statement = parse(text)
        rows = statement.find(_offered(books, statement))
    except BadQuery as bad:
        raise Fault("100", f"QueryParserError: {bad}", element=None) from None
    if statement.count:
        return {"QueryResponse": {"totalCount": len(rows)}}
    found = statement.cut(rows)
    if not found:
        return {"QueryResponse": {}}
    page = {statement.entity: [shown(row) for row in found]}
    return {"QueryResponse": {**page, "startPosition": statement.start, "maxResults": len(found)}}


def _offered(books: Books, statement: Statement) -> Iterable[Row]:
    """What is inactive is left out unless the statement speaks of it."""
    if statement.entity not in TABLES:
        raise Fault("100", f"QueryValidationError: Invalid context declaration: {statement.entity}", element=None)
    rows = books.table(statement.entity)
    return rows if statement.mentions("Active") else [row for row in rows if row.get("Active", True)]


def changes(
    books: Books, gone: Iterable[Gone], asked: Mapping[str, str], now: datetime, reach: float, most: int
) -> Row:
    """`CDCResponse`: for each entity asked what changed since, deleted transactions included. Raises Fault."""
    entities = [name.strip() for name in asked.get("entities", "").split(",") if name.strip()]
    since = _since(asked.get("changedSince", ""))
    if not entities:
        raise Fault("2020", "Required parameter entities is missing in the request", element="entities")
    if now - since > timedelta(seconds=reach):
        raise Fault("100", "changedSince must be within the last 30 days", element=None)
    known = list(gone)
    found = [
        _changed(books, entity, [one for one in known if one.entity == entity], since, most) for entity in entities
    ]
    return {"CDCResponse": [{"QueryResponse": found}]}


def _changed(books: Books, entity: str, gone: list[Gone], since: datetime, most: int) -> Row:
    alive = [(row["updated"], shown(row)) for row in books.table(entity) if row["updated"] >= since]
    dead = [(one.at, one.shown(written)) for one in gone if one.at >= since]
    both = [row for _, row in sorted([*alive, *dead], key=lambda pair: pair[0])][:most]
    return {entity: both, "startPosition": 1, "maxResults": len(both)} if both else {}


def _since(text: str) -> datetime:
    if not text:
        raise Fault("2020", "Required parameter changedSince is missing in the request", element="changedSince")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Fault("100", f"changedSince {text} is not a time", element=None) from None
    return moment if moment.tzinfo else moment.astimezone()


def batch(books: Books, body: Any) -> Row:
    """Each item by itself: one that fails holds its own Fault, in an answer of 200. Raises Fault."""
    items = body.get("BatchItemRequest") if isinstance(body, dict) else None
    if not isinstance(items, list) or not items:
        raise Fault("2020", "Required parameter BatchItemRequest is missing in the request")
    if len(items) > MOST_ITEMS:
        raise Fault("6000", f"A batch holds at most {MOST_ITEMS} items.")
    return {"BatchItemResponse": [{"bId": item.get("bId"), **_item(books, item)} for item in items]}


def _item(books: Books, item: Row) -> Row:
    try:
        if "Query" in item:
            return query(books, str(item["Query"]))
        entity = next(name for name in item if name in TABLES)
        operation = "delete" if item.get("operation") == "delete" else ""
        return entity_answer(entity, books.write(entity, item[entity], operation))
    except StopIteration:
        return {"Fault": Fault("500", "Nothing in this item is supported").body}
    except Fault as fault:
        return {"Fault": fault.body}
