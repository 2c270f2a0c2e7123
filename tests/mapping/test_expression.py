"""Expressions: mistakes are found at load, and failures speak in an analyst's words."""

from __future__ import annotations

import pytest

from runner.errors import MappingError, Place
from runner.mapping.expression import compile_expression
from runner.mapping.mistakes import mistakes
from runner.model.text import Scalar


@pytest.mark.parametrize(
    ("text", "data", "value"),
    [
        ("address.city", {"address": {"city": "Lincoln"}}, "Lincoln"),
        ("address.city", {"address": None}, None),
        ("emails[?primary] | [0].address", {"emails": [{"primary": True, "address": "a@b.example"}]}, "a@b.example"),
        ("join(' ', [first, last][?@])", {"first": "Sample", "last": None}, "Sample"),
        ("paid == `true`", {"paid": True}, True),
        ('"null"', {"null": 1}, 1),
        ("a.null", {"a": {"null": 2}}, 2),
        ("{true: a}", {"a": 3}, {"true": 3}),
        ("!(a.b)", {"a": {"b": 1}}, False),
        ("!a", {}, True),
    ],
)
def test_reads_data(text: str, data: object, value: object) -> None:
    assert compile_expression(text).search(data) == value


@pytest.mark.parametrize(
    ("value", "truth"), [(None, False), (False, False), ("", False), ([], False), ({}, False), (0, True), ("0", True)]
)
def test_truth_is_that_of_jmespath(value: object, truth: bool) -> None:
    assert compile_expression("@").test(value) is truth


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a == true", "bare-literal"),
        ("[a, null]", "bare-literal"),
        ("nope(a)", "unknown-function"),
        ("lower()", "wrong-arity"),
        ("join('x')", "wrong-arity"),
        ("not_null()", "wrong-arity"),
        ("starts_with(a, `5`)", "wrong-type"),
        ("e164(a, `null`)", "wrong-type"),
        ("e164(a, 'USA')", "wrong-value"),
        ("from_zone(a, 'Chicago')", "wrong-value"),
        ("parse_time(a, '%H:%M')", "wrong-value"),
        ("divide(a, `0`)", "wrong-value"),
        ("a[::0]", "bad-expression"),
        ("!a.b", "always-null"),
        ("x && !a.b.c", "always-null"),
        ("a.", "bad-expression"),
        ("", "bad-expression"),
        ("a" * 5_000, "bad-expression"),
        ("!" * 100 + "a", "bad-expression"),
    ],
)
def test_refuses_at_load_what_would_fail_later(text: str, code: str) -> None:
    assert [mistake.code for mistake in mistakes(text)] == [code]


def test_a_wrong_literal_is_told_with_the_remedy() -> None:
    with pytest.raises(MappingError, match=r"there is no unit 'min' \(use 's', 'ms', 'us' or 'ns'\)$"):
        compile_expression("iso8601(a, 'min')")


def test_a_mistake_points_at_its_character() -> None:
    text = Scalar("a || nope(b)", Place("x.yaml", 3, 10))

    with pytest.raises(MappingError, match=r"x\.yaml:3:15: there is no function `nope`"):
        compile_expression(text)


@pytest.mark.parametrize(
    ("text", "data", "words"),
    [
        ("length(x)", {}, r"length\(\) needs string or array or object, got null \(give a default with not_null\(\)\)"),
        ("sum(x)", {"x": ["a"]}, r"sum\(\) needs array-number"),
        ("a < 'b'", {"a": 1}, "cannot handle this data"),
        ("text(x)", {"x": {}}, r"text\(\) needs string or number or null, got object \(convert it first\)"),
    ],
)
def test_a_failure_names_expression_type_and_remedy(text: str, data: object, words: str) -> None:
    with pytest.raises(MappingError, match=words) as caught:
        compile_expression(text).search(data)

    assert f"`{text}`" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "offset", "remedy"),
    [
        ("a === 'x'", 2, "did you mean `==`?"),
        ("a or b", 2, "write `||`"),
        ("not a", 0, "write `!`"),
        ("a == -2.5", 5, "write `` `-2.5` ``"),
        ("a\u00a0|| b", 1, "write a plain space"),
        ("a == “x”", 5, "use straight quotes: '...' for a text"),
        ("{{ a.b }}/x", 0, "write `a.b`"),
        ("join(', ', [a]", 14, "the parentheses do not match"),
        ("a ^ b", 2, "see https://jmespath.org/tutorial.html"),
    ],
)
def test_what_was_meant_is_told_where_it_stands(text: str, offset: int, remedy: str) -> None:
    (mistake,) = mistakes(text)
    assert (mistake.code, mistake.offset, mistake.remedy) == ("bad-expression", offset, remedy)
