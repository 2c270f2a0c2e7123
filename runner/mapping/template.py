"""Jinja templates: they write requests, and nothing else.

Sandboxed, and strict about names: a name that the slot does not offer is refused when the connector is loaded, and a
missing value is an error when a request is written. Values keep their type: a text that is exactly one `{{ ... }}`
gives the value itself (a number stays a number, null means "leave it out"); anything else gives text. Nothing is
re-typed by guessing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError, nodes
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from runner.errors import MappingError, Place
from runner.mapping.naming import safe_name
from runner.mapping.rendering import Render, holds_secret, names, one_value, text_of, value_of
from runner.mapping.sandbox import BadTemplate, Sandbox, environment, parse, written
from runner.model.text import place_of

_REFERENCE = "see https://jinja.palletsprojects.com/templates/"


def _path_part(value: Any) -> str:
    return quote(str(written(value)), safe="")


@dataclass(frozen=True)
class Template:
    """A compiled template. `names` are the dotted names that it reads, such as ("settings", "tenant_id")."""

    text: str
    place: Place = field(default=Place(""), compare=False)
    names: frozenset[tuple[str, ...]] = field(default=frozenset(), repr=False, compare=False)
    _render: Any = field(default=None, repr=False, compare=False)
    environment: ClassVar[Sandbox] = environment(written, StrictUndefined)

    def render(self, scope: Mapping[str, Any]) -> Any:
        """The value or text for this scope. Raises MappingError when a name has no value."""
        try:
            return self._render(scope)
        except (
            TemplateError,
            MappingError,
            TypeError,
            ValueError,
            ArithmeticError,
            LookupError,
            RecursionError,
        ) as error:
            raise MappingError(self._why(error, scope), self.place) from None

    def _why(self, error: Exception, scope: Mapping[str, Any]) -> str:
        """What went wrong; without the words of the error where they might repeat a secret."""
        text = self.text if len(self.text) <= 200 else f"{self.text[:197]}..."
        if isinstance(error, MappingError):
            return f"`{text}`: {error}"
        if any(holds_secret(scope, name) for name in self.names):
            return f"`{text}` cannot be written with the values that are filled in ({type(error).__name__})"
        if isinstance(error, UndefinedError):
            return f"`{text}`: {error.message}"
        return f"`{text}` cannot be written: {str(error)[:200]}"

    def __str__(self) -> str:
        return self.text

    @classmethod
    def compile(cls, text: str) -> Template:
        """Parse `text`; raises jinja2.TemplateSyntaxError (unknown filters and tests included)."""
        plain = str(text)
        if "{" not in plain:
            return cls(plain, place_of(text), frozenset(), cls._constant(plain))
        try:
            tree = parse(cls.environment, plain)
            return cls(plain, place_of(text), frozenset(names(tree)), cls._renderer(tree))
        except TemplateSyntaxError:
            raise
        except (RecursionError, SyntaxError, ValueError, OverflowError, MemoryError):
            raise BadTemplate("it is nested too deep, or holds too large a number", 1, "make it simpler") from None

    @classmethod
    def _constant(cls, text: str) -> Render:
        return lambda _: text

    @classmethod
    def _renderer(cls, tree: nodes.Template) -> Render:
        value = one_value(tree)
        return text_of(cls.environment, tree) if value is None else value_of(cls.environment, value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.read_template, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def read_template(cls, value: object) -> Template:
        """What pydantic calls for a field of this type."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise PydanticCustomError("wrong-type", "expected {wanted}", {"wanted": "text"})
        try:
            return cls.compile(value)
        except TemplateSyntaxError as error:
            problem = {
                "message": f"`{value.strip()}`: {error.message}",
                "remedy": error.remedy if isinstance(error, BadTemplate) else _REFERENCE,
                "offset": sum(map(len, value.splitlines(keepends=True)[: error.lineno - 1])),
            }
            raise PydanticCustomError("bad-template", "{message}", problem) from None

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": "string", "description": "Text that may hold Jinja: `{{ settings.tenant_id }}`."}


class PathTemplate(Template):
    """A URL path: every `{{ value }}` in it is percent-encoded, so that an id can hold `/`, `=` or `#`."""

    environment: ClassVar[Sandbox] = environment(_path_part, StrictUndefined)

    @classmethod
    def _renderer(cls, tree: nodes.Template) -> Render:
        return text_of(cls.environment, tree)


def _name_part(value: Any) -> str:
    return safe_name(written(value))


class FilePath(Template):
    """Where a file is to lie: `/{{ project.name }}/{{ captured_at | date }}/{{ id }}.jpg`. Every `{{ value }}` in it is
    one part of the path, or some of one: what it holds ends no part and leads nowhere else."""

    environment: ClassVar[Sandbox] = environment(_name_part, StrictUndefined)

    def render(self, scope: Mapping[str, Any]) -> Any:
        """The path. Raises MappingError for a value that is missing, and for a path that is none."""
        path = super().render(scope)
        parts = path.split("/")
        if len(parts) < 2 or parts[0] or any(not _is_name(part) for part in parts[1:]):
            raise MappingError(
                f"`{self}` does not give a path: it begins with /, and each part is a name of at most 255 bytes that "
                "does not end in a dot or space",
                self.place,
            )
        return path

    @classmethod
    def _renderer(cls, tree: nodes.Template) -> Render:
        return text_of(cls.environment, tree)


def _is_name(part: str) -> bool:
    return bool(part.strip(". ")) and part == part.strip() and not part.endswith(".") and len(part.encode()) <= 255


@dataclass(frozen=True)
class Tree:
    """Any YAML value whose texts are templates: a JSON body, GraphQL variables.

    A key or item whose template gives null is left out; a `null` written in the YAML is sent.
    """

    value: Any

    def render(self, scope: Mapping[str, Any]) -> Any:
        return _render_tree(self.value, scope)

    @classmethod
    def read(cls, value: object) -> Tree:
        """What pydantic calls for a field of this type."""
        return value if isinstance(value, cls) else cls(_compile_tree(value))

    def templates(self) -> Iterator[Template]:
        yield from _leaves(self.value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.read,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda tree: tree.value),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"description": "Any value; its texts may hold Jinja. A key whose template gives null is left out."}


def _compile_tree(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _compile_tree(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_compile_tree(part) for part in value]
    return Template.read_template(value) if isinstance(value, str) else value


def _render_tree(value: Any, scope: Mapping[str, Any]) -> Any:
    if isinstance(value, Template):
        return value.render(scope)
    if isinstance(value, dict):
        made = {key: (part, _render_tree(part, scope)) for key, part in value.items()}
        return {key: result for key, (part, result) in made.items() if result is not None or part is None}
    if isinstance(value, list):
        items = [(part, _render_tree(part, scope)) for part in value]
        return [result for part, result in items if result is not None or part is None]
    return value


def _leaves(value: Any) -> Iterator[Template]:
    if isinstance(value, Template):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
