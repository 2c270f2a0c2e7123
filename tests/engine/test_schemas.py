from __future__ import annotations

from pathlib import Path

import pytest

from runner.engine.schemas import RecordSchemas
from runner.errors import SettingsError
from runner.model.record import Record
from tests.partners import CONNECTORS, SCHEMAS


def project(**fields: object) -> Record:
    return Record("project", "1", {"name": "Roof", **fields}, processor="job")


def test_a_record_that_satisfies_its_schema_is_itself() -> None:
    record = project(status="scheduled")
    assert SCHEMAS.mend(record) == (record, [])
    assert SCHEMAS.flaws(record) == []


def test_an_optional_field_that_does_not_fit_is_null_and_a_warning() -> None:
    mended, flaws = SCHEMAS.mend(project(status="asleep", number="7"))
    assert mended is not None
    assert mended.fields == {"name": "Roof", "status": None, "number": "7"}
    assert [(flaw.part, flaw.fatal, flaw.external_id) for flaw in flaws] == [("status", False, "1")]


def test_only_the_wrong_part_of_an_object_is_left_out() -> None:
    mended, _ = SCHEMAS.mend(project(address={"street": "1 Main St", "city": 5}))
    assert mended is not None
    assert mended.fields["address"] == {"street": "1 Main St", "city": None}


def test_a_list_with_a_wrong_item_is_left_out_as_a_whole() -> None:
    mended, _ = SCHEMAS.mend(project(users=["1", 2]))
    assert mended is not None
    assert mended.fields["users"] is None


@pytest.mark.parametrize("fields", [{}, {"name": None}, {"name": 5}, {"name": "x", "colour": "red"}])
def test_a_required_field_or_an_unknown_one_is_fatal(fields: dict[str, object]) -> None:
    mended, flaws = SCHEMAS.mend(Record("project", "1", fields, processor="job"))
    assert mended is None
    assert all(flaw.fatal for flaw in flaws)
    assert "schemas/records/project.schema.json" in flaws[0].message


def test_a_message_does_not_repeat_the_value() -> None:
    flaws = SCHEMAS.flaws(project(status="Ann, +1 402 555 0100"))
    assert "402" not in flaws[0].message
    assert "`status` of project is str" in flaws[0].message


def test_every_kind_that_a_connector_makes_has_a_schema() -> None:
    kinds = {one.record for connector in CONNECTORS.all() for one in connector.processors.values()}
    SCHEMAS.require(kinds)


def test_a_kind_without_schema_is_named() -> None:
    with pytest.raises(SettingsError, match="spaceship"):
        SCHEMAS.require({"spaceship", "project"})


@pytest.mark.parametrize("text", ['{"type": 3}', "{", "[]"])
def test_a_file_that_is_no_schema_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "thing.schema.json").write_text(text)
    with pytest.raises(SettingsError, match=r"thing\.schema\.json"):
        RecordSchemas.read(tmp_path)
