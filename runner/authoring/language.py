"""The language as its declarations tell it: which blocks there are, what stands at each key, and in what order keys
are read."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from runner.components.block import Block, Choice
from runner.connector.call import Call

_BEFORE_A_CALL = ("title", "input", "before", "idempotency")


@dataclass(frozen=True)
class Each:
    """What stands under any name or index."""

    inner: Any


def at(field: FieldInfo) -> Any:
    """What a key holds: a block class, a Choice, an Each of these, or None for plain values."""
    return _inside(field.annotation, field.metadata)


def step(here: Any, key: Any, data: Any) -> Any:
    """What stands at `key` of `here`, given the plain data that `here` describes."""
    chosen = chosen_of(here, data)
    if isinstance(chosen, Each):
        return chosen.inner
    if chosen is None:
        return None
    field = next((field for name, field in chosen.model_fields.items() if key == (field.alias or name)), None)
    return at(field) if field is not None else None


def chosen_of(here: Any, data: Any) -> Any:
    """The class that a Choice picks for this data; anything else as it is."""
    if isinstance(here, Choice):
        return here.choices().get(str(data.get(here.tag))) if isinstance(data, Mapping) else None
    return here


def order(block: type[Block]) -> list[str]:
    """The keys of a block in the order in which they are read: what picks its form, its title, then as declared; of a
    component, its own keys before those that all of its kind share."""
    names = list(block.model_fields) if issubclass(block, Call) else _own_first(block)
    first = [*picking(block), *(_BEFORE_A_CALL if issubclass(block, Call) else ())]
    lead = [name for name in first if name in names]
    return [block.model_fields[name].alias or name for name in (*lead, *(name for name in names if name not in lead))]


def picking(block: type[Block]) -> dict[str, tuple[str, ...]]:
    """The key that picks a block among others (`type`, `do`), and its words; an ErrorRule's `do` picks nothing."""
    found = {name: block.model_fields[name].annotation for name in ("type", "do") if name in block.model_fields}
    words = {name: get_args(made) for name, made in found.items() if get_origin(made) is Literal}
    return {name: given for name, given in words.items() if len(given) < 4}


def blocks(root: type[Block]) -> list[type[Block]]:
    """A block class and all that stand inside it, each once, in the order of reading."""
    found: list[type[Block]] = []
    waiting: list[type[Block]] = [root]
    while waiting:
        block = waiting.pop(0)
        if block not in found:
            found.append(block)
            waiting = [*_inner_blocks(block), *waiting]
    return found


def classes_of(here: Any) -> Iterator[type[Block]]:
    """The block classes that can stand there."""
    if isinstance(here, Each):
        yield from classes_of(here.inner)
    elif isinstance(here, Choice):
        yield from here.classes
    elif isinstance(here, type) and issubclass(here, Block):
        yield here


def _inner_blocks(block: type[Block]) -> list[type[Block]]:
    named = {field.alias or name: field for name, field in block.model_fields.items()}
    return [inner for key in order(block) for inner in classes_of(at(named[key]))]


def _own_first(block: type[Block]) -> list[str]:
    names: list[str] = []
    for base in block.__mro__:
        for name in getattr(base, "__annotations__", {}):
            if name in block.model_fields and name not in names:
                names.append(name)
    return names


def _inside(annotation: Any, metadata: Iterable[Any] = ()) -> Any:
    for extra in metadata:
        if isinstance(extra, Choice):
            return extra
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _inside(arguments[0], arguments[1:])
    if origin in (Union, types.UnionType):
        return next((found for found in map(_inside, arguments) if found is not None), None)
    if origin in (dict, list):
        inner = _inside(arguments[-1])
        return Each(inner) if inner is not None else None
    return annotation if isinstance(annotation, type) and issubclass(annotation, Block) else None
