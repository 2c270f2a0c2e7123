"""The JSON Schema comes from the declarations, and takes what the loader takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from runner.connector.config import Config
from runner.connector.connector import Connector
from runner.connector.document import read
from runner.connector.library import Connectors
from runner.connector.schema import drifted, generate, wanted

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads(generate(Connector))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_committed_files_are_what_the_declarations_say() -> None:
    assert drifted(ROOT / "schemas") == []


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    for path, text in wanted(tmp_path).items():
        path.write_bytes(text)
    (tmp_path / "connector.schema.json").write_text("{}")

    assert [path.name for path in drifted(tmp_path)] == ["connector.schema.json"]


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", Connectors(ROOT / "connectors").files(), ids=lambda path: path.stem)
def test_shipped_connectors_satisfy_it(path: Path) -> None:
    assert list(VALIDATOR.iter_errors(read(path.read_text(), str(path)).data)) == []


def test_runner_yaml_satisfies_its_own() -> None:
    text = (ROOT / "runner.yaml").read_text()

    assert list(jsonschema.Draft202012Validator(json.loads(generate(Config))).iter_errors(read(text, "r").data)) == []


def test_an_error_lands_on_the_very_key() -> None:
    data = read((ROOT / "connectors" / "jobber.yaml").read_text(), "jobber.yaml").data
    data["endpoints"]["clients"]["paginate"]["nxt"] = "x"

    errors = list(VALIDATOR.iter_errors(data))

    assert [list(error.path) for error in errors] == [["endpoints", "clients", "paginate"]]
    assert "'nxt' was unexpected" in errors[0].message


def described(schema: Any, path: str = "") -> list[str]:
    """The places of options without a description."""
    if not isinstance(schema, dict):
        return []
    bare = []
    for name, option in schema.get("properties", {}).items():
        if "if" not in path and "description" not in option and "$ref" not in option and "allOf" not in option:
            bare.append(f"{path}.{name}")
    for key, value in schema.items():
        if key == "$defs":
            for name, inner in value.items():
                bare += described(inner, name)
    return bare


def test_every_block_and_option_is_described() -> None:
    assert described(SCHEMA, "connector") == []
    assert [name for name, block in SCHEMA["$defs"].items() if "description" not in block] == []
