from __future__ import annotations

import pytest

from runner.authoring.simulate.table import NoSuchRowError, Table


def table() -> Table:
    rows = [{"id": n, "kind": "even" if n % 2 == 0 else "odd", "at": n} for n in (3, 1, 2)]
    return Table("things", rows, modified="at", id_type=int)


def test_id_of_a_path_finds_its_row():
    assert table().row("2")["id"] == 2


def test_missing_row_is_named():
    with pytest.raises(NoSuchRowError, match="things has no entity 9"):
        table().row(9)


def test_unknown_field_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="things has no field colour; it has at, id, kind"):
        table().change(1, {"colour": "red"}, 4)


def test_order_and_groups_follow_changes():
    things = table()
    assert [row["id"] for row in things.ordered("at")] == [1, 2, 3]
    assert [row["id"] for row in things.having("kind", "odd")] == [3, 1]
    things.change(1, {"kind": "even"}, 9)
    assert [row["id"] for row in things.ordered("at")] == [2, 3, 1]
    assert [row["id"] for row in things.having("kind", "odd")] == [3]


def test_recent_follows_changes():
    things = table()
    assert [row["id"] for row in things.recent()] == [3, 2, 1]
    things.change(2, {}, 9)
    assert [row["id"] for row in things.recent()] == [2, 3, 1]


def test_another_question_is_not_answered_from_memory():
    things = table()
    assert things.recall("none", list) == []
    assert [row["id"] for row in things.recall("all", lambda: list(things))] == [3, 1, 2]


def test_feed_gives_each_row_at_its_latest_change():
    things = table()
    things.change(1, {}, 9)
    things.remove(2)
    assert [row["id"] for _, row in things.feed(0)] == [3, 1]


def test_number_is_never_given_twice():
    things = table()
    number = things.next_number()
    things.add({"id": number, "kind": "odd", "at": 5})
    things.remove(number)
    assert things.next_number() == number + 1
