from __future__ import annotations

from runner.authoring.explanation import Explained
from runner.cli.mapping import explained_lines, shown
from runner.connector.processor import Processor

EXPLAINED = [
    Explained("id", "id", "a.yaml:3:9", 7, None),
    Explained("fields.name", "trim(name) ||\n  title", "a.yaml:5:13", None, "the payload has no key `name`"),
]


def test_each_part_shows_value_expression_place_and_reason() -> None:
    assert list(explained_lines(EXPLAINED)) == [
        "id           7",
        "               id   a.yaml:3:9",
        "fields.name  null",
        "               trim(name) || title   a.yaml:5:13",
        "               because the payload has no key `name`",
    ]


def test_long_value_is_cut() -> None:
    line = next(iter(explained_lines([Explained("x", "x", "", "y" * 500, None)])))
    assert line == 'x  "' + "y" * 56 + "..."


def test_what_was_left_out_is_told_before_it_is_explained() -> None:
    job = Processor.model_validate({"record": "project", "id": "id", "fields": {"size": "sum(id)"}})
    made = job.process({"id": "7"}, "job", lambda _: job)
    told = list(shown(job, lambda _: job, [({"id": "7"}, made)], explain=True, as_json=False))
    assert told[0] == "outcome: record"
    assert told[1].startswith("warning: job of 7: `size`: `sum(id)`: sum() needs array-number, got string")
