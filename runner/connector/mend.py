"""A file with mistakes, mended as far as it takes to check the rest: an analyst then reads all of them at once."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from runner.components.block import Block
from runner.connector.document import Path, value_at
from runner.connector.messages import keys_of
from runner.connector.problem import Problem, problems
from runner.model.words import nearest

B = TypeVar("B", bound=Block)

_STAND_INS = {
    "bad-expression": "@",
    "unknown-function": "@",
    "wrong-arity": "@",
    "bare-literal": "@",
    "always-null": "@",
    "bad-template": "x",
}
"""What is put in the place of a text that is wrong by itself; it refers to nothing, so it leads to no new finding."""


def mended(data: Any, block: type[B], error: ValidationError) -> B | None:
    """The block without its unknown keys and with something harmless for its wrong texts; None when more is wrong."""
    made = _copied(data)
    for problem in sorted(problems(error, data, block), key=lambda one: one.kind == "missing"):
        if problem.kind == "missing" and _there(made, problem.path):
            continue
        if not _mend(made, problem):
            return None
    try:
        return block.model_validate(made, by_alias=True, by_name=False)
    except ValidationError:
        return None


def _mend(data: Any, problem: Problem) -> bool:
    holder = _holder(data, problem.path)
    if holder is None:
        return False
    if problem.kind == "extra_forbidden":
        _rename(holder, problem)
        return True
    if problem.kind in _STAND_INS:
        holder[problem.path[-1]] = _STAND_INS[problem.kind]
        return True
    return False


def _rename(holder: dict[str, Any], problem: Problem) -> None:
    """An unknown key goes; where it is near one that is not there, that one was meant."""
    value = holder.pop(problem.path[-1], None)
    known = keys_of(problem.spot.block) if problem.spot.block else []
    meant = nearest(str(problem.path[-1]), known)
    if meant is not None and meant not in holder:
        holder[meant] = value


def _there(data: Any, path: Path) -> bool:
    """Whether a key that was missing is there now, under its right name."""
    holder = _holder(data, path)
    return isinstance(holder, dict) and path[-1] in holder


def _holder(data: Any, path: Path) -> Any:
    """The mapping or list that holds the last step of a path; None where there is none."""
    holder = value_at(data, path[:-1])
    return holder if path and isinstance(holder, dict | list) else None


def _copied(value: Any) -> Any:
    """Mappings and lists copied, texts as they are: those know their places."""
    if isinstance(value, dict):
        return {key: _copied(part) for key, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, list) else value
