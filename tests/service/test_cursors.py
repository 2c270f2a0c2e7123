"""Cursors: what is given back as it came is taken, all else is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.service.cursors import check_place, cursor_of, place_of
from runner.service.problems import Problem

FILTERS = {"kind": "project", "company": None}
NUMBERS = st.integers(0, 2**63 - 1)


@given(NUMBERS)
def test_a_cursor_is_taken_as_it_came(number: int) -> None:
    assert place_of(cursor_of(number, FILTERS), FILTERS) == number


@given(NUMBERS, st.integers(0, 19), st.characters(exclude_categories=["Cs"]))
def test_a_changed_one_is_refused(number: int, place: int, letter: str) -> None:
    cursor = cursor_of(number, FILTERS)
    changed = cursor[:place] + letter + cursor[place + 1 :]
    if changed != cursor:
        with pytest.raises(Problem) as refused:
            place_of(changed, FILTERS)
        assert (refused.value.status, refused.value.code) == (400, "wrong-cursor")


@given(st.text(max_size=40))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="no cursor of this feed"):
        place_of(text, FILTERS)


def test_one_of_other_filters_is_refused() -> None:
    with pytest.raises(Problem, match="other filters"):
        place_of(cursor_of(7, FILTERS), {"kind": "contact"})


def test_filters_that_are_not_given_do_not_count() -> None:
    assert place_of(cursor_of(7, FILTERS), {"kind": "project"}) == 7


def test_a_place_that_the_feed_has_not_reached_is_refused() -> None:
    check_place(7, 7)
    with pytest.raises(Problem, match="restored") as refused:
        check_place(8, 7)
    assert (refused.value.status, refused.value.code) == (400, "cursor-ahead")
