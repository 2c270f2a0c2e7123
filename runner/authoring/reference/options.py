"""The option table of a block: key, what it takes, what it is when left out, what it means."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from runner.authoring.durations import spelled
from runner.authoring.language import order, picking
from runner.authoring.reference.markdown import anchor, table
from runner.components.block import Block, Choice, Name
from runner.mapping.expression import Expression
from runner.mapping.fields import Fields
from runner.mapping.template import PathTemplate, Template, Tree

_WORDS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    timedelta: "duration",
    Any: "anything",
    Template: "template",
    PathTemplate: "path template",
    Tree: "value with templates",
    Expression: "JMESPath",
    Fields: "JMESPath by name",
    Name: "name",
    type(None): "nothing",
}


def option_table(block: type[Block]) -> str:
    """A Markdown table with a row a key; empty for a block without keys."""
    fields = {field.alias or name: field for name, field in block.model_fields.items()}
    rows = [(f"`{key}`", takes(fields[key]), _default(fields[key]), _meaning(fields[key])) for key in order(block)]
    return table(("key", "takes", "when left out", "meaning"), rows) if rows else ""


def heading(block: type[Block]) -> str:
    """A block's heading: the word that picks a component, else the class's name."""
    words = [word for given in picking(block).values() for word in given]
    return f"{block.__name__} (`{'`, `'.join(words)}`)" if words else block.__name__


def takes(field: FieldInfo) -> str:
    """What a key takes, in words, with links to blocks."""
    return _words(field.annotation, tuple(field.metadata))


def _words(annotation: Any, metadata: tuple[Any, ...] = ()) -> str:
    for extra in metadata:
        if isinstance(extra, Choice):
            return " or ".join(_link(made) for made in extra.classes)
        if type(extra).__name__ == "Text":
            return "rate" if annotation is float else "duration"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return "name" if annotation == Name else _words(arguments[0], arguments[1:])
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_words(part) for part in arguments if part is not type(None)))
    if origin is list:
        return f"list of {_words(arguments[0])}"
    if origin is dict:
        return f"{_words(arguments[1])} by name"
    if isinstance(annotation, type) and issubclass(annotation, Block):
        return _link(annotation)
    return _WORDS.get(annotation, str(getattr(annotation, "__name__", annotation)))


def _link(block: type[Block]) -> str:
    return f"[{block.__name__}](#{anchor(heading(block))})"


def _meaning(field: FieldInfo) -> str:
    examples = ", ".join(_example(value) for value in field.examples or [])
    return " ".join(part for part in (field.description or "", f"Example: {examples}." if examples else "") if part)


def _example(value: Any) -> str:
    return f"`` {value} ``" if "`" in str(value) else f"`{value}`"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is PydanticUndefined or isinstance(value, Block):
        return "its own defaults"
    return "".join(_written(value))


def _written(value: Any) -> Iterator[str]:
    if value is None or value in ({}, [], ""):
        return
    if isinstance(value, timedelta):
        yield f"`{spelled(value)}`"
    elif isinstance(value, bool):
        yield f"`{str(value).lower()}`"
    else:
        yield f"`{value}`"
