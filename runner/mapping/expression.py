"""One JMESPath expression: checked when a connector is loaded, evaluated ever after.

The language is JMESPath (https://jmespath.org/specification.html) with the functions of `runner.mapping.functions`.
Generated code evaluates it or, where RUNNER_MAPPING says so, jmespath.py: see `runner.mapping.engine`.
Mistakes are refused at load: see `runner.mapping.mistakes`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from jmespath import exceptions, parser
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from runner.errors import MappingError, Place
from runner.mapping.compiler.compile import Mapped
from runner.mapping.engine import ENGINE
from runner.mapping.mistakes import mistakes
from runner.mapping.reads import Path, list_path, reads
from runner.model.text import place_of


@dataclass(frozen=True)
class Expression:
    """A compiled expression. `search(data)` gives its value, or raises MappingError in an analyst's words."""

    text: str
    place: Place = field(default=Place(""), compare=False)
    tree: parser.ParsedResult = field(default=None, repr=False, compare=False)  # type: ignore[assignment]

    @cached_property
    def _function(self) -> Mapped:
        return ENGINE.expression(self.tree)

    @cached_property
    def reads(self) -> frozenset[Path] | None:
        """Paths of names that its value depends on, and on nothing else; None when that is all of the data."""
        return reads(self.tree)

    @cached_property
    def list_path(self) -> tuple[Path, bool] | None:
        """The path that its value is the list at, where there is one with items; and whether it leaves out nulls."""
        return list_path(self.tree)

    def search(self, data: Any) -> Any:
        try:
            return self._function(data)
        except exceptions.JMESPathTypeError as error:
            raise MappingError(_wrong_type(error, self.text), self.place, error.actual_type) from None
        except exceptions.JMESPathError as error:
            raise MappingError(f"`{self.text}`: {error}", self.place) from None
        except (TypeError, ValueError, ArithmeticError, AttributeError, KeyError, RecursionError) as error:
            # jmespath.py lets raw errors through, as in `'a' < 1` (jmespath.py issue 169)
            raise MappingError(f"`{self.text}` cannot handle this data: {error}", self.place) from None

    def test(self, data: Any) -> bool:
        """The value's truth, as JMESPath has it: null, false, '', [] and {} are false; 0 is true."""
        return is_true(self.search(data))

    def __str__(self) -> str:
        return self.text

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            read_expression, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "description": "A JMESPath expression that reads data."}


def is_true(value: Any) -> bool:
    """The truth of a value: null, false, '', [] and {} are false; 0 is true."""
    return bool(value) or (value == 0 and value is not False)


def compile_expression(text: str) -> Expression:
    """Parse and check `text`; raises MappingError with the first mistake."""
    for mistake in mistakes(text):
        raise MappingError(f"{mistake.message} ({mistake.remedy})", place_of(text, mistake.offset))
    return Expression(str(text), place_of(text), parser.Parser().parse(str(text)))


def read_expression(value: object) -> Expression:
    """What pydantic calls for a field of this type; a mistake becomes an error with its code, offset and remedy."""
    if isinstance(value, Expression):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("wrong-type", "expected {wanted}", {"wanted": "a JMESPath expression (a text)"})
    for mistake in mistakes(value):
        raise PydanticCustomError(
            mistake.code,
            "{message}",
            {"message": mistake.message, "offset": mistake.offset, "remedy": mistake.remedy},
        )
    return Expression(str(value), place_of(value), parser.Parser().parse(str(value)))


def _wrong_type(error: exceptions.JMESPathTypeError, text: str) -> str:
    wanted = " or ".join(error.expected_types)
    remedy = "give a default with not_null()" if error.actual_type == "null" else "convert it first"
    return f"`{text}`: {error.function_name}() needs {wanted}, got {error.actual_type} ({remedy})"
