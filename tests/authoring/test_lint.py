from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.authoring.folders import Folders, Source
from runner.authoring.lint import lint

UNUSED = ("endpoints:\n", "endpoints:\n  spare:{}\n    get: /spare\n    records: '@'\n")


@pytest.fixture(autouse=True)
def _enough_examples(bench: Folders) -> None:
    typical = bench.examples / "acme" / "job.typical.json"
    for name in ("minimal", "canceled"):
        (typical.parent / f"job.{name}.json").write_bytes(typical.read_bytes())


def codes(source: Source, bench: Folders) -> list[str]:
    return [f"{finding.place.line}: {finding.code}" for finding in lint([source], bench)]


def test_scaffold_lints_clean(spec: Callable[..., Source], bench: Folders) -> None:
    assert codes(spec(), bench) == []


def test_few_examples_are_of_interest_only(spec: Callable[..., Source], bench: Folders) -> None:
    (bench.examples / "acme" / "job.minimal.json").unlink()
    (finding,) = lint([spec()], bench)
    assert (finding.code, finding.severity) == ("few-examples", "info")


def test_connector_that_does_not_load_gives_its_findings(bench: Folders) -> None:
    assert codes(Source("acme.yaml", "connector: acme\nx: 1\n"), bench)[-1] == "2: unknown-field"


def test_config_is_not_linted(bench: Folders) -> None:
    assert codes(Source("runner.yaml", "x: 1\n"), bench) == []


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("", ["25: unused-endpoint"]),
        ("  # lint: ignore unused-endpoint", []),
        ("  # lint: ignore plain-http, unused-endpoint (later)", []),
        ("  # lint: ignore plain-http", ["25: unused-endpoint"]),
    ],
)
def test_comment_on_the_line_ignores(
    comment: str, left: list[str], spec: Callable[..., Source], bench: Folders
) -> None:
    assert codes(spec((UNUSED[0], UNUSED[1].format(comment))), bench) == left


def test_comment_alone_above_ignores(spec: Callable[..., Source], bench: Folders) -> None:
    edit = (UNUSED[0], UNUSED[1].format("").replace("  spare", "  # lint: ignore unused-endpoint\n  spare"))
    assert codes(spec(edit), bench) == []


def test_comment_that_ignores_an_unknown_rule_is_told(spec: Callable[..., Source], bench: Folders) -> None:
    (finding,) = lint([spec(("timeout: 30s", "timeout: 30s  # lint: ignore plain-htp"))], bench)
    assert (finding.code, finding.remedy) == ("unknown-rule", "did you mean `plain-http`?")
