"""What people fill in, checked with a sentence and without repeating the value."""

from __future__ import annotations

import pytest

from runner.connector.field import Field


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
