from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.authoring.fmt import formatted
from runner.authoring.folders import Source
from runner.connector.connector import Connector
from runner.connector.document import read
from runner.errors import ConnectorError


def laid_out(text: str) -> str:
    return formatted(text, "acme.yaml", Connector)


def test_scaffold_is_laid_out(spec: Callable[..., Source]) -> None:
    assert laid_out(spec().text) == spec().text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("title: A\nconnector: a\n", "connector: a\ntitle: A\n"),
        (
            "# file\ndocs: d\n# what\ntitle: A\n# who\nconnector: a  # n\n",
            "# file\n# who\nconnector: a  # n\n# what\ntitle: A\ndocs: d\n",
        ),
        ("app:\n      x:   {  title : T,secret:  true }\n", "app:\n  x: {title: T, secret: true}\n"),
        ("app:\n    # about x\n    x: {title: T}   \n\n\n", "app:\n  # about x\n  x: {title: T}\n"),
        (
            "http:\n  errors:\n  - {do: fail}\n  -   do: retry\n      status: [429,  503]\n",
            "http:\n  errors:\n    - {do: fail}\n    - status: [429, 503]\n      do: retry\n",
        ),
        (
            "endpoints:\n    x:\n        graphql: |\n            { a\n              b }\n        with: {}\n",
            "endpoints:\n  x:\n    with: {}\n    graphql: |\n      { a\n        b }\n",
        ),
        (
            "endpoints:\n   x:\n      get: &p /x\n   y: {get: *p}\n",
            "endpoints:\n  x:\n    get: &p /x\n  y: {get: *p}\n",
        ),
        (
            "processors:\n  x:\n    fields: {b: b, a: a}\n    id: id\n    record: user\n",
            "processors:\n  x:\n    record: user\n    id: id\n    fields: {b: b, a: a}\n",
        ),
        ("title: A #note\n", "title: A  #note\n"),
        ("\n\ntitle: A", "title: A\n"),
        ("syncs:\n   x: {full: {every: 1h}, endpoint: e}\n", "syncs:\n  x: {full: {every: 1h}, endpoint: e}\n"),
        ("app:\n    - a\n    - [b,c]\n", "app:\n  - a\n  - [b, c]\n"),
        ("title:\n   A\n", "title:\n   A\n"),
        (
            "webhooks:\n  events: {type: t}\n  verify:\n    secret: app.x\n    type: hmac\n",
            "webhooks:\n  verify:\n    type: hmac\n    secret: app.x\n  events: {type: t}\n",
        ),
        (
            "auth:\n  identify: {endpoint: e}\n  token: t\n  type: bearer\n",
            "auth:\n  type: bearer\n  token: t\n  identify: {endpoint: e}\n",
        ),
    ],
)
def test_layout(text: str, wanted: str) -> None:
    assert laid_out(text) == wanted


def test_names_keep_their_order() -> None:
    text = "endpoints:\n  b: {get: /b}\n  a: {get: /a}\n"
    assert laid_out(text) == text


def test_key_does_not_move_before_the_anchor_that_it_uses() -> None:
    text = "title: &t A\nconnector: *t\n"
    assert laid_out(text) == text


@pytest.mark.parametrize("text", ["? a\n: b\n", "a:\n  - - 1\n    - 2\n", "[a]\n"])
def test_unusual_form_is_left_and_told(text: str) -> None:
    with pytest.raises(ConnectorError, match="unformatted: the file stays as it is"):
        laid_out(text)


def test_no_yaml_is_told() -> None:
    with pytest.raises(ConnectorError, match="bad-yaml"):
        laid_out("a: {\n")


texts = st.text(st.sampled_from("ab #:'\"|&*{}[]-\n"), max_size=8)
keys = st.sampled_from(["connector", "title", "app", "http", "endpoints", "auth", "type", "x", "with", "get"])
data = st.recursive(
    texts | st.integers() | st.booleans() | st.none(),
    lambda inner: st.dictionaries(keys, inner, min_size=1, max_size=4) | st.lists(inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None, derandomize=True)
@given(st.dictionaries(keys, data, min_size=1, max_size=5), st.sampled_from([2, 3, 4]), st.sampled_from([None, False]))
def test_any_layout_is_stable_and_says_the_same(value: dict[str, Any], indent: int, flow: bool | None) -> None:
    text = yaml.safe_dump(value, indent=indent, default_flow_style=flow, sort_keys=False)
    try:
        made = laid_out(text)
    except ConnectorError:
        return
    assert read(made, "").data == read(text, "").data
    assert laid_out(made) == made


SCAFFOLD = (files("runner.authoring") / "templates" / "connector.yaml").read_text(encoding="utf-8")
SCAFFOLD_LINES = SCAFFOLD.splitlines()


def test_wider_indentation_comes_back() -> None:
    wide = "\n".join(" " * (len(line) - len(line.lstrip())) + line for line in SCAFFOLD_LINES)
    assert laid_out(wide) == SCAFFOLD


@settings(deadline=None, derandomize=True)
@given(st.permutations(range(4)))
def test_order_of_a_block_comes_back(shuffled: list[int]) -> None:
    keys = ["    title: A job", "    record: project", "    id: id", "    cursor: updated_at"]
    text = SCAFFOLD.replace("\n".join(keys), "\n".join(keys[index] for index in shuffled))
    assert laid_out(text) == SCAFFOLD


notes = st.tuples(st.integers(0, len(SCAFFOLD_LINES)), st.integers(0, 8), st.sampled_from(["# a", "#b: c", "#"]))


@given(st.lists(notes, max_size=6), st.permutations(range(4)))
@settings(deadline=None, derandomize=True)
def test_comments_anywhere_are_kept(added: list[tuple[int, int, str]], shuffled: list[int]) -> None:
    keys = ["    title: A job", "    record: project", "    id: id", "    cursor: updated_at"]
    lines = SCAFFOLD.replace("\n".join(keys), "\n".join(keys[index] for index in shuffled)).splitlines()
    for line, indent, note in sorted(added, reverse=True):
        lines.insert(line, " " * indent + note)
    made = laid_out("\n".join(lines))
    assert sorted(line.strip() for line in made.splitlines() if "#" in line) == sorted(
        line.strip() for line in lines if "#" in line
    )
    assert laid_out(made) == made
    assert read(made, "").data == read(SCAFFOLD, "").data
