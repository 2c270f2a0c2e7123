from __future__ import annotations

import pytest

from runner.authoring.reference.markdown import GENERATED, code, fenced, is_generated, link, page


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("jobs[0].id", "`jobs[0].id`"),
        ("a || `null`", "`` a || `null` ``"),
        ("a``b", "``` a``b ```"),
        ("lookup({a: 'b',\n  c: 'd'}, x)", "`lookup({a: 'b', c: 'd'}, x)`"),
        (0, "`0`"),
        ("", ""),
        (None, ""),
    ],
)
def test_value_in_code_is_one_line_between_marks_that_it_does_not_hold(value: object, shown: str) -> None:
    assert code(value) == shown


def test_block_with_marks_inside_it_ends_where_it_should() -> None:
    assert fenced("```\nx\n```", "text") == "````text\n```\nx\n```\n````"


def test_space_does_not_end_an_address() -> None:
    assert link("a", "b c.json") == "[a](b%20c.json)"


def test_page_is_known_as_generated_and_leaves_out_empty_parts() -> None:
    text = page("T", "Intro.", ["", "Part."])
    assert text == f"{GENERATED}\n\n# T\n\nIntro.\n\nPart.\n"
    assert is_generated(text)
    assert not is_generated("# T\n")
