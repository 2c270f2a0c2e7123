from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.mapping.library.booleans import boolean

WORDS = ("true", "yes", "on", "1", "t", "y", "false", "no", "off", "0", "f", "n")


@pytest.mark.parametrize("value", [True, 1, 1.0, "1", "true", "TRUE", " Yes ", "on", "y", "t"])
def test_true(value: str | float) -> None:
    assert boolean(value) is True


@pytest.mark.parametrize("value", [False, 0, 0.0, -0.0, "0", "false", "No", "off", "n", "F"])
def test_false(value: str | float) -> None:
    assert boolean(value) is False


@settings(deadline=None, derandomize=True)
@given(st.none() | st.text() | st.integers().filter(lambda number: number not in (0, 1)) | st.just(float("nan")))
def test_other_values_are_null_or_words(value: str | float | None) -> None:
    found = boolean(value)

    assert found is None or (isinstance(value, str) and value.strip().lower() in WORDS)
