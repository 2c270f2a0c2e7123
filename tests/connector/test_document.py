"""YAML as plain data: what it looks like is what it is, and everything has a place."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from runner.connector.document import read
from runner.connector.spots import split_lines
from runner.errors import ConnectorError, Finding, Place
from runner.model.text import Scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("12:30:00", "12:30:00"),
        ("0123", "0123"),
        ("2026-05-04", "2026-05-04"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("'7'", "7"),
        ("7", 7),
        ("-1.5", -1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("~", None),
        ("", None),
        (".inf", ".inf"),
    ],
)
def test_a_value_stays_what_it_looks_like(text: str, value: object) -> None:
    found = read(f"key: {text}\n", "x.yaml").data["key"]

    assert found == value
    assert isinstance(found, str) == isinstance(value, str)


def test_every_key_and_value_has_its_place() -> None:
    document = read("a:\n  b: {c: [1, two]}\n", "x.yaml")

    assert document.keys[("a", "b")] == Place("x.yaml", 2, 3)
    assert document.values[("a", "b", "c", 1)] == Place("x.yaml", 2, 14)
    assert document.data["a"]["b"]["c"][1].place == Place("x.yaml", 2, 14)


def test_a_place_inside_a_quoted_text_counts_from_its_first_character() -> None:
    text = read('a: "xyz"\n', "x.yaml").data["a"]

    assert isinstance(text, Scalar)
    assert text.at(2) == Place("x.yaml", 1, 7)


def test_a_place_inside_a_block_counts_its_lines() -> None:
    text = read("a: |-\n    first\n    second\n", "x.yaml").data["a"]

    assert text == "first\nsecond"
    assert text.at(text.index("cond")) == Place("x.yaml", 3, 7)


@pytest.mark.parametrize(
    "source",
    [
        "a: 'it''s ''x'' here'",
        'a: "tab\\t\\"q\\" \\u00e9 here"',
        "a: >-\n    one\n    two here\n\n    three",
        "a: plain\n   goes here",
        'a: "x \\\n   y here"',
        "a: 'x\n\n   y here'",
        "a: |-\n   x\n   y here",
    ],
)
def test_a_place_is_right_through_quotes_escapes_and_folding(source: str) -> None:
    text = read(source, "x.yaml").data["a"]

    place = text.at(text.index("here"))

    assert source.split("\n")[place.line - 1][place.column - 1 :].startswith("here")


@given(st.text(), st.sampled_from(["'", '"', ">", "|", None]))
@example("0\n", "|")
@example("\n0", "|")
def test_every_character_has_a_place_in_the_file(text: str, style: str | None) -> None:
    source = yaml.safe_dump({"a": text}, default_style=style, allow_unicode=True, width=20)
    try:
        found = read(source, "x.yaml").data["a"]
    except ConnectorError:
        return
    lines = split_lines(source)
    for offset in range(len(found) + 1 if isinstance(found, Scalar) else 0):
        place = found.at(offset)
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1


def test_the_nearest_place_stands_for_a_missing_one() -> None:
    assert read("a: {b: 1}\n", "x.yaml").place(("a", "c", "d")) == Place("x.yaml", 1, 4)


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    with pytest.raises(ConnectorError, match="too-large"):
        read("\n".join(lines), "x.yaml")


@pytest.mark.parametrize("text", ["", "a: [", "a: b: c", "? [a]\n: b", "- &x *x", "a: 1\n---\nb: 2", "\x00"])
def test_what_cannot_be_read_is_a_finding_with_a_place(text: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        read(text, "x.yaml")

    assert caught.value.findings[0].place.file == "x.yaml"


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_findings(text: str) -> None:
    findings: list[Finding] = []
    try:
        read(text, "x.yaml")
    except ConnectorError as error:
        findings = error.findings

    assert all(finding.place.file == "x.yaml" and finding.code for finding in findings)
