"""What is wrong with the text of an expression, found before it ever meets data.

Mistakes that JMESPath only shows at run time, or never, are found too: a function that does not exist, a wrong number
of arguments, an argument written out that can never be right, and a bare `true`, `false` or `null` (which JMESPath
reads as the name of a field).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jmespath import exceptions, lexer, parser

from runner.mapping.compiler.graph import MOST_COPIES, Graph
from runner.mapping.functions import LIBRARY
from runner.mapping.hints import hint
from runner.mapping.registry import wrong_type, wrong_value
from runner.model.words import nearest

LONGEST = 4_000
"""Characters of an expression."""
DEEPEST = 60
"""Parts inside parts."""


@dataclass(frozen=True)
class Mistake:
    """Why a text is not an expression: a stable code, what, where in the text, and the remedy."""

    code: str
    message: str
    offset: int
    remedy: str


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
    takes = _takes(known[name]["signature"], given)
    if takes is not None:
        message = f"`{name}` takes {takes} argument{'s' * (takes != '1')}, not {given}"
        yield Mistake("wrong-arity", message, offset, f"see `{name}` in `runner docs`")
        return
    for position, argument in enumerate(arguments):
        if argument["type"] == "literal":
            yield from _literal(name, position, argument["value"], offset)


def _takes(signature: Sequence[Mapping[str, Any]], given: int) -> str | None:
    """How many arguments a function takes, in words; None where `given` is right."""
    least, most = sum(not argument.get("optional") for argument in signature), len(signature)
    is_variadic = bool(signature) and bool(signature[-1].get("variadic"))
    if least <= given and (given <= most or is_variadic):
        return None
    if is_variadic:
        return f"at least {least}"
    return f"{least}" if least == most else f"{least} to {most}"


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
