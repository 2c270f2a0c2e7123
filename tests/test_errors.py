"""The tree drawn at the top of errors.py is the tree, and every error has a code of its own."""

from __future__ import annotations

import re

from runner import errors
from runner.errors import Finding, Place, RunnerError


def every(root: type[RunnerError]) -> list[type[RunnerError]]:
    return [root, *(inner for child in root.__subclasses__() for inner in every(child))]


def test_the_drawing_names_every_error() -> None:
    drawn = set(re.findall(r"\b([A-Z]\w+)\b", (errors.__doc__ or "").split("RunnerError", 1)[1]))

    assert {error.__name__ for error in every(RunnerError)} - {"RunnerError"} <= drawn


def test_every_error_has_a_code_and_a_sentence() -> None:
    tree = [error for error in every(RunnerError) if error.__module__ == "runner.errors"]

    assert all(error.__doc__ for error in tree)
    assert len({error.code for error in tree}) == len(tree)


def test_a_finding_prints_place_code_message_and_remedy() -> None:
    assert str(Finding(Place("x.yaml", 3, 5), "bad-yaml", "no", "yes")) == "x.yaml:3:5: bad-yaml: no (yes)"
    assert str(Finding(Place("x.yaml"), "bad-yaml", "no")) == "x.yaml: bad-yaml: no"
