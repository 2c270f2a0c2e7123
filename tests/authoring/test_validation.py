from __future__ import annotations

from collections.abc import Callable

from runner.authoring.folders import Folders, Source
from runner.authoring.validation import validate


def said(sources: list[Source], bench: Folders) -> list[str]:
    found = validate(sources, bench)
    return [f"{finding.place.line}:{finding.place.column}: {finding.code}: {finding.message}" for finding in found]


def test_scaffold_has_no_findings(spec: Callable[..., Source], bench: Folders) -> None:
    assert said([spec()], bench) == []


def test_findings_of_all_checks_come_sorted_by_place(spec: Callable[..., Source], bench: Folders) -> None:
    wrong = spec(("record: project", "record: projct"), ("endpoint: jobs", "endpoint: job"))
    assert said([wrong], bench) == [
        "37:13: unknown-record: there is no kind of record `projct`",
        "48:20: unknown-endpoint: there is no endpoint `job`",
    ]


def test_config_is_told_by_its_name(bench: Folders) -> None:
    wrong = Source("somewhere/runner.yaml", "deliver: {}\nallow_host: []\n")
    assert said([wrong], bench) == ["2:1: unknown-field: `allow_host` is not a key of the file"]


def test_unreadable_config_gives_its_place(bench: Folders) -> None:
    (finding,) = validate([Source("runner.yaml", "deliver: {\n")], bench)
    assert finding.code == "bad-yaml"


def test_config_is_compared_with_the_connectors_of_the_folder(bench: Folders) -> None:
    rule = "deliver: {x: {record: project, to: nobody, input: {name: name}, create: c}}\n"
    assert said([Source("runner.yaml", rule)], bench) == ["1:36: unknown-connector: there is no connector `nobody`"]


def test_without_record_schemas_kinds_are_not_checked(spec: Callable[..., Source], bench: Folders) -> None:
    for path in bench.records.iterdir():
        path.unlink()
    assert said([spec(("record: project", "record: anything"))], bench) == []
