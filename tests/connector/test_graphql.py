from __future__ import annotations

import pytest

from runner.connector.graphql import quiet, unmatched


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("query { a(b: [1]) { c } }", None),
        ('query { a(b: "}{") } # {', None),
        ('query { """ " { """ a }', None),
        ("query { a { b }", (6, "`{` is not closed")),
        ("query { a } }", (12, "`}` closes nothing")),
        ("query { a(b: 1 }", (15, "`}` closes a `(`")),
        ('query { a(b: "x) }', (13, 'the quote " is not closed')),
    ],
)
def test_the_first_sign_without_a_partner_is_told(query: str, wrong: tuple[int, str] | None) -> None:
    assert unmatched(query) == wrong


def test_texts_and_comments_become_blanks_of_the_same_length() -> None:
    assert quiet('a("$x") # $y') == "a(    )     "
