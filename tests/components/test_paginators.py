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
CAPPED = {"next": "next", "as": "after", "most": 4, "restart": "rows[-1].id", "restart_as": "last"}


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
        ({"type": "cursor", "next": "n", "size": 5}, ("cursor", "size")),
        ({"type": "keyset", "last": "n"}, ("last", "size")),
        ({"type": "capped_cursor", **CAPPED}, ("after", "last", "seen")),
        ({"type": "header_cursor", "next": "n"}, ("cursor",)),
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
    with pytest.raises(UnexpectedResponse, match="in place of a cursor"):
        walk(read(**CONTINUED), [page(body)])


def test_the_same_cursor_twice_elsewhere_is_an_error() -> None:
    with pytest.raises(UnexpectedResponse, match="same cursor twice"):
        walk(read(**CONTINUED), [page({"cursor": "a", "has_more": True})] * 2)


def headed(count: int = 1, /, **headers: str) -> Answer:
    return Answer({}, {name.lower().replace("_", "-"): value for name, value in headers.items()}, count)


def test_a_cursor_asks_for_pages_of_a_size() -> None:
    steps = walk(
        read(type="cursor", next="next", param="c", size_param="limit", size=50), [page({"next": "a"}), page({})]
    )
    assert [step.params for step in steps] == [{"limit": 50}, {"c": "a", "limit": 50}]


def found(*ids: int, next: str | None = None) -> Answer:  # noqa: A002  # the word of the partner
    return Answer({"rows": [{"id": one} for one in ids], "next": next}, {}, len(ids))


def test_a_search_that_is_full_starts_again_behind_its_last_result() -> None:
    answers = [found(1, 2, next="2"), found(3, 4), found(5, 6, next="2"), found(7)]
    steps = walk(read(type="capped_cursor", **CAPPED), answers)
    assert [(step.page["last"], step.page["after"]) for step in steps] == [
        (None, None),
        (None, "2"),
        (4, None),
        (4, "2"),
    ]


def test_a_search_starts_again_although_the_partner_names_a_further_page() -> None:
    steps = walk(read(type="capped_cursor", **CAPPED), [found(1, 2, next="2"), found(3, 4, next="4"), found()])
    assert steps[2].page == {"after": None, "last": 4, "seen": 0}


def test_a_restart_that_does_not_move_is_an_error() -> None:
    with pytest.raises(UnexpectedResponse, match="twice"):
        walk(read(type="capped_cursor", **CAPPED | {"most": 2}), [found(1, 2), found(1, 2)])


def test_a_full_search_without_a_place_to_start_again_is_an_error() -> None:
    with pytest.raises(UnexpectedResponse, match="finds nothing"):
        walk(read(type="capped_cursor", **CAPPED | {"most": 2, "restart": "none"}), [found(1, 2)])


def test_a_search_resumes_with_what_it_has_seen() -> None:
    steps = walk(read(type="capped_cursor", **CAPPED), [found(3, 4), found()], {"after": "2", "last": 9, "seen": 2})
    assert [step.page["after"] for step in steps] == ["2", None]


def test_a_cursor_in_a_header_goes_into_its_parameter() -> None:
    paginator = read(type="header_cursor", next="X-Next", more="X-More", param="after")
    steps = walk(paginator, [headed(X_Next="a", X_More="true"), headed(X_Next="b", X_More="false")])
    assert [step.params for step in steps] == [{}, {"after": "a"}]


def test_without_more_a_missing_header_ends_the_walk() -> None:
    assert len(walk(read(type="header_cursor", next="X-Next"), [headed(X_Next="a"), headed()])) == 2


def test_more_without_the_header_is_an_error() -> None:
    with pytest.raises(UnexpectedResponse, match="no `X-Next`"):
        walk(read(type="header_cursor", next="X-Next", more="X-More"), [headed(X_More="true")])


def linked(link: str) -> Answer:
    return Answer({}, {"link": link}, 1, "https://api.acme.example/v1/jobs?page=1")


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ('<https://api.acme.example/v1/jobs?page=2>; rel="next"', "https://api.acme.example/v1/jobs?page=2"),
        ("</v1/jobs?page=2>; rel=next", "https://api.acme.example/v1/jobs?page=2"),
        (
            '<?page=9>; rel="last", <?page=2>; title="a, b"; rel="prefetch next"',
            "https://api.acme.example/v1/jobs?page=2",
        ),
        ("<https://API.acme.example:443/v1/jobs?page=2>;REL=NEXT", "https://API.acme.example:443/v1/jobs?page=2"),
    ],
)
def test_a_link_header_leads_to_the_next_page(link: str, url: str) -> None:
    steps = walk(read(type="header_link"), [linked(link), linked('<?page=1>; rel="first"')])
    assert (steps[0].url, steps[1].url) == (None, url)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1/jobs",
        "//evil.example/v1/jobs",
        "http://api.acme.example/v1/jobs",
        "https://api.acme.example:8443/v1/jobs",
        "https://api.acme.example@evil.example/",
        "https://user@api.acme.example/",
        "ftp://api.acme.example/",
        "https://api.acme.example:x/",
    ],
)
@pytest.mark.parametrize("type_", ["header_link", "json_link"])
def test_a_link_to_another_host_is_refused(type_: str, url: str) -> None:
    block = {"type": type_} | ({"next": "next"} if type_ == "json_link" else {})
    answer = Answer({"next": url}, {"link": f'<{url}>; rel="next"'}, 1, "https://api.acme.example/v1/jobs")
    with pytest.raises(UnexpectedResponse, match="another host"):
        walk(read(**block), [answer])


def test_a_host_that_is_declared_is_followed() -> None:
    answer = Answer({"next": "https://api2.acme.example/x"}, {}, 1, "https://api.acme.example/v1/jobs")
    steps = walk(read(type="json_link", next="next", hosts=["api2.acme.example"]), [answer, page({})])
    assert steps[1].url == "https://api2.acme.example/x"


def test_a_link_that_is_no_text_is_an_error() -> None:
    with pytest.raises(UnexpectedResponse, match="in place of an address"):
        walk(read(type="json_link", next="next"), [page({"next": 2})])


def test_a_link_that_leads_back_is_an_error() -> None:
    with pytest.raises(UnexpectedResponse, match="twice"):
        walk(read(type="header_link"), [linked("<?page=2>; rel=next"), linked("<?page=2>; rel=next")])


def test_a_link_resumes_where_it_led() -> None:
    steps = walk(read(type="header_link"), [linked("")], start={"url": "https://api.acme.example/v1/jobs?page=7"})
    assert steps[0].url == "https://api.acme.example/v1/jobs?page=7"


def test_a_keyset_begins_behind_the_last_of_the_page_before() -> None:
    paginator = read(type="keyset", last="rows[-1].id", param="above", size_param="limit", size=2)
    steps = walk(paginator, [found(1, 2), found(3)])
    assert [step.params for step in steps] == [{"limit": 2}, {"above": 2, "limit": 2}]


def test_a_keyset_follows_more_over_a_short_page() -> None:
    paginator = read(type="keyset", last="rows[-1].id", param="above", more="next")
    assert len(walk(paginator, [found(1, next="x"), found(2)])) == 2


def test_a_keyset_that_does_not_move_is_an_error() -> None:
    with pytest.raises(UnexpectedResponse, match="twice"):
        walk(read(type="keyset", last="rows[-1].id", param="above"), [found(1), found(1)])


def test_a_keyset_without_a_last_is_an_error() -> None:
    with pytest.raises(UnexpectedResponse, match="nothing to begin behind"):
        walk(read(type="keyset", last="rows[-1].key", param="above"), [found(1)])


@given(number=st.integers(1, 40), size=st.integers(2, 500), start=st.integers(0, 1))
def test_half_a_page_begins_where_the_whole_one_did(number: int, size: int, start: int) -> None:
    paginator = read(type="page_number", size_param="size", size=size, start=start)
    halved = paginator.halved({"number": start + number - 1, "size": size})
    assert halved is not None
    assert 1 <= halved["size"] <= size // 2
    assert (halved["number"] - start) * halved["size"] == (number - 1) * size
    assert next(paginator.walk(halved)).params == {"page": halved["number"], "size": halved["size"]}


@pytest.mark.parametrize(
    ("block", "at", "halved"),
    [
        ({"type": "offset", "limit": 9}, {"offset": 18, "limit": 9}, {"offset": 18, "limit": 4}),
        ({"type": "offset", "limit": 9, "limit_param": None}, {"offset": 18, "limit": 9}, None),
        ({"type": "offset", "limit": 9}, {"offset": 18, "limit": 1}, None),
        ({"type": "page_number", "size": 9}, {"number": 2, "size": 9}, None),
        ({"type": "page_number", "size_param": "n", "size": 9}, {"number": 2, "size": 1}, None),
        ({"type": "keyset", "last": "x", "size_param": "n", "size": 9}, {"last": 7, "size": 9}, {"last": 7, "size": 4}),
        (
            {"type": "cursor", "next": "x", "size_param": "n", "size": 9},
            {"cursor": 7, "size": 9},
            {"cursor": 7, "size": 4},
        ),
        ({"type": "cursor", "next": "x"}, {"cursor": 7}, None),
        ({"type": "single_page"}, {}, None),
    ],
)
def test_a_page_is_halved_where_its_size_is_ours_to_say(
    block: dict[str, Any], at: dict[str, Any], halved: dict[str, Any] | None
) -> None:
    assert read(**block).halved(at) == halved


def test_further_pages_begin_with_the_checkpoint() -> None:
    paginator = read(type="continue", next="cursor", endpoint="further")
    assert (paginator.opening(None), paginator.opening("c")) == (None, {"cursor": "c"})
    assert read(type="single_page").opening("c") is None
