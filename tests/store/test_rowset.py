"""Many rows of an INSERT as one parameter of PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import orjson
import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql

from runner.model.event import Delivery, EventState, WebhookEvent
from runner.store import deliveries, events, rowset
from runner.store.sequences import sequences

AT = datetime(2026, 5, 4, 15, 20, 10, 5, tzinfo=UTC)


def told(number: int, payload: object) -> events.Entry:
    event = WebhookEvent(f"e{number}", "acme", "job.updated", f"k{number}", f"ä{number}", payload, AT, None)
    return event, "d1", EventState.UNROUTED, bytes([0, 255, number])


def test_rows_that_are_stored_together_keep_their_values_and_their_order(connection: Connection) -> None:
    events.add(connection, [told(number, {"said": f'"{number}\\\n\u2028'}) for number in range(5)])
    found = connection.execute(select(events.events).order_by(events.events.c.sequence)).all()
    assert [row.id for row in found] == ["e0", "e1", "e2", "e3", "e4"]
    last = found[4]
    assert (last.account_id, last.payload, bytes(last.digest)) == ("ä4", {"said": '"4\\\n\u2028'}, b"\x00\xff\x04")
    assert (last.received_at, last.occurred_at, last.attempts) == (AT, None, 0)


def test_any_bytes_of_bodies_are_kept(connection: Connection) -> None:
    body = bytes(range(256))
    sent = Delivery("acme", "POST", "https://a/", {"x-of": "ü"}, body, AT)
    deliveries.add(connection, [("d1", sent), ("d2", sent)])
    assert deliveries.get(connection, "d2") == sent


def test_a_nul_in_one_of_many_rows_spoils_none(connection: Connection) -> None:
    events.add(connection, [told(1, {"said": "a\0b"}), told(2, {"said": "\\u0000"})])
    first, second = events.page(connection, events.EventFilter(), 0, 10)
    assert first[1].payload["said"] in ("a\0b", "a\u2400b")
    assert second[1].payload == {"said": "\\u0000"}


def test_no_statement_takes_much_more_than_is_to_be_in_memory() -> None:
    big = "x" * (rowset.MOST // 2)
    packs = [orjson.loads(pack) for pack in rowset.packed(["a"], [(big,), (big,), (big * 3,), ("y",)])]
    assert [[len(row["a"]) for row in pack] for pack in packs] == [[len(big)], [len(big)], [3 * len(big)], [1]]


def test_what_has_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        list(rowset.packed(["a"], [(Decimal(1),)]))


def test_rows_in_another_order_than_the_statement_are_refused() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so
    text = str(insert(sequences).compile(dialect=dialect, column_keys=["name", "value"]))
    with pytest.raises(ValueError, match=r"rows are given as \['value', 'name'\]"):
        rowset.selecting(text, sequences, ["value", "name"], dialect)
