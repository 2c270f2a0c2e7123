"""Each function's examples, which stand in its docstring and so in the reference."""

from __future__ import annotations

import re

import orjson
import pytest

from runner.mapping.expression import compile_expression
from runner.mapping.functions import TOPICS, added

EXAMPLE = re.compile(r"^\s*(\S.*) -> (.+)$", re.MULTILINE)
EXAMPLES = [(name, *found) for name, made in added().items() for found in EXAMPLE.findall(made.__doc__ or "")]
ARGUMENTS = {
    "add_time": "missing, '1d'",
    "divide": "missing, `2`",
    "from_zone": "missing, 'UTC'",
    "full_name": "missing, missing",
    "join_present": "', ', missing",
    "lookup": "{a: 'b'}, missing",
    "multiply": "missing, `2`",
    "parse_time": "missing, '%Y-%m-%d'",
    "replace": "missing, 'a', 'b'",
    "split": "missing, ','",
    "table_of": "missing, 'key', 'value'",
    "truncate": "missing, `5`",
}


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
    assert compile_expression(f"{name}({ARGUMENTS.get(name, 'missing')})").search({}) is None


def test_every_function_is_of_a_topic() -> None:
    assert {made.__module__ for made in added().values()} == {topic.__name__ for topic in TOPICS}
