"""How a block of YAML becomes a value.

The block that an analyst writes is the constructor call: a class with annotated fields is the declaration, and from it
come parsing, messages, JSON Schema, editor completion and the reference. A kind of component (paginators, verifiers...)
is a folder with a file a type; `Choice` makes of its classes the field `type: ...` that picks one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from runner.mapping.expression import Expression
from runner.mapping.fields import Fields
from runner.mapping.template import Template, Tree

__all__ = [
    "Block",
    "Choice",
    "Duration",
    "Name",
    "Period",
    "Rate",
    "Size",
    "Text",
    "adapter",
    "parts",
    "read_duration",
    "refusal",
    "shown",
]


class Block(BaseModel):
    """The base of every block: closed (an unknown key is an error), frozen, with a docstring that is its reference.

    `example` is a whole block in YAML, shown in the reference and the JSON Schema; a test loads it.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True, populate_by_name=True, defer_build=True
    )
    example: ClassVar[str] = ""


class Choice:
    """The annotation of a field that holds one of several types of a kind, picked by the key `tag`."""

    def __init__(self, *classes: type[Block], tag: str = "type") -> None:
        self.classes = classes
        self.tag = tag

    def choices(self) -> dict[str, type[Block]]:
        """The classes by the words that pick them."""
        return {word: made for made in self.classes for word in _words(made, self.tag)}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {word: handler.generate_schema(made) for word, made in self.choices().items()}
        return core_schema.tagged_union_schema(choices, discriminator=self.tag)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """`if type is X then X`, never `oneOf`: an editor then puts its red line under the very key."""
        made = handler(schema)
        mapping = made["discriminator"]["mapping"]
        return {
            "type": "object",
            "required": [self.tag],
            "properties": {self.tag: {"enum": list(mapping)}},
            "allOf": [
                {"if": {"properties": {self.tag: {"const": word}}, "required": [self.tag]}, "then": {"$ref": ref}}
                for word, ref in mapping.items()
            ],
        }


def _words(made: type[Block], tag: str) -> tuple[str, ...]:
    return tuple(made.model_fields[tag].annotation.__args__)  # type: ignore[union-attr]  # always a Literal


_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d)", re.ASCII)
_SIZES = {"MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000}
_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(MB|GB|TB)", re.ASCII)
_RATE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)/(s|m|h|d)", re.ASCII)
LONGEST = timedelta(days=3650)


def read_duration(text: object) -> timedelta:
    """`500ms`, `30s`, `15m`, `24h`, `90d` as a timedelta; anything else is refused with the remedy."""
    if isinstance(text, timedelta):
        return text
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise refusal(f"`{shown(text)}` is not a duration", "write a number and a unit: 500ms, 30s, 15m, 24h, 90d")
    seconds = float(found[1]) * _UNITS[found[2]]
    if seconds > LONGEST.total_seconds():
        raise refusal(f"`{text}` is too long", f"the longest duration is {LONGEST.days}d")
    return timedelta(seconds=seconds)


def read_period(text: object) -> timedelta:
    """A duration that is more than nothing."""
    period = read_duration(text)
    if period <= timedelta(0):
        raise refusal(f"`{shown(text)}` is no time at all", "write more than 0: 1s, 15m")
    return period


def read_rate(text: object) -> float:
    """`500/s` or `30/m` as a number per second."""
    if isinstance(text, float):
        return text
    found = _RATE.fullmatch(text) if isinstance(text, str) else None
    if not found or not float(found[1]):
        raise refusal(f"`{shown(text)}` is not a rate", "write a number per unit: 500/s, 30/m")
    return float(found[1]) / _UNITS[found[2]]


def read_size(text: object) -> int:
    """`500MB` or `2GB` as bytes."""
    if type(text) is int:
        return text
    found = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if not found or not float(found[1]):
        raise refusal(f"`{shown(text)}` is not a size", "write a number and a unit: 500MB, 2GB")
    return int(float(found[1]) * _SIZES[found[2]])


def refusal(message: str, remedy: str, code: str = "wrong-value") -> PydanticCustomError:
    """What a block raises about a value that it does not take: what, and what to do."""
    return PydanticCustomError(code, "{message}", {"message": message, "remedy": remedy})


def shown(value: object) -> str:
    """A value in a message: short, and never a whole block."""
    if isinstance(value, dict):
        return "keys and values"
    if isinstance(value, list):
        return "a list"
    text = "nothing" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


class Text:
    """A value that is written as text of a certain form."""

    def __init__(self, read: Any, pattern: str, examples: list[str]) -> None:
        self.read, self.pattern, self.examples = read, pattern, examples

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read, serialization=core_schema.to_string_ser_schema())

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": self.pattern, "examples": self.examples}


_FORM = r"^\d{1,9}(\.\d{1,9})?(ms|s|m|h|d)$"
Duration = Annotated[timedelta, Text(read_duration, _FORM, ["30s", "15m", "24h"])]
Period = Annotated[timedelta, Text(read_period, _FORM, ["30s", "15m", "24h"])]
Rate = Annotated[float, Text(read_rate, r"^\d{1,9}(\.\d{1,9})?/(s|m|h|d)$", ["500/s"])]
Size = Annotated[int, Text(read_size, r"^\d{1,6}(\.\d{1,3})?(MB|GB|TB)$", ["500MB", "2GB"])]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", examples=["jobs"])]


def parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Template | Expression | Block]]:
    """Every template, expression and block inside a value, each with its path from there."""
    if isinstance(value, Template | Expression):
        yield path, value
    elif isinstance(value, Tree | Fields):
        yield from parts(value.value if isinstance(value, Tree) else value.parts, path)
    elif isinstance(value, BaseModel):
        if isinstance(value, Block):
            yield path, value
        for name in type(value).model_fields:
            yield from parts(getattr(value, name), (*path, type(value).model_fields[name].alias or name))
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from parts(part, (*path, key))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from parts(part, (*path, index))


def adapter(choice: Choice) -> TypeAdapter[Any]:
    """Reads one block of a kind by itself: for tests, the reference and plug-ins."""
    return TypeAdapter(Annotated[Block, choice])
