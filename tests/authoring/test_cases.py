from __future__ import annotations

import json

import pytest

from runner.authoring.cases import cases, stray
from runner.authoring.folders import Folders
from runner.authoring.kinds import read_kinds
from runner.connector.library import Connectors
from runner.errors import NotFound


def test_case_is_named_by_folder_and_file(bench: Folders) -> None:
    (case,) = cases(bench)
    assert (case.id, case.connector, case.processor, case.name) == ("acme/job.typical", "acme", "job", "typical")


def test_only_the_cases_of_one_connector(bench: Folders) -> None:
    assert cases(bench, "other") == []


def test_what_is_made_is_sorted_json_without_places(bench: Folders) -> None:
    (case,) = cases(bench)
    text = case.made(Connectors(bench.connectors).get("acme"))
    made = json.loads(text)
    assert text == json.dumps(made, indent=2, sort_keys=True) + "\n"
    assert made["record"]["fields"]["name"] == "Water heater"
    assert made["predicates"] == {"inactive": False}


def test_flaw_has_no_place_in_a_snapshot(bench: Folders) -> None:
    (bench.examples / "acme" / "job.typical.json").write_text('{"number": 1}')
    (case,) = cases(bench)
    made = json.loads(case.made(Connectors(bench.connectors).get("acme")))
    assert made == {
        "outcome": "quarantined",
        "predicates": {"inactive": False},
        "flaws": [
            {
                "processor": "job",
                "part": "id",
                "message": "`id` gives no id: it must be a text or a whole number",
                "expression": "id",
            }
        ],
    }


def test_example_of_a_processor_that_does_not_exist(bench: Folders) -> None:
    (bench.examples / "acme" / "jb.typical.json").write_text("{}")
    connector = Connectors(bench.connectors).get("acme")
    with pytest.raises(NotFound, match=r"acme has no processor `jb` \(there are: job\)"):
        cases(bench)[0].made(connector)


def test_record_that_its_schema_refuses(bench: Folders) -> None:
    (bench.examples / "acme" / "job.typical.json").write_text('{"id": 1, "name": "x", "status": "open"}')
    connector = Connectors(bench.connectors).get("acme")
    assert cases(bench)[0].unfit(connector, read_kinds(bench.records)) == []
    (bench.records / "project.schema.json").write_text('{"type": "object", "required": ["stage"]}')
    (flaw,) = cases(bench)[0].unfit(connector, read_kinds(bench.records))
    assert flaw.startswith("project 1: `the record` does not satisfy project.schema.json")


def test_snapshot_whose_example_is_gone_is_stray(bench: Folders) -> None:
    left = bench.snapshots / "acme" / "job.gone.json"
    left.parent.mkdir(parents=True)
    left.write_text("{}")
    (left.parent / "job.typical.json").write_text("{}")
    assert stray(bench) == [left]
