"""Pieces of a document are what parsing all of it gives."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.mapping.expression import compile_expression
from runner.model.http import LARGE, Response
from runner.model.pieces import Pieces, decoded

NAMES = ("a", "b", "é", 'q"', "")
PATHS = st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple), max_size=4)
EXPRESSIONS = tuple(
    compile_expression(text)
    for text in (
        "a",
        "a.b",
        "a.b.a || b",
        "a[0].b",
        "a.{x: a, y: b.a}",
        "a.b[?a].b | [0]",
        "length(a || `[]`)",
        "b && !(a.b)",
        "a.* | [0]",
        "a.b[*].a",
        "max_by(b[*], &a)",
    )
)


def _text(dice: random.Random, depth: int) -> str:
    """Some JSON: names twice in one object, escaped names, blanks, numbers beyond 64 bits, and at times none at all."""
    pick = dice.random()
    if depth == 0 or pick < 0.3:
        return dice.choice(
            ("null", "1", "-0.5", "true", '"x"', '"\\u00e9\\n"', "123456789012345678901234567890", "[]", "{}")
        )
    if pick < 0.32:
        return dice.choice(("[1,]", '"\\ud800"', "tru", "01", '"\t"', "{'a':1}", ""))
    inner = [_text(dice, depth - 1) for _ in range(dice.randrange(4))]
    if pick < 0.5:
        return "[" + ", ".join(inner) + "]"
    names = [dice.choice(('"a"', '"\\u0061"', '"b"', '"é"', '"q\\""', '""')) for _ in inner]
    return "{" + " ,".join(f"{name}: {value}" for name, value in zip(names, inner, strict=True)) + "}"


def _whole(body: bytes) -> Any:
    return Response(200, {}, body).json


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


@settings(max_examples=400)
@given(st.randoms(use_true_random=False), PATHS)
def test_only_what_is_asked_for_is_as_in_the_whole(dice: random.Random, paths: list[tuple[str, ...]]) -> None:
    body = _text(dice, 5).encode()
    whole, part = _whole(body), Pieces(body).only(paths)
    assert [_at(part, path) for path in paths] == [_at(whole, path) for path in paths]


@settings(max_examples=400)
@given(st.randoms(use_true_random=False), st.sampled_from(EXPRESSIONS))
def test_expressions_see_no_difference(dice: random.Random, expression: Any) -> None:
    body = _text(dice, 5).encode()
    assert expression.reads is not None
    assert _value(expression, Pieces(body).only(expression.reads)) == _value(expression, _whole(body))


def _value(expression: Any, data: Any) -> Any:
    try:
        return expression.search(data)
    except Exception as error:
        return str(error)


@settings(max_examples=400)
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(NAMES), max_size=2).map(tuple))
def test_items_are_those_of_the_whole(dice: random.Random, path: tuple[str, ...]) -> None:
    body = _text(dice, 4).encode()
    found = _at(_whole(body), path)
    items = Pieces(body).items(path)
    assert (None if items is None else [decoded(item) for item in items]) == (
        found if isinstance(found, list) else None
    )


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": [1]} x', b'{"a": ["\xff"]}', b'{"b": "\xff", "a": [1]}'])
def test_what_is_no_json_has_no_pieces(body: bytes) -> None:
    assert (Pieces(body).items(("a",)), Pieces(body).only([("a",)])) == (None, {})


@pytest.mark.parametrize("size", [10, LARGE])
def test_a_response_gives_the_same_whatever_its_size(size: int) -> None:
    response = Response(200, {}, orjson.dumps({"a": {"b": 1, "c": 2}, "x": "y" * size}))
    assert _at(response.only([("a", "b")]), ("a", "b")) == 1
    assert response.only(None)["a"] == {"b": 1, "c": 2}


def test_of_a_large_response_nothing_else_is_decoded() -> None:
    response = Response(200, {}, orjson.dumps({"a": {"b": 1, "c": 2}, "x": "y" * LARGE}))
    assert response.only([("a", "b"), ("d",)]) == {"a": {"b": 1}}
