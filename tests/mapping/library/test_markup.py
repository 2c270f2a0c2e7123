from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.mapping.library.markup import html_to_text

TAGS = ["<p>", "</p>", "<a href='x > y'>", "<br/>", "<!--", "-->", "<script>", "</SCRIPT >", "<style>", "<td>"]
PIECES = st.sampled_from(
    [*TAGS, "&amp;", "&", "<", "a", " ", "\n", '"', "'", ">", "&#9999999999999;", "é", "&lt;b&gt;"]
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain\n\ntext  with  spaces", "plain\ntext  with  spaces"),
        ("first<p>second</p>third", "first\nsecond\nthird"),
        ('<a title="a > b">link</a>', "link"),
        ("<img alt='it''s>'>after", "after"),
        ("<a title='unclosed>after", "after"),
        ("a<!-- gone -->b<!-- <p> never closed", "ab"),
        ("a<script>if (1 < 2) x('</p>')</script >b", "ab"),
        ("a<STYLE>p > b {}", "a"),
        ("<table><tr><td>Roof</td><td>12</td></tr></table>", "Roof 12"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<3", "<3"),
        ("&nbsp;a&nbsp;b&#8217;", "a b\u2019"),
        ("&#" + "9" * 5_000 + ";", "\ufffd"),
        ("&lt;b&gt;", "<b>"),
        ("<?xml version='1.0'?><!DOCTYPE html>x", "x"),
        ("", None),
        (None, None),
    ],
)
def test_text_of(text: str | None, value: str | None) -> None:
    assert html_to_text(text) == value


@settings(deadline=None, derandomize=True)
@given(st.lists(PIECES, max_size=30).map("".join) | st.text())
def test_gives_lines_without_spaces_at_their_ends_or_null(text: str) -> None:
    found = html_to_text(text)

    assert found is None or (found and all(line == line.strip() and line for line in found.split("\n")))


@settings(deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_characters="<&\xa0")))
def test_plain_text_keeps_its_words(text: str) -> None:
    assert (html_to_text(text) or "").split() == text.split()


@pytest.mark.parametrize("piece", ["<", "<a", "<script>", "<!--", '<a "', "<a b='", "</", "<a b='c' ", "&#9"])
def test_time_grows_with_the_length(piece: str) -> None:
    """In steps that grow with its square, a text of this length would be read for many minutes."""
    text = piece * (600_000 // len(piece))

    assert html_to_text(text) in (text.strip(), None)
