from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.components.block import adapter
from runner.components.catalog import PAGINATORS
from runner.components.paginators.base import Answer, Paginator
from runner.errors import UnexpectedResponse

PAGES = adapter(PAGINATORS)


def read(**block: Any) -> Paginator:
    return PAGES.validate_python(block)


def walk(paginator: Paginator, answers: list[Answer], start: dict[str, Any] | None = None) -> list[Any]:
    """The steps of a walk that is sent these answers; it must end with the last of them."""
    steps = []
    course = paginator.walk(start)
    step = next(course)
    for answer in answers:
        steps.append(step)
        try:
            step = course.send(answer)
        except StopIteration:
            assert answer is answers[-1]
            return steps
    raise AssertionError("the walk goes on")


def page(body: Any, count: int = 1) -> Answer:
    return Answer(body, {}, count)


def test_a_single_page_is_one_step() -> None:
    assert len(walk(read(type="single_page"), [page({"id": 1})])) == 1


def test_page_numbers_count_while_there_is_more() -> None:
    paginator = read(type="page_number", size_param="pageSize", size=2, more="hasMore")
    steps = walk(paginator, [page({"hasMore": True}), page({"hasMore": False})])
    assert [step.params for step in steps] == [{"page": 1, "pageSize": 2}, {"page": 2, "pageSize": 2}]


def test_a_false_more_ends_although_the_page_is_full() -> None:
    assert len(walk(read(type="page_number", size=1, more="hasMore"), [page({"hasMore": False}, count=1)])) == 1


@given(full=st.integers(0, 6), rest=st.integers(0, 4))
def test_page_numbers_end_at_a_short_page(full: int, rest: int) -> None:
    answers = [page([], count=5)] * full + [page([], count=rest)]
    assert len(walk(read(type="page_number", size=5), answers)) == full + 1


def test_page_numbers_without_a_size_end_at_an_empty_page() -> None:
    assert len(walk(read(type="page_number"), [page([], count=3), page([], count=0)])) == 2


def test_page_numbers_resume_where_they_were() -> None:
    steps = walk(read(type="page_number", size=5), [page([], count=0)], start={"number": 7, "size": 5})
    assert steps[0].params == {"page": 7}


def test_a_page_number_can_go_into_the_body() -> None:
    steps = walk(read(type="page_number", param=None, start=0), [page([], count=0)])
    assert (steps[0].page, steps[0].params) == ({"number": 0, "size": None}, {})


def test_offsets_grow_by_the_limit() -> None:
    steps = walk(read(type="offset", limit=2), [page([], count=2), page([], count=1)])
    assert [step.params for step in steps] == [{"offset": 0, "limit": 2}, {"offset": 2, "limit": 2}]


def test_offsets_follow_more_over_a_short_page() -> None:
    steps = walk(read(type="offset", limit=9, more="more"), [page({"more": True}, 1), page({"more": False}, 9)])
    assert len(steps) == 2


def test_offsets_resume_where_they_were() -> None:
    assert walk(read(type="offset", limit=2), [page([], 0)], start={"offset": 6})[0].params["offset"] == 6


def test_a_cursor_is_null_at_first_and_then_what_the_page_names() -> None:
    paginator = read(type="cursor", next="end", more="more", **{"as": "after"})
    steps = walk(paginator, [page({"end": "MzA", "more": True}), page({"end": "MzB", "more": False})])
    assert [step.page for step in steps] == [{"after": None}, {"after": "MzA"}]


def test_a_cursor_goes_into_its_parameter() -> None:
    steps = walk(read(type="cursor", next="next", param="after"), [page({"next": 5}), page({})])
    assert [step.params for step in steps] == [{}, {"after": 5}]


@pytest.mark.parametrize("last", [None, ""])
def test_no_cursor_ends_the_walk(last: Any) -> None:
    assert len(walk(read(type="cursor", next="next"), [page({"next": last})])) == 1


def test_a_cursor_resumes_at_the_page_that_was_not_finished() -> None:
    steps = walk(read(type="cursor", next="next"), [page({})], start={"cursor": "MzA"})
    assert steps[0].page == {"cursor": "MzA"}


@pytest.mark.parametrize("circle", [["a", "a"], ["a", "b", "a"]])
def test_a_repeated_cursor_is_an_error(circle: list[str]) -> None:
    with pytest.raises(UnexpectedResponse, match="same cursor twice"):
        walk(read(type="cursor", next="next"), [page({"next": cursor}) for cursor in circle])


def test_the_cursor_that_was_resumed_at_counts_as_seen() -> None:
    with pytest.raises(UnexpectedResponse, match="same cursor twice"):
        walk(read(type="cursor", next="next"), [page({"next": "a"})], start={"cursor": "a"})


@pytest.mark.parametrize("cursor", [None, "", {"x": 1}, True, [1]])
def test_more_pages_without_a_cursor_are_an_error(cursor: Any) -> None:
    with pytest.raises(UnexpectedResponse, match="in place of a cursor"):
        walk(read(type="cursor", next="next", more="more"), [page({"next": cursor, "more": True})])


def test_more_pages_than_allowed_are_an_error() -> None:
    with pytest.raises(UnexpectedResponse, match="more than 3 pages"):
        walk(read(type="page_number", size=1, most_pages=3), [page([], count=1)] * 4)


@pytest.mark.parametrize(
    ("block", "names"),
    [
        ({"type": "single_page"}, ()),
        ({"type": "page_number"}, ("number", "size")),
        ({"type": "offset", "limit": 5}, ("offset", "limit")),
        ({"type": "cursor", "next": "n", "as": "after"}, ("after",)),
    ],
)
def test_the_variables_are_those_of_the_steps(block: dict[str, Any], names: tuple[str, ...]) -> None:
    paginator = read(**block)
    assert paginator.variables == names == tuple(next(paginator.walk()).page)


CONTINUED: dict[str, Any] = {"type": "continue", "next": "cursor", "more": "has_more", "endpoint": "files_continue"}


def test_further_pages_come_from_the_other_endpoint_which_is_given_the_cursor() -> None:
    bodies = [{"cursor": "a", "has_more": True}, {"cursor": "b", "has_more": True}, {"cursor": "c", "has_more": False}]
    steps = walk(read(**CONTINUED), [page(body) for body in bodies])
    assert [(step.endpoint, dict(step.page)) for step in steps] == [
        (None, {}),
        ("files_continue", {"cursor": "a"}),
        ("files_continue", {"cursor": "b"}),
    ]


def test_a_walk_that_goes_on_elsewhere_resumes_there() -> None:
    steps = walk(read(**CONTINUED), [page({"cursor": "c", "has_more": False})], start={"cursor": "b"})
    assert [(step.endpoint, dict(step.page)) for step in steps] == [("files_continue", {"cursor": "b"})]


def test_without_more_a_walk_goes_on_as_long_as_there_is_a_cursor() -> None:
    block = {**CONTINUED, "more": None, "as": "after"}
    steps = walk(read(**block), [page({"cursor": "a"}), page({"cursor": ""})])
    assert [dict(step.page) for step in steps] == [{}, {"after": "a"}]


@pytest.mark.parametrize("body", [{"has_more": True}, {"has_more": True, "cursor": {}}])
def test_more_elsewhere_without_a_cursor_is_an_error(body: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse, match="gives no cursor"):
        walk(read(**CONTINUED), [page(body)])


def test_the_same_cursor_twice_elsewhere_is_an_error() -> None:
    with pytest.raises(UnexpectedResponse, match="same cursor twice"):
        walk(read(**CONTINUED), [page({"cursor": "a", "has_more": True})] * 2)
