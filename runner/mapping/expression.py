"""One JMESPath expression: checked when a connector is loaded, evaluated ever after.

The language is JMESPath (https://jmespath.org/specification.html) with the functions of `runner.mapping.functions`.
Generated code evaluates it or, where RUNNER_MAPPING says so, jmespath.py: see `runner.mapping.engine`.
Mistakes that JMESPath only shows at run time, or never, are refused at load: a function that does not exist, a wrong
number of arguments, an argument written out that can never be right, and a bare `true`, `false` or `null` (which
JMESPath reads as the name of a field).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from jmespath import exceptions, lexer, parser
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from runner.errors import MappingError, Place
from runner.mapping.compiler.compile import Mapped
from runner.mapping.compiler.graph import MOST_COPIES, Graph
from runner.mapping.engine import ENGINE
from runner.mapping.functions import LIBRARY
from runner.mapping.hints import hint
from runner.mapping.reads import Path, list_path, reads
from runner.mapping.registry import wrong_type, wrong_value
from runner.model.text import place_of
from runner.model.words import nearest

LONGEST = 4_000
DEEPEST = 60


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


@dataclass(frozen=True)
class Mistake:
    """Why a text is not an expression: a stable code, what, where in the text, and the remedy."""

    code: str
    message: str
    offset: int
    remedy: str


def compile_expression(text: str) -> Expression:
    """Parse and check `text`; raises MappingError with the first mistake."""
    for mistake in mistakes(text):
        raise MappingError(f"{mistake.message} ({mistake.remedy})", place_of(text, mistake.offset))
    return Expression(str(text), place_of(text), parser.Parser().parse(str(text)))


def mistakes(text: str) -> Iterator[Mistake]:
    """Every mistake in `text`, the syntax first: with a syntax mistake nothing else can be checked."""
    if len(text) > LONGEST:
        yield Mistake(
            "bad-expression",
            f"this expression has {len(text)} characters; the longest is {LONGEST}",
            0,
            "split it",
        )
        return
    try:
        tree = parser.Parser().parse(str(text)).parsed
    except exceptions.EmptyExpressionError:
        yield Mistake(
            "bad-expression",
            "the expression is empty",
            0,
            "write a JMESPath expression, `@` for the whole payload",
        )
        return
    except RecursionError:
        yield Mistake("bad-expression", f"`{text[:60]}...` is nested too deep", 0, "split it")
        return
    except exceptions.LexerError as error:
        yield _unread(text, f"`{text}`: {error.message}", error.lexer_position)
        return
    except exceptions.ParseError as error:
        yield _unread(text, _syntax(text, error), error.lex_position)
        return
    yield from _bare_literals(text)
    yield from _functions(text, dict(tree))


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


def _syntax(text: str, error: exceptions.ParseError) -> str:
    if isinstance(error, exceptions.IncompleteExpressionError):
        return f"`{text}` ends too early"
    return f"`{text}`: `{error.token_value}` cannot stand here"


def _unread(text: str, message: str, offset: int) -> Mistake:
    """The mistake at which the parser stopped: in better words than its own where what was meant is known."""
    what, remedy, at = hint(text, offset)
    return Mistake("bad-expression", f"`{text}`: {what}" if what else message, at, remedy)


def _bare_literals(text: str) -> Iterator[Mistake]:
    tokens = list(lexer.Lexer().tokenize(str(text)))
    for index, token in enumerate(tokens):
        if token["type"] != "unquoted_identifier" or token["value"] not in ("true", "false", "null"):
            continue
        before = tokens[index - 1]["type"] if index else ""
        after = tokens[index + 1]["type"]
        if before == "dot" or after == "colon":
            continue
        word = token["value"]
        yield Mistake(
            "bare-literal",
            f"`{word}` in `{text}` is read as a field named {word}",
            token["start"],
            f'write `` `{word}` `` in back-ticks for the value, or "{word}" in quotes for the field',
        )


def _functions(text: str, tree: dict[str, Any]) -> Iterator[Mistake]:
    for node, depth in _walk(tree, 0):
        if depth > DEEPEST:
            yield Mistake("bad-expression", f"`{text[:60]}...` is nested more than {DEEPEST} deep", 0, "split it")
            return
        if node["type"] == "function_expression":
            yield from _call(text, node["value"], node["children"])
        if node["type"] == "slice" and node["children"][2:] == [0]:
            yield Mistake("bad-expression", f"the step of a slice in `{text}` is 0", 0, "use 1 or -1")
        if node["type"] == "subexpression" and node["children"][0]["type"] == "not_expression":
            message = f"`{text}` is always null: JMESPath reads `!a.b` as `(!a).b`"
            yield Mistake("always-null", message, max(text.find("!"), 0), "write `!(a.b)`")
    if Graph().read(tree).copies > MOST_COPIES:
        message = f"`{text[:60]}...` repeats its input more than {MOST_COPIES} times"
        yield Mistake("bad-expression", message, 0, "split it")


def _call(text: str, name: str, arguments: list[dict[str, Any]]) -> Iterator[Mistake]:
    given = len(arguments)
    found = re.search(rf"(?<![\w]){re.escape(name)}\s*\(", text)
    offset = found.start() if found else 0
    known = LIBRARY.FUNCTION_TABLE
    if name not in known:
        near = nearest(name, known)
        remedy = f"did you mean `{near}`?" if near else "`runner docs` lists the functions"
        yield Mistake("unknown-function", f"there is no function `{name}`", offset, remedy)
        return
    signature = known[name]["signature"]
    least = sum(not argument.get("optional") for argument in signature)
    variadic = bool(signature) and bool(signature[-1].get("variadic"))
    if given < least or (given > len(signature) and not variadic):
        takes = (
            f"at least {least}"
            if variadic
            else f"{least}"
            if least == len(signature)
            else f"{least} to {len(signature)}"
        )
        yield Mistake(
            "wrong-arity",
            f"`{name}` takes {takes} argument{'s' * (takes != '1')}, not {given}",
            offset,
            f"see `{name}` in `runner docs`",
        )
        return
    for position, argument in enumerate(arguments):
        if argument["type"] == "literal":
            yield from _literal(name, position, argument["value"], offset)


def _literal(name: str, position: int, value: Any, offset: int) -> Iterator[Mistake]:
    """What is wrong with an argument that is written out; the function's own words end in the remedy."""
    see = f"see `{name}` in `runner docs`"
    if wrong := wrong_type(name, position, value):
        yield Mistake("wrong-type", wrong, offset, see)
    elif wrong := wrong_value(name, position, value):
        message, _, remedy = wrong.partition(" (")
        yield Mistake("wrong-value", message, offset, remedy.removesuffix(")") or see)


def _walk(node: Any, depth: int) -> Iterator[tuple[dict[str, Any], int]]:
    yield node, depth
    for child in node.get("children", ()):
        if isinstance(child, dict) and depth <= DEEPEST:
            yield from _walk(child, depth + 1)


def _wrong_type(error: exceptions.JMESPathTypeError, text: str) -> str:
    wanted = " or ".join(error.expected_types)
    remedy = "give a default with not_null()" if error.actual_type == "null" else "convert it first"
    return f"`{text}`: {error.function_name}() needs {wanted}, got {error.actual_type} ({remedy})"
