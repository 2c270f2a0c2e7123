"""Each function's examples, which stand in its docstring and so in the reference."""

from __future__ import annotations

import re

import orjson
import pytest

from runner.mapping.expression import compile_expression
from runner.mapping.functions import added

EXAMPLE = re.compile(r"^\s*(\S.*) -> (.+)$", re.MULTILINE)
EXAMPLES = [(name, *found) for name, made in added().items() for found in EXAMPLE.findall(made.__doc__ or "")]


@pytest.mark.parametrize("name", added())
def test_has_an_example(name: str) -> None:
    assert any(name == other for other, _, _ in EXAMPLES)


@pytest.mark.parametrize(("name", "expression", "value"), EXAMPLES)
def test_example(name: str, expression: str, value: str) -> None:
    assert f"{name}(" in expression
    assert compile_expression(expression).search({}) == orjson.loads(value)


@pytest.mark.parametrize("name", added())
def test_takes_null_as_its_first_value(name: str) -> None:
    """Partners leave values out; a default is the business of `||`, so null in gives null out."""
    arguments = {"lookup": "{a: 'b'}, missing", "split": "missing, ','"}.get(name, "missing")

    assert compile_expression(f"{name}({arguments})").search({}) is None
