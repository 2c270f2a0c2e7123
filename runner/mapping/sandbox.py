"""What templates may do: read values, choose, repeat, and a few filters. Nothing of it reaches Python or grows without
bound: no calls, no definitions, no power, texts are not multiplied, and what a filter makes is limited."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from jinja2 import TemplateSyntaxError, filters, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from runner.errors import MappingError
from runner.mapping.naming import safe_name
from runner.model.file import File
from runner.model.secret import Secret
from runner.model.words import suggest

LONGEST = 20_000
LARGEST = 200_000
DEEPEST = 40
DEEPEST_LOOP = 2
_FORM = re.compile(r"(?:[^%\0]|%[aAbBdHIjmMpSyYzZ%]){1,100}")

_ALLOWED = (
    "abs capitalize count d default first last length list lower map max min reject rejectattr reverse select "
    "selectattr sort string title trim truncate unique upper urlencode"
)
_OF_TEXT = ("capitalize", "lower", "replace", "string", "title", "trim", "truncate", "upper", "urlencode")


class BadTemplate(TemplateSyntaxError):
    """A template that may not be: what, on which of its lines, and the remedy."""

    def __init__(self, message: str, line: int, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(message, line)


def written(value: Any) -> Any:
    """A value as it is written inside a text. MappingError for null, and for what would be written as Python has it."""
    if value is None:
        raise MappingError(
            "a value inside a text is null; write `{{ x or '' }}`, or make it the whole text to leave it out"
        )
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, File):
        raise MappingError("a file is not written into a text; make it the whole of `bytes`, or of a part")
    if isinstance(value, dict | list | tuple):
        raise MappingError(
            "a value inside a text is a list or a mapping; write `{{ x | join(',') }}` or `{{ x | json }}`"
        )
    return value


class _Rewrite(NodeTransformer):
    """`~` becomes `join`, which writes values as a text does: null is an error, and not `None`."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802  # jinja2's name
        self.generic_visit(node)
        pieces = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(pieces, "join", [], [], None, None, lineno=node.lineno)


class Sandbox(ImmutableSandboxedEnvironment):
    """Keys before methods (`input.items` is the key), and no Python attributes at all. Secrets are revealed where they
    are read, so that `~` and filters do not write dots."""

    intercepted_binops = frozenset({"*", "+", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        try:
            value = obj[argument]
        except (TypeError, LookupError, AttributeError):
            return self.undefined(obj=obj, name=argument)
        return value.reveal() if isinstance(value, Secret) else value

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator != "+" and not all(isinstance(value, int | float) for value in (left, right)):
            raise SecurityError(f"`{operator}` is for numbers")
        if operator == "+" and _size(left) + _size(right) > LARGEST:
            raise SecurityError(f"more than {LARGEST} characters or items")
        return super().call_binop(context, operator, left, right)


def environment(finalize: Callable[[Any], Any], undefined: Any) -> Sandbox:
    """A sandbox whose texts are written by `finalize`."""
    made = Sandbox(undefined=undefined, finalize=finalize, autoescape=False, keep_trailing_newline=True)
    made.globals.clear()
    made.filters = {name: _bounded(name, made) for name, made in _FILTERS.items()}
    return made


def parse(sandbox: Sandbox, text: str) -> nodes.Template:
    """The tree of a template. Raises TemplateSyntaxError, and BadTemplate for what a template may not do."""
    if len(text) > LONGEST:
        raise BadTemplate(f"it has {len(text)} characters; the longest is {LONGEST}", 1, "split it")
    tree = sandbox.parse(text)
    _examine(tree)
    made: nodes.Template = _Rewrite().visit(tree)
    return made


def _examine(tree: nodes.Template) -> None:
    level: list[nodes.Node] = [tree]
    for _ in range(DEEPEST):
        for node in level:
            _admit(node)
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return
    raise BadTemplate(f"it is nested more than {DEEPEST} deep", 1, "make it simpler")


def _admit(node: nodes.Node) -> None:
    if isinstance(node, nodes.Stmt) and not isinstance(node, nodes.Output | nodes.If | nodes.For):
        word = {"Assign": "set", "AssignBlock": "set"}.get(type(node).__name__, type(node).__name__.lower())
        raise BadTemplate(f"`{word}` is not for templates here", node.lineno, "use `if` or `for`")
    if isinstance(node, nodes.For) and (node.recursive or _loops(node) > DEEPEST_LOOP):
        raise BadTemplate("a loop in a loop in a loop", node.lineno, f"use at most {DEEPEST_LOOP}, none recursive")
    if isinstance(node, nodes.Call):
        raise BadTemplate("a template calls nothing", node.lineno, "use a filter: `{{ x | lower }}`")
    if isinstance(node, nodes.Pow):
        raise BadTemplate("`**` is not for templates here", node.lineno, "write the number")
    if isinstance(node, nodes.Const) and isinstance(node.value, float) and not math.isfinite(node.value):
        raise BadTemplate("a number is too large", node.lineno, "write it as text")
    if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        raise BadTemplate(f"there is no filter `{node.name}`", node.lineno, suggest(node.name, _FILTERS))


def _loops(node: nodes.Node) -> int:
    inner = max((_loops(child) for child in node.iter_child_nodes()), default=0)
    return inner + isinstance(node, nodes.For)


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple) else 0


def _bounded(name: str, made: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, with a limit to what it gives, and a list in place of an iterator. Null has no text to work on."""

    @functools.wraps(made)
    def bounded(*args: Any, **options: Any) -> Any:
        if name in _OF_TEXT and None in args[:2]:
            written(None)
        value = made(*args, **options)
        if isinstance(value, Iterator):
            value = list(islice(value, LARGEST + 1))
        if _size(value) > LARGEST:
            raise SecurityError(f"more than {LARGEST} characters or items")
        return value

    return bounded


def _replace(text: Any, old: str, new: str) -> str:
    whole = str(text)
    if len(whole) + (whole.count(old) if old else len(whole) + 1) * len(new) > LARGEST:
        raise SecurityError(f"more than {LARGEST} characters")
    return whole.replace(old, new)


def _join(values: Any, separator: str = "") -> str:
    texts = [str(written(value)) for value in values]
    if sum(map(len, texts)) + len(separator) * len(texts) > LARGEST:
        raise SecurityError(f"more than {LARGEST} characters")
    return separator.join(texts)


def _int(value: Any) -> int:
    return int(value)


def _float(value: Any) -> float:
    return float(value)


def _round(number: float, digits: int = 0) -> float:
    return round(number, max(-20, min(digits, 20)))


def _date(value: Any, form: str = "%Y-%m-%d", zone: str = "UTC") -> str | None:
    """A time as people or partners write it, in a time zone; null stays null."""
    if value is None:
        return None
    if not _FORM.fullmatch(form):
        raise MappingError(f"`{form[:40]}` is no form of a time; write one like %Y-%m-%d")
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(_zone(zone)).strftime(form)


def _unix(value: Any) -> int | None:
    """A time as whole seconds since 1970; null stays null."""
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise MappingError(f"`{name[:40]}` is no time zone; write one like America/Denver") from None


def _json(value: Any) -> str:
    return str(orjson.dumps(value), "utf-8")


def _ascii_json(value: Any) -> str:
    """JSON with every character beyond ASCII escaped, for values that travel in headers (Dropbox-API-Arg)."""
    return json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f")


_FILTERS: dict[str, Callable[..., Any]] = {
    **{name: filters.FILTERS[name] for name in _ALLOWED.split()},
    "ascii_json": _ascii_json,
    "date": _date,
    "float": _float,
    "int": _int,
    "join": _join,
    "json": _json,
    "replace": _replace,
    "round": _round,
    "safe_name": safe_name,
    "unix": _unix,
}
