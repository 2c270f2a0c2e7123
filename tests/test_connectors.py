"""Each shipped connector: it loads, is linted, laid out, valid by the committed schema, and maps as pinned."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from syrupy.assertion import SnapshotAssertion

from runner.authoring.cases import Case, cases, stray
from runner.authoring.fmt import formatted
from runner.authoring.folders import folders, source
from runner.authoring.lint import lint
from runner.authoring.snapshots import check
from runner.authoring.validation import validate
from runner.connector.config import Config
from runner.connector.connector import Connector
from runner.connector.http import judge
from runner.connector.library import Connectors
from runner.connector.schema import drifted
from runner.model.http import Response

HERE = folders({})
CONNECTORS = Connectors(HERE.connectors)
FILES = HERE.files()
CASES = cases(HERE)


class CoreLoader(yaml.SafeLoader):
    """YAML's own types, but `on`, `yes` and dates as the texts that they look like."""


CoreLoader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in known if not tag.endswith((":timestamp", ":bool"))]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))  # type: ignore[no-untyped-call]  # not in the stubs


def plain(path: Path) -> object:
    return yaml.load(path.read_text(encoding="utf-8"), CoreLoader)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_file_has_no_findings(path: Path) -> None:
    assert validate([source(path)], HERE) == []


@pytest.mark.parametrize("path", CONNECTORS.files(), ids=str)
def test_connector_lints_clean(path: Path) -> None:
    assert [finding for finding in lint([source(path)], HERE) if finding.severity != "info"] == []


@pytest.mark.parametrize("path", FILES, ids=str)
def test_file_is_laid_out(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert formatted(text, str(path), Config if HERE.is_config(str(path)) else Connector) == text


@pytest.mark.parametrize("path", FILES, ids=str)
def test_file_satisfies_the_committed_schema(path: Path) -> None:
    name = "runner" if HERE.is_config(str(path)) else "connector"
    schema = json.loads((HERE.schemas / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(plain(path))] == []


def test_committed_schemas_are_those_of_the_code() -> None:
    assert drifted(HERE.schemas) == []


@pytest.mark.parametrize("name", CONNECTORS.names())
def test_every_processor_has_an_example(name: str) -> None:
    shown = {case.processor for case in CASES if case.connector == name}
    assert set(CONNECTORS.get(name).processors) == shown


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case_maps_as_pinned(case: Case, snapshot: SnapshotAssertion) -> None:
    check(case, CONNECTORS, HERE, snapshot)


def test_every_snapshot_has_its_example() -> None:
    assert stray(HERE) == []


@pytest.mark.parametrize("path", CONNECTORS.files(), ids=lambda path: path.stem)
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_partner_that_is_away_is_asked_again_whatever_its_body_says(path: Path, status: int) -> None:
    """An error in the body is judged by its words only where the status does not say that it passes by itself."""
    words = {"message": "Service temporarily unavailable"}
    bodies = [words, {"error": words}, {"errors": [words]}, {"Fault": {"Error": [{"Message": "?", "code": "10000"}]}}]
    bodies += [{"fault": {"error": [{"message": "?", "code": "1"}]}}, {"error": "unavailable"}, {"success": False}]
    for body in bodies:
        found = judge(Response(status, {}, json.dumps(body).encode()), CONNECTORS.get(path.stem).http.errors)
        assert (found and found.do) == "retry", body
