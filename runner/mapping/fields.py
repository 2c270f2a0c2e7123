"""The fields of a processor: names on the left, expressions on the right, at any depth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from runner.errors import MappingError
from runner.mapping.compiler.compile import Mapped, Shape
from runner.mapping.engine import ENGINE
from runner.mapping.expression import Expression

FORMS = ("an object", "an expression")
Failed = Callable[[str, Expression, MappingError], None]


@dataclass(frozen=True)
class Fields:
    """`{name: expression}` or, for an object such as an address, `{name: {name: expression}}`.

    An object whose fields are all null is null itself, so that a partner without addresses does not give empty ones.
    """

    parts: Mapping[str, Expression | Fields]

    def map(self, payload: Any, failed: Failed) -> dict[str, Any]:
        """Every field's value. A field that fails is null, and `failed(name, expression, error)` is told."""
        try:
            values: dict[str, Any] = self._together(payload)
        except Exception:  # of whatever sort: the fields, one by one, say which of them fails and why
            return self._one_by_one(payload, failed, "")
        return values

    @cached_property
    def _together(self) -> Mapped:
        return ENGINE.fields(self.shape())

    def shape(self) -> Shape:
        """What an engine compiles."""
        return {name: part.shape() if isinstance(part, Fields) else part.tree for name, part in self.parts.items()}

    def _one_by_one(self, payload: Any, failed: Failed, prefix: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, part in self.parts.items():
            if isinstance(part, Fields):
                inner = part._one_by_one(payload, failed, f"{prefix}{name}.")
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
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Refers to itself, so that every mistake inside an object has a place of its own."""
        again = core_schema.definition_reference_schema("Fields")
        part = core_schema.tagged_union_schema(
            dict(zip(FORMS, (again, handler.generate_schema(Expression)), strict=True)),
            discriminator=lambda value: FORMS[0] if isinstance(value, dict) else FORMS[1],
        )
        name = core_schema.str_schema(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")
        made = core_schema.no_info_after_validator_function(
            cls,
            core_schema.dict_schema(name, part),
            ref="Fields",
            metadata={
                "pydantic_js_updates": {"description": "Names, each with an expression or with an object of such."}
            },
            serialization=core_schema.to_string_ser_schema(),
        )
        return core_schema.definitions_schema(again, [made])
