from __future__ import annotations

import pytest

from runner.mapping.expression import compile_expression


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("errors", {("errors",)}),
        ("a.b.c", {("a", "b", "c")}),
        ("errors[?extensions.code == 'THROTTLED']", {("errors",)}),
        ("errors && !(data.client)", {("errors",), ("data", "client")}),
        ("a.b[0].c", {("a", "b")}),
        ("a[0].b", {("a",)}),
        ("a.{x: b, y: c.d}", {("a", "b"), ("a", "c", "d")}),
        ("a.* | [0]", {("a",)}),
        ("a.b | c", {("a", "b")}),
        ("join(',', names[*].first)", {("names",)}),
        ("max_by(rows, &size).id", {("rows",), ("size",)}),
        ("`1`", set()),
        ("@", None),
        ("*", None),
        ("[0]", None),
        ("keys(@)", None),
        ("errors || @", None),
    ],
)
def test_says_what_an_expression_reads(text: str, paths: set[tuple[str, ...]] | None) -> None:
    assert compile_expression(text).reads == paths


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("data", (("data",), False)),
        ("data.clients.nodes", (("data", "clients", "nodes"), False)),
        ("data[*]", (("data",), True)),
        ("a.b.c[*]", (("a", "b", "c"), True)),
        ("a.b || `[]`", (("a", "b"), False)),
        ("@", ((), False)),
        ("[*]", ((), True)),
        ("data[]", None),
        ("a[*].b", None),
        ("a[0]", None),
        ("a.{x: y}", None),
        ("rows[?live]", None),
        ("[a, b]", None),
        ("sort_by(a, &b)", None),
    ],
)
def test_says_where_a_plain_list_stands(text: str, found: object) -> None:
    assert compile_expression(text).list_path == found
