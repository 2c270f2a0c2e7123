"""What people fill in, checked with a sentence and without repeating the value."""

from __future__ import annotations

import pytest

from runner.connector.action import Action
from runner.connector.field import Field, Input


@pytest.mark.parametrize(
    ("declared", "value", "flaw"),
    [
        ({}, "x", None),
        ({}, "", "Tenant ID is missing"),
        ({}, None, "Tenant ID is missing"),
        ({"required": False}, None, None),
        ({"default": "7"}, None, None),
        ({"pattern": "[0-9]+"}, "12", None),
        ({"pattern": "[0-9]+"}, "12x", "Tenant ID does not have the form [0-9]+"),
        ({"choices": ["a", "b"]}, "c", "Tenant ID must be one of a, b"),
    ],
)
def test_a_setting(declared: dict[str, object], value: str | None, flaw: str | None) -> None:
    assert Field.model_validate({"title": "Tenant ID", **declared}).flaw(value) == flaw


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
    ],
)
def test_an_input(kind: str, value: object, flaw: str | None) -> None:
    assert Input.model_validate({"type": kind}).flaw(value) == flaw


def test_an_action_names_every_field_that_is_wrong() -> None:
    action = Action.model_validate({"post": "/x", "input": {"name": {}, "size": {"type": "integer"}}})

    assert action.flaws({"size": "big", "nmae": "x"}) == [
        "`nmae` is not an input; there are: name, size",
        "`name` is missing",
        "`size` must be integer, not str",
    ]
