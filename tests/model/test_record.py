from __future__ import annotations

from typing import Any

import pytest

from runner.model.record import Flaw, json_type

FLAW = Flaw("job", "total", "a.yaml:3:5: sum() needs array, got null", "a.yaml:3:5", "sum(x)", "7", connector="acme")


@pytest.mark.parametrize(
    ("flaw", "line"),
    [
        (FLAW, "a.yaml:3:5: acme job of 7: `total`: sum() needs array, got null"),
        (Flaw("job", "id", "gives no id"), "job: `id`: gives no id"),
        (Flaw("job", "id", "gives no id", connector="acme"), "acme job: `id`: gives no id"),
    ],
)
def test_a_flaw_is_one_line(flaw: Flaw, line: str) -> None:
    assert str(flaw) == line


@pytest.mark.parametrize(
    ("value", "name"),
    [(None, "null"), (True, "boolean"), (1.5, "number"), ("", "string"), ([], "array"), ({}, "object")],
)
def test_types_have_the_words_of_json(value: Any, name: str) -> None:
    assert json_type(value) == name
