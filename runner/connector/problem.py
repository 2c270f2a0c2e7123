"""What pydantic says of a document, each error with its place in the file."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from runner.components.block import Block, Choice
from runner.connector.document import Path
from runner.mapping.fields import FORMS


@dataclass
class Spot:
    """Where an error is: its path in the file, and the class of the block that holds its last step.

    `union` is the path of the value of several forms that it does not fit; None when there is but one form.
    """

    path: Path
    block: type[Block] | None
    union: Path | None = None
    is_key: bool = False


@dataclass(frozen=True)
class Problem:
    """One of pydantic's errors: where, its type, what it says of the rule that is broken, and the value."""

    spot: Spot
    kind: str
    context: Mapping[str, Any]
    given: Any

    @property
    def path(self) -> Path:
        return self.spot.path


def problems(error: ValidationError, data: Any, root: type[Block]) -> list[Problem]:
    """All errors of one validation of `data` as a block of class `root`."""
    return [
        Problem(_locate(detail["loc"], data, root), detail["type"], detail.get("ctx") or {}, detail.get("input"))
        for detail in error.errors(include_url=False)
    ]


def _locate(loc: tuple[Any, ...], data: Any, root: type[Block]) -> Spot:
    """pydantic's location without the words that are no step in the file: forms of a union, types of a `Choice`."""
    spot = Spot((), root)
    here: Any = root
    for step in loc:
        if step == "[key]" and not _has(data, step):
            spot.is_key = True
            continue
        if isinstance(here, Choice):
            here = here.choices().get(str(step))
            spot.block = here
            continue
        is_block = isinstance(here, type) and issubclass(here, Block)
        if not is_block and not _has(data, step):
            spot.union = spot.path if isinstance(step, str) and step not in FORMS else spot.union
            continue
        spot.path = (*spot.path, step)
        data = data[step] if _has(data, step) else None
        if is_block:
            spot.block = here
            field = field_of(here, str(step))
            here = _inside(field.annotation, field.metadata) if field else None
        else:
            here = here[0] if isinstance(here, tuple) else None
    return spot


def _has(data: Any, step: Any) -> bool:
    if isinstance(data, list):
        return isinstance(step, int) and step < len(data)
    return isinstance(data, dict) and step in data


def field_of(block: type[Block], key: str) -> FieldInfo | None:
    """The declaration of a key of a block, as written in YAML."""
    for name, field in block.model_fields.items():
        if key in (name, field.alias):
            return field
    return None


def _inside(annotation: Any, metadata: Iterable[Any] = ()) -> Any:
    """What stands at the next step: a block class, a Choice, a 1-tuple for `any key or index -> that`, or None."""
    for extra in metadata:
        if isinstance(extra, Choice):
            return extra
    origin = get_origin(annotation)
    if origin is Annotated:
        return _inside(get_args(annotation)[0], get_args(annotation)[1:])
    if origin in (Union, types.UnionType):
        found = [_inside(part) for part in get_args(annotation)]
        return next((part for part in found if part is not None), None)
    if origin is dict:
        return (_inside(get_args(annotation)[1]),)
    if origin in (list, tuple):
        return (_inside(get_args(annotation)[0]),)
    return annotation if isinstance(annotation, type) and issubclass(annotation, Block) else None
