"""Jinja templates: they write requests, and nothing else.

Sandboxed, and strict about names: a name that the slot does not offer is refused when the connector is loaded, and a
missing value is an error when a request is written. Values keep their type: a text that is exactly one `{{ ... }}`
gives the value itself (a number stays a number, null means "leave it out"); anything else gives text. Nothing is
re-typed by guessing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote

import orjson
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from runner.errors import MappingError, Place
from runner.model.secret import Secret
from runner.model.text import place_of

_WHOLE = re.compile(r"^\s*\{\{-?(.*?)-?\}\}\s*$", re.DOTALL)


class _Environment(ImmutableSandboxedEnvironment):
    """Keys before methods (`input.items` is the key), and no Python attributes at all."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        try:
            return obj[argument]
        except (TypeError, LookupError, AttributeError):
            return self.undefined(obj=obj, name=argument)


def _text(value: Any) -> Any:
    if value is None:
        raise MappingError(
            "a value inside a text is null; write `{{ x or '' }}`, or make it the whole text to leave it out"
        )
    if isinstance(value, Secret):
        return value.reveal()
    if value is True or value is False:
        return "true" if value else "false"
    return value


def _path_part(value: Any) -> str:
    return quote(str(_text(value)), safe="")


def _environment(finalize: Any) -> _Environment:
    made = _Environment(undefined=StrictUndefined, finalize=finalize, autoescape=False, keep_trailing_newline=True)
    made.globals.clear()
    made.filters["json"] = lambda value: orjson.dumps(value).decode()
    made.filters["ascii_json"] = _ascii_json
    return made


def _ascii_json(value: Any) -> str:
    """JSON with every character beyond ASCII escaped, for values that travel in headers (Dropbox-API-Arg)."""
    import json

    return json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f")


@dataclass(frozen=True)
class Template:
    """A compiled template. `names` are the dotted names that it reads, such as ("settings", "tenant_id")."""

    text: str
    place: Place = field(default=Place(""), compare=False)
    names: frozenset[tuple[str, ...]] = field(default=frozenset(), repr=False, compare=False)
    _render: Any = field(default=None, repr=False, compare=False)
    environment: ClassVar[_Environment] = _environment(_text)

    def render(self, scope: Mapping[str, Any]) -> Any:
        """The value or text for this scope. Raises MappingError when a name has no value."""
        try:
            value = self._render(scope)
        except UndefinedError as error:
            raise MappingError(f"`{self.text}`: {error.message}", self.place) from None
        except MappingError as error:
            raise MappingError(f"`{self.text}`: {error}", self.place) from None
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise MappingError(f"`{self.text}` cannot be written: {error}", self.place) from None
        if isinstance(value, Undefined):
            raise MappingError(f"`{self.text}` has no value here", self.place)
        return value

    def __str__(self) -> str:
        return self.text

    @classmethod
    def compile(cls, text: str) -> Template:
        """Parse `text`; raises jinja2.TemplateSyntaxError (unknown filters and tests included)."""
        tree = cls.environment.parse(str(text))
        whole = _WHOLE.match(text) if _is_one_value(tree) else None
        return cls(str(text), place_of(text), frozenset(_names(tree)), cls._renderer(str(text), whole))

    @classmethod
    def _renderer(cls, text: str, whole: re.Match[str] | None) -> Any:
        if whole:
            return _value(cls.environment, whole[1])
        if "{" not in text:
            return lambda _: text
        return cls.environment.from_string(text).render

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
            raise PydanticCustomError("wrong-value", "expected text, got {got}", {"got": repr(value)})
        try:
            return cls.compile(value)
        except TemplateSyntaxError as error:
            problem = {
                "message": f"`{value.strip()}`: {error.message}",
                "remedy": "see https://jinja.palletsprojects.com/templates/",
            }
            raise PydanticCustomError("bad-template", "{message}", problem) from None

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": "string", "description": "Text that may hold Jinja: `{{ settings.tenant_id }}`."}


class PathTemplate(Template):
    """A URL path: every `{{ value }}` in it is percent-encoded, so that an id can hold `/`, `=` or `#`."""

    environment: ClassVar[_Environment] = _environment(_path_part)

    @classmethod
    def _renderer(cls, text: str, _: re.Match[str] | None) -> Any:
        return cls.environment.from_string(text).render


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


def _value(environment: _Environment, source: str) -> Any:
    compiled = environment.compile_expression(source, undefined_to_none=False)

    def render(scope: Mapping[str, Any]) -> Any:
        value = compiled(**scope)
        return value.reveal() if isinstance(value, Secret) else value

    return render


def _is_one_value(tree: nodes.Template) -> bool:
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output):
        return False
    parts = [
        part for part in tree.body[0].nodes if not (isinstance(part, nodes.TemplateData) and not part.data.strip())
    ]
    return len(parts) == 1 and not isinstance(parts[0], nodes.TemplateData)


def _names(tree: nodes.Node) -> Iterator[tuple[str, ...]]:
    own = {node.name for node in tree.find_all(nodes.Name) if node.ctx in ("store", "param")}
    for dotted in _dotted(tree):
        if dotted[0] not in own:
            yield dotted


def _dotted(node: nodes.Node) -> Iterator[tuple[str, ...]]:
    chain = _chain(node)
    if chain:
        yield chain
        return
    for child in node.iter_child_nodes():
        yield from _dotted(child)


def _chain(node: nodes.Node) -> tuple[str, ...]:
    if isinstance(node, nodes.Name) and node.ctx == "load":
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        head = _chain(node.node)
        return (*head, node.attr) if head else ()
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        head = _chain(node.node)
        return (*head, str(node.arg.value)) if head else ()
    return ()
