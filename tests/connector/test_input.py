"""What a caller gives: told by its path when it is wrong, and shown as the JSON Schema that says the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from runner.connector.action import Action
from runner.connector.input import Input


@pytest.mark.parametrize(
    ("kind", "value", "flaw"),
    [
        ("text", "x", None),
        ("text", 7, None),
        ("text", None, "is missing"),
        ("text", True, "must be text, not bool"),
        ("integer", 7, None),
        ("integer", True, "must be integer, not bool"),
        ("number", 7.5, None),
        ("boolean", False, None),
        ("object", {}, None),
        ("object", [], "must be object, not list"),
        ("list", "x", "must be list, not str"),
        ("time", "2026-05-04T15:20:10Z", None),
        ("time", "2026-05-04T15:20:10.000000-06:00", None),
        ("time", "2026-05-04", "is no time such as 2026-05-04T15:20:10Z"),
        ("time", "tomorrow morning", "is no time such as 2026-05-04T15:20:10Z"),
        ("date", "2026-05-04", None),
        ("date", "2026-02-30", "is no date such as 2026-05-04"),
        ("email", "a@b.example", None),
        ("email", "a b.example", "is no e-mail address"),
        ("url", "https://a.example/x?y=1", None),
        ("url", "https:///x", "is no address that begins with http:// or https://"),
        ("url", "javascript:alert(1)", "is no address that begins with http:// or https://"),
        ("url", "http://[", "is no address that begins with http:// or https://"),
        ("url", 7, "must be url, not int"),
    ],
)
def test_a_value_and_its_type(kind: str, value: object, flaw: str | None) -> None:
    assert Input.model_validate({"type": kind}).flaw(value) == flaw


def test_what_need_not_be_given_may_be_null() -> None:
    assert Input.model_validate({"required": False}).flaw(None) is None


NESTED: dict[str, Any] = {
    "post": "/x",
    "input": {
        "name": {},
        "priority": {"choices": ["Low", "High"], "required": False},
        "address": {
            "type": "object",
            "required": False,
            "fields": {"city": {}, "zip": {"pattern": "[0-9]{5}", "required": False}},
        },
        "lines": {
            "type": "list",
            "required": False,
            "items": {"type": "object", "fields": {"count": {"type": "integer"}}},
        },
    },
}


def test_every_flaw_is_told_by_its_path() -> None:
    found = Action.model_validate(NESTED).flaws(
        {
            "nmae": "x",
            "priority": "high",
            "address": {"zip": "6850", "land": "US"},
            "lines": [{"count": 1}, {"count": "2"}, None],
        }
    )
    assert [f"`{where}` {words}" for where, words in found] == [
        "`nmae` is not an input; did you mean `name`?",
        "`name` is missing",
        "`priority` must be one of Low, High",
        "`address.land` is not an input; there are: city, zip",
        "`address.city` is missing",
        "`address.zip` does not have the form [0-9]{5}",
        "`lines[1].count` must be integer, not str",
        "`lines[2]` is missing",
    ]


def test_a_flaw_never_repeats_the_value() -> None:
    assert "s3cret" not in str(Action.model_validate(NESTED).flaws({"name": ["s3cret"], "priority": "s3cret"}))


@pytest.mark.parametrize("key", ["fields", "items", "choices", "pattern"])
def test_a_key_of_another_type_is_a_mistake(key: str) -> None:
    values = {"fields": {}, "items": {}, "choices": ["a"], "pattern": "a"}
    with pytest.raises(ValidationError, match=f"`{key}` is for"):
        Input.model_validate({"type": "number", key: values[key]})


def test_a_pattern_is_a_regular_expression() -> None:
    with pytest.raises(ValidationError, match="no regular expression"):
        Input.model_validate({"pattern": "["})


TEXTS = some.sampled_from(["Low", "High", "68508", "6850", "x", ""])
LEAVES = some.one_of(some.none(), some.booleans(), some.integers(0, 9), TEXTS)
OBJECTS = some.dictionaries(some.sampled_from(["city", "zip", "count", "land"]), LEAVES, max_size=3)
INPUTS = some.fixed_dictionaries(
    {},
    optional={
        "name": LEAVES,
        "priority": LEAVES,
        "address": some.one_of(LEAVES, OBJECTS),
        "lines": some.one_of(LEAVES, some.lists(some.one_of(LEAVES, OBJECTS), max_size=3)),
        "other": LEAVES,
    },
)


@given(INPUTS)
def test_the_schema_that_is_shown_says_what_is_checked(value: dict[str, Any]) -> None:
    action = Action.model_validate(NESTED)
    assert Draft202012Validator(action.input_schema).is_valid(value) == (action.flaws(value) == [])


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(Action.model_validate(NESTED).input_schema)
