"""The fields of a processor: names on the left, expressions on the right, at any depth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import CoreSchema, core_schema

from runner.errors import MappingError
from runner.mapping.expression import Expression, read_expression

Failed = Callable[[str, Expression, MappingError], None]


@dataclass(frozen=True)
class Fields:
    """`{name: expression}` or, for an object such as an address, `{name: {name: expression}}`.

    An object whose fields are all null is null itself, so that a partner without addresses does not give empty ones.
    """

    parts: Mapping[str, Expression | Fields]

    def map(self, payload: Any, failed: Failed, prefix: str = "") -> dict[str, Any]:
        """Every field's value. A field that fails is null, and `failed(name, expression, error)` is told."""
        values: dict[str, Any] = {}
        for name, part in self.parts.items():
            if isinstance(part, Fields):
                inner = part.map(payload, failed, f"{prefix}{name}.")
                values[name] = inner if any(value is not None for value in inner.values()) else None
                continue
            try:
                values[name] = part.search(payload)
            except MappingError as error:
                values[name] = None
                failed(prefix + name, part, error)
        return values

    def flat(self, prefix: str = "") -> Iterator[tuple[str, Expression]]:
        """Every field with its dotted name."""
        for name, part in self.parts.items():
            if isinstance(part, Fields):
                yield from part.flat(f"{prefix}{name}.")
            else:
                yield prefix + name, part

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        part = core_schema.no_info_plain_validator_function(_part)
        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.dict_schema(core_schema.str_schema(), part),
            serialization=core_schema.to_string_ser_schema(),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        expression = {"type": "string", "minLength": 1}
        inner = {"type": "object", "additionalProperties": expression}
        return {"type": "object", "additionalProperties": {"anyOf": [expression, inner]}}


def _part(value: object) -> Expression | Fields:
    if isinstance(value, dict):
        return Fields({str(name): _part(part) for name, part in value.items()})
    if isinstance(value, Fields):
        return value
    return read_expression(value)
