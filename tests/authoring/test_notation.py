from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jmespath import parser

from runner.authoring.notation import written


def tree(text: str) -> object:
    return parser.Parser().parse(text).parsed


@pytest.mark.parametrize(
    "text",
    [
        "a.b",
        "a[0].b[-1]",
        "a[*].b",
        "a[].b.c",
        "a[1:3]",
        "a[::2].b",
        "*.a",
        "a.*.b",
        "emails[?primary] | [0].address",
        "(a[?x == 'y' && !z] | [0].n) || a[0].n",
        "join(' ', [first, last][?@])",
        "sort_by(a, &b.c)[0]",
        "lookup({A: 'x', B: `null`}, status, 'unknown')",
        "a && (b || c) == `1`",
        '"a key".b',
        "[?a].b",
        "@.a",
        "!(a || b)",
        "(a || b).c",
    ],
)
def test_what_is_written_means_the_same(text: str) -> None:
    assert tree(written(tree(text))) == tree(text)


names = st.sampled_from(["a", "b", "`1`", "'t'", "@", "a.b", "a[0]", "a[*].b", "a[?b]", "f(a)", "[a, b]", "{a: b}"])


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    sides = st.tuples(inner, st.sampled_from(["||", "&&", "==", "<", "|"]), inner)
    return sides.map(lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})") | inner.map(lambda text: f"!({text})")


@settings(deadline=None, derandomize=True)
@given(st.recursive(names, combined, max_leaves=6))
def test_operators_keep_their_sides(text: str) -> None:
    assert tree(written(tree(text))) == tree(text)
