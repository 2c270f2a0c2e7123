from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.mapping.library.texts import hash_, join_present, replace, slug, split, text, trim, truncate

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, derandomize=True)
@given(st.text())
def test_slug_of_a_slug_is_itself(value: str) -> None:
    found = slug(value)

    assert found is None or (slug(found) == found and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", found))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("Straße & Øre", "strasse-ore"),
        ("O'Neill's roof", "oneills-roof"),
        ("O\u2019Neill", "oneill"),
        ("™", "tm"),
        ("日本", None),
        ("a" * 500, "a" * 200),
        ("\u0301" * 1_000_000, None),
    ],
)
def test_slug(value: str, found: str | None) -> None:
    assert slug(value) == found


@settings(deadline=None, derandomize=True)
@given(st.text(), st.integers(1, 50))
def test_truncate_is_never_longer_and_a_beginning(value: str, length: int) -> None:
    found = truncate(value, length)

    assert found is not None
    assert len(found) <= length
    assert value.startswith(found)


@pytest.mark.parametrize("length", [0, -1, 1.5])
def test_truncate_refuses_what_is_no_length(length: float) -> None:
    with pytest.raises(ValueError, match="is no length"):
        truncate("a", length)


def test_replace_does_not_grow_without_end() -> None:
    with pytest.raises(ValueError, match="more than 1,000,000 characters"):
        replace("a" * 100_000, "a", "b" * 100_000)


@pytest.mark.parametrize("call", [lambda: split("a", ""), lambda: replace("a", "", "b")])
def test_nothing_cannot_be_looked_for(call: object) -> None:
    with pytest.raises(ValueError, match="is empty"):
        call()


@settings(deadline=None, derandomize=True)
@given(st.text())
def test_trim_leaves_a_text_or_null(value: str) -> None:
    assert trim(value) == (value.strip() or None)


@pytest.mark.parametrize(("value", "found"), [(7001, "7001"), (7001.0, "7001"), (1.5, "1.5"), (2**70, str(2**70))])
def test_text(value: float, found: str) -> None:
    assert text(value) == found


@pytest.mark.parametrize("part", [True, ["a"], {"a": "b"}])
def test_join_present_refuses_what_is_no_word(part: object) -> None:
    with pytest.raises(ValueError, match="only texts and numbers can be joined"):
        join_present(" ", ["a", part])


@settings(deadline=None, derandomize=True)
@given(JSON)
def test_hash_does_not_depend_on_the_order_of_keys(value: object) -> None:
    turned = dict(reversed(value.items())) if isinstance(value, dict) else value

    assert hash_(turned) == hash_(value)


@settings(deadline=None, derandomize=True)
@given(JSON, JSON)
def test_hash_tells_values_apart(one: object, other: object) -> None:
    assert (hash_(one) == hash_(other)) == (repr_of(one) == repr_of(other))


def repr_of(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{sorted((key, repr_of(part)) for key, part in value.items())}}}"
    return f"[{[repr_of(part) for part in value]}]" if isinstance(value, list) else repr(value)


def test_hash_takes_broken_characters() -> None:
    assert hash_("\ud800") is not None
