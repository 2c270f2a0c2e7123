from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.authoring.reasons import why_null
from runner.mapping.expression import compile_expression

PAYLOAD = {
    "emails": [{"primary": False, "address": None}],
    "address": {"city": "Lincoln"},
    "phoneSettings": None,
    "when": "soon",
    "count": 3,
    "none": [],
}


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("phoneSettings.doNotText", "`phoneSettings` is null"),
        ("phoneSettings", "`phoneSettings` is null"),
        ("unit", "the payload has no key `unit`"),
        ("address.unit", "`address` has no key `unit`"),
        ("trim(address.unit)", "`address` has no key `unit`"),
        ("count.x", "`count` is a number, not an object with `x`"),
        ("count[0]", "`count` is a number, not a list"),
        ("none[0].x", "`none` is empty"),
        ("emails[5]", "`emails` has 1 items, none at 5"),
        ("emails[0].address", "`emails[0].address` is null"),
        ("emails[?primary] | [0].address", "no item of `emails` matches `?primary`"),
        ("emails[*].address | [0]", "no item of `emails` has a value at `address`"),
        ("none[*].x | [0]", "`none` is empty"),
        ("count[*].x", "`count` is a number, not a list"),
        ("count.*", "`count` is a number, not an object"),
        ("count[1:2]", "`count` is a number, not a list"),
        ("phoneSettings || unit", "`phoneSettings` is null, and the payload has no key `unit`"),
        ("none || unit", "`none` is empty or false, and the payload has no key `unit`"),
        ("unit && address", "the payload has no key `unit`"),
        ("address && unit", "the payload has no key `unit`"),
        ("iso8601(when)", "iso8601() makes nothing of 'soon'"),
        ("lookup({a: 'b'}, when)", "lookup() makes nothing of 'soon'"),
        ("`null`", "null is written there"),
        ("address < `3`", "`address < `3`` compares what are no numbers"),
        ("parent.client.name", "the payload has no key `parent`"),
    ],
)
def test_first_part_that_is_null(expression: str, reason: str) -> None:
    assert why_null(compile_expression(expression), PAYLOAD) == reason


@pytest.mark.parametrize("expression", ["address.city", "emails[?primary]", "sum(when)"])
def test_no_reason_for_a_value_or_a_failure(expression: str) -> None:
    assert why_null(compile_expression(expression), PAYLOAD) is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
expressions = st.sampled_from(
    ["a.b", "a[0].b", "a[?b] | [0].c", "a[*].b | [-1]", "a.*.b", "a[].b | [0]", "(a || b).c", "a && b[1:]", "trim(a.b)"]
)


@settings(deadline=None, derandomize=True)
@given(expressions, values)
def test_every_null_has_a_reason(expression: str, payload: object) -> None:
    compiled = compile_expression(expression)
    try:
        value = compiled.search(payload)
    except Exception:  # the expression cannot handle the data: `runner map` tells that as a flaw
        return
    assert (why_null(compiled, payload) is not None) == (value is None)
