from __future__ import annotations

import json

from runner.authoring.report import report, summary
from runner.errors import Finding, Place

FINDING = Finding(Place("a.yaml", 2, 3), "unknown-field", "`x` is not a key", "did you mean `y`?")


def test_pretty_quotes_the_line_with_a_caret() -> None:
    assert report([FINDING], "pretty", {"a.yaml": "http:\n  x: 1\n"}) == (
        "a.yaml:2:3: unknown-field: `x` is not a key\n    did you mean `y`?\n    2 |   x: 1\n          ^"
    )


def test_pretty_cuts_a_long_line_around_the_column() -> None:
    text = report([Finding(Place("a", 1, 500), "c", "m")], "pretty", {"a": "x" * 499 + "Y" + "z" * 500})
    _, line, caret = text.split("\n")
    assert line[caret.index("^")] == "Y"
    assert len(line) < 130


def test_file_as_a_whole_has_no_line_to_quote() -> None:
    assert report([Finding(Place("a"), "c", "m")], "pretty", {}) == "a: c: m"


def test_github_escapes_data_and_properties() -> None:
    finding = Finding(Place("a,b.yaml", 1, 2), "c", "50% of\nit", severity="warning")
    assert report([finding], "github", {}) == "::warning file=a%2Cb.yaml,line=1,col=2,title=c::50%25 of%0Ait"


def test_json_is_a_list_of_objects() -> None:
    assert json.loads(report([FINDING], "json", {})) == [
        {
            "file": "a.yaml",
            "line": 2,
            "column": 3,
            "code": "unknown-field",
            "message": "`x` is not a key",
            "remedy": "did you mean `y`?",
            "severity": "error",
        }
    ]
    assert report([], "json", {}) == "[]"


def test_summary_counts() -> None:
    assert [summary(3, 0), summary(1, 1)] == ["3 files, no findings", "1 file, 1 finding"]
