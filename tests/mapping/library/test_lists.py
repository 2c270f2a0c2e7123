from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.mapping.library.lists import coalesce, compact, lookup, table_of, unique

VALUES = st.lists(st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", " ", "a", "b", "1"]))


@settings(deadline=None, derandomize=True)
@given(VALUES)
def test_coalesce_is_the_first_of_what_compact_leaves(values: list[object]) -> None:
    left = compact(values)

    assert left is not None
    assert coalesce(*values) == (left[0] if left else None)


@settings(deadline=None, derandomize=True)
@given(VALUES)
def test_unique_twice_is_unique_once(values: list[object]) -> None:
    assert repr(unique(unique(values))) == repr(unique(values))


def test_unique_tells_kinds_apart() -> None:
    assert repr(unique([1, True, 1.0, "1", 1])) == "[1, True, 1.0, '1']"


def test_table_of_leaves_out_what_has_no_key() -> None:
    entries = [
        {"k": "a", "v": 1},
        {"k": "a", "v": 2},
        {"k": 7, "v": None},
        {"k": True},
        {"v": 3},
        None,
        "text",
        {"k": None},
    ]

    assert table_of(entries, "k", "v") == {"a": 1, "7": None}


def test_table_of_is_a_new_table_each_time() -> None:
    entries = [{"k": "a", "v": 1}]

    assert table_of(entries, "k", "v") is not table_of(entries, "k", "v")


def test_lookup_of_no_key_is_the_default() -> None:
    assert lookup({"a": 1}, None, "none") == "none"
