"""A text in the wrong quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jmespath import lexer

from runner.authoring.rules.rule import Doubt, Subject, rule
from runner.components.block import parts
from runner.connector.document import value_at
from runner.mapping.expression import Expression
from runner.model.text import place_of

_COMPARED = ("eq", "ne")
_NEEDLESS = re.compile(r"[A-Za-z_]\w*", re.ASCII)
Token = Mapping[str, Any]


@rule("quoted-field")
def quoted_field(subject: Subject) -> Iterator[Doubt]:
    """Avoid: `trim(city) || "Lincoln"` and `status == "archived"`.

    Prefer: `trim(city) || 'Lincoln'`

    Why: in JMESPath `"..."` is the name of a field, and only `'...'` is a text. Nothing fails: the value is null.
    """
    for path, part in parts(subject.connector):
        if not isinstance(part, Expression) or '"' not in part.text:
            continue
        for token in _doubtful(list(lexer.Lexer().tokenize(part.text))):
            place = place_of(value_at(subject.document.data, path), token["start"])
            name = token["value"]
            message = f'`"{name}"` is read as a field named {name}'
            yield Doubt(
                place if place.line else part.place,
                message,
                f"write `'{name}'` when it is a text"
                + (f", `{name}` when it is a field" if _NEEDLESS.fullmatch(name) else ""),
            )


def _doubtful(tokens: Sequence[Token]) -> Iterator[Token]:
    """Names in quotes that stand alone as a default or beside `==`, and need no quotes or hold a blank."""
    for index, token in enumerate(tokens[:-1]):
        if token["type"] != "quoted_identifier":
            continue
        before = tokens[index - 1]["type"] if index else ""
        after = tokens[index + 1]["type"]
        alone = before != "dot" and after not in ("dot", "lbracket", "filter", "flatten", "colon")
        compared = before in ("or", *_COMPARED) or (after in _COMPARED and before != "pipe")
        if alone and compared and (_NEEDLESS.fullmatch(token["value"]) or re.search(r"\s", token["value"])):
            yield token
