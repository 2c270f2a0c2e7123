from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.mapping.library.people import email, emails, first_name, full_name, last_name

NEARLY = st.text("abA.@-_+<> ,;:é1\n", max_size=40)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("mailto:Tech@Example.com", "tech@example.com"),
        ("first.last+tag@mail.example.co.uk", "first.last+tag@mail.example.co.uk"),
        ("o'neill@example.com", "o'neill@example.com"),
        ("jürgen@exämple.de", "jürgen@exämple.de"),
        ("a@xn--exmple-cua.xn--p1ai", "a@xn--exmple-cua.xn--p1ai"),
        ('"Tech, Sample" <tech@example.com>', "tech@example.com"),
        ("a@b", None),
        ("a@-b.com", None),
        ("a@b-.com", None),
        ("a@b..com", None),
        (".a@b.com", None),
        ("a.@b.com", None),
        ("a b@example.com", None),
        ("a@b.com, c@d.com", None),
        ("a@b.c", None),
        ("a@1.2.3.4", None),
        ("x" * 65 + "@example.com", None),
        ("a@" + "b" * 250 + ".com", None),
        ("a@" + "b-" * 1_000_000, None),
        ("", None),
        (None, None),
    ],
)
def test_email(text: str | None, value: str | None) -> None:
    assert email(text) == value


@settings(deadline=None, derandomize=True)
@given(NEARLY | st.text() | st.emails())
def test_email_of_an_email_is_itself(text: str) -> None:
    found = email(text)

    assert found is None or email(found) == found


def test_emails_are_each_told_once() -> None:
    assert emails("A@example.com;b@example.com\na@example.com, none, ") == ["a@example.com", "b@example.com"]


def test_emails_of_nothing() -> None:
    assert emails(None) is None


def test_emails_refuses_a_text_that_is_too_long() -> None:
    with pytest.raises(ValueError, match="the longest is 10000"):
        emails("," * 10_001)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Sample Tech", "Sample", "Tech"),
        ("Mary  Ann   Sample", "Mary Ann", "Sample"),
        ("Sample,", "Sample", None),
        (", Mary", "Mary", None),
        ("Sample Jr., Mary", "Mary", "Sample Jr."),
        ("Mary Sample PhD", "Mary", "Sample PhD"),
        ("Mary Sample, M.D., PhD", "Mary", "Sample M.D., PhD"),
        ("Mary Jr.", "Mary", "Jr."),
        ("  ", None, None),
        (",", None, None),
    ],
)
def test_the_halves_of_a_name(name: str, first: str | None, last: str | None) -> None:
    assert (first_name(name), last_name(name)) == (first, last)


@settings(deadline=None, derandomize=True)
@given(st.text())
def test_the_halves_hold_every_word(name: str) -> None:
    halves = f"{first_name(name) or ''} {last_name(name) or ''}"

    assert sorted(halves.replace(",", " ").split()) == sorted(name.replace(",", " ").split())


@settings(deadline=None, derandomize=True)
@given(st.text("abcdefg ", max_size=12), st.text("abcdefg", min_size=1, max_size=9).filter(lambda last: last != "v"))
def test_a_full_name_comes_apart_again(first: str, last: str) -> None:
    first = " ".join(first.split())
    whole = full_name(first, last)

    assert (first_name(whole), last_name(whole)) == ((first, last) if first else (last, None))
