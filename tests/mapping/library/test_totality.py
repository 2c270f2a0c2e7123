"""Every function, on values of any kind: a value or a MappingError, the same in both engines, nothing edited."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.errors import MappingError
from runner.mapping.engine import CompiledEngine, ReferenceEngine
from runner.mapping.expression import Expression, compile_expression
from runner.mapping.functions import LIBRARY, added

WORDS = ["", " ", "a", "US", "ms", "1d", "UTC", "America/Chicago", "%Y-%m-%d", "2026-05-04T15:31:36Z", "+14025550100"]
SCALARS = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "street"]), inner, max_size=2),
    max_leaves=4,
)
ENGINES = (CompiledEngine(LIBRARY), ReferenceEngine(LIBRARY))


def arities(name: str) -> list[int]:
    signature = LIBRARY.FUNCTION_TABLE[name]["signature"]
    return list(range(sum(not argument.get("optional") for argument in signature), len(signature) + 1))


def outcome(expression: Expression, payload: dict[str, Any]) -> str:
    try:
        return json.dumps(expression.search(payload))
    except MappingError as error:
        return str(error)


@pytest.mark.parametrize(("name", "arity"), [(name, arity) for name in added() for arity in arities(name)])
@settings(max_examples=40, deadline=None, derandomize=True)
@given(values=st.tuples(VALUES, VALUES, VALUES))
def test_gives_a_value_or_a_mapping_error(name: str, arity: int, values: tuple[Any, ...]) -> None:
    payload = dict(zip("abc", values, strict=True))
    before = copy.deepcopy(payload)
    expression = compile_expression(f"{name}({', '.join('abc'[:arity])})")
    told = outcome(expression, payload)

    assert repr(payload) == repr(before)
    for engine in ENGINES:
        try:
            assert json.dumps(engine.expression(expression.tree)(payload)) == told
        except (ValueError, TypeError, ArithmeticError):  # jmespath's own errors are ValueErrors
            assert told.startswith("`")
