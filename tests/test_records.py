"""The examples of the shipped connectors, mapped: what comes of each, and that every record satisfies its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

from runner.connector.connector import Connector
from runner.connector.loader import load
from runner.model.record import Processed, Record

ROOT = Path(__file__).parent.parent
SCHEMAS = {path.name.split(".")[0]: path for path in (ROOT / "schemas" / "records").glob("*.schema.json")}
SHIPPED = (
    "companycam",
    "dropbox",
    "googlecalendar",
    "housecallpro",
    "hover",
    "hubspot",
    "jobber",
    "pipedrive",
    "quickbooks",
    "servicetitan",
    "teamup",
)
CONNECTORS = [ROOT / "connectors" / f"{name}.yaml" for name in SHIPPED]
EXAMPLES = [path for name in SHIPPED for path in sorted((ROOT / "connectors" / "examples" / name).glob("*.json"))]
# What comes of an example that is neither a record nor named `<processor>.error_...`.
OTHERWISE = {
    "servicetitan/appointment_assignment.no_technician": "quarantined",
    "servicetitan/contact_info.empty_value": "quarantined",
    "servicetitan/contact_info.fax": "skipped",
    "servicetitan/customer.no_name": "quarantined",
    "servicetitan/job.no_location": "quarantined",
    "jobber/client.lead": "skipped",
    "jobber/client.nothing_to_call_by": "quarantined",
    "jobber/visit.no_job": "quarantined",
    "jobber/visit_assignment.alone": "quarantined",
    "housecallpro/customer.nothing_to_call_by": "quarantined",
    "housecallpro/job_assignment.alone": "quarantined",
    "hover/image.no_url": "quarantined",
    "hover/listed_job.not_completed": "skipped",
    "quickbooks/agave_customer.no_source_data": "quarantined",
    "quickbooks/agave_payment.no_source_data": "quarantined",
    "quickbooks/estimate.deleted": "skipped",
    "quickbooks/payment.deleted": "skipped",
    "googlecalendar/event.deleted": "skipped",
    "googlecalendar/event.out_of_office": "skipped",
    "hubspot/associations.alone": "quarantined",
    "hubspot/contact.nobody": "quarantined",
    "pipedrive/deal.no_title": "quarantined",
    "pipedrive/person.nobody": "quarantined",
    "companycam/contact.empty": "quarantined",
    "companycam/photo.duplicate": "skipped",
    "companycam/photo.pending": "skipped",
    "companycam/photo.processing_error": "skipped",
    "dropbox/entry.deleted": "skipped",
    "dropbox/entry.unknown_tag": "skipped",
}
INACTIVE = {
    "servicetitan/appointment_assignment.unassigned",
    "servicetitan/customer.inactive",
    "servicetitan/customer.merged",
    "servicetitan/estimate.inactive",
    "servicetitan/contact_info.inactive_from_export",
    "servicetitan/job.canceled",
    "servicetitan/job.inactive_from_export",
    "servicetitan/location.inactive",
    "servicetitan/location.merged",
    "servicetitan/technician.inactive",
    "jobber/client.archived",
    "jobber/job.archived",
    "jobber/property.inside_archived_client",
    "companycam/user.deleted",
    "housecallpro/estimate.canceled",
    "housecallpro/job.deleted",
    "housecallpro/job.pro_canceled",
    "housecallpro/job.user_canceled",
    "hover/job.archived",
    "hover/job_v2.listed_archived",
    "hover/model.archived",
    "quickbooks/agave_customer.inactive",
    "quickbooks/agave_payment.voided",
    "quickbooks/customer.inactive",
    "quickbooks/job.inactive",
    "quickbooks/payment.voided",
    "companycam/project.archived",
    "companycam/project.deleted",
    "companycam/photo.deleted",
    "googlecalendar/calendar.removed",
    "googlecalendar/event.canceled_occurrence",
    "googlecalendar/event.canceled_occurrence_all_day",
    "googlecalendar/event.deleted",
    "hubspot/company.archived",
    "hubspot/contact.archived",
    "hubspot/deal.archived",
    "hubspot/owner.archived",
    "pipedrive/deal.archived",
    "pipedrive/deal.deleted",
    "pipedrive/deal.v1_deleted",
    "pipedrive/lead.archived",
    "pipedrive/organization.deleted",
    "pipedrive/organization.v1_inactive",
    "pipedrive/person.deleted",
    "pipedrive/person.v1_inactive",
    "pipedrive/user.inactive",
    "teamup/event.deleted",
    "teamup/subcalendar.inactive",
    "dropbox/account.disabled",
    "dropbox/team_member.removed",
    "dropbox/team_member.suspended",
}


@cache
def connector(name: str) -> Connector:
    return load(ROOT / "connectors" / f"{name}.yaml")


@cache
def schema(kind: str) -> dict[str, Any]:
    return json.loads(SCHEMAS[kind].read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def process(path: Path) -> Processed:
    found = connector(path.parent.name)
    processor = path.name.split(".")[0]
    payload = json.loads(path.read_text(encoding="utf-8"))
    return found.processor(processor).process(payload, processor, found.processor)


def outcome(processed: Processed) -> str:
    if processed.record:
        return "record"
    return "error" if processed.error else "skipped" if processed.skipped or processed.gone else "quarantined"


def records(processed: Processed) -> Iterator[Record]:
    if processed.record:
        yield processed.record
    for inner in processed.nested:
        yield from records(inner)


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_an_example_comes_out_as_its_name_says(path: Path) -> None:
    expected = "error" if ".error_" in path.name else OTHERWISE.get(name_of(path), "record")
    assert outcome(process(path)) == expected


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_every_record_of_an_example_satisfies_its_schema(path: Path) -> None:
    for record in records(process(path)):
        wrong = [error.message for error in Draft202012Validator(schema(record.kind)).iter_errors(record.fields)]
        assert not wrong, (record.kind, record.fields)


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_both_validators_are_of_one_mind(path: Path) -> None:
    for record in records(process(path)):
        assert jsonschema_rs.validator_for(schema(record.kind)).is_valid(record.fields), record.fields


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_only_what_ended_at_the_partner_is_inactive(path: Path) -> None:
    record = process(path).record
    assert record is None or record.inactive == (name_of(path) in INACTIVE)


def test_no_example_has_flaws_beside_those_that_quarantine_it() -> None:
    flawed = {name_of(path) for path in EXAMPLES if process(path).flaws}
    assert flawed == {name for name, expected in OTHERWISE.items() if expected == "quarantined"}


@pytest.mark.parametrize(
    "name",
    [
        "servicetitan/job.typical",
        "jobber/job.own_payload",
        "housecallpro/job.typical",
        "hover/job.typical",
        "quickbooks/job.typical",
    ],
)
def test_jobs_side_by_side_fill_the_same_fields(name: str) -> None:
    record = process(ROOT / "connectors" / "examples" / f"{name}.json").record
    assert record is not None
    filled = {field for field, value in record.fields.items() if value is not None}
    assert filled >= {"name", "status", "contact", "created_at", "updated_at"}
    assert filled & {"address", "location"}


@pytest.mark.parametrize("path", CONNECTORS, ids=lambda path: path.stem)
def test_every_processor_has_three_examples(path: Path) -> None:
    counts = {
        name: len(list((path.parent / "examples" / path.stem).glob(f"{name}.*.json")))
        for name in connector(path.stem).processors
    }
    assert all(count >= 3 for count in counts.values()), counts


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_no_example_is_left_over(path: Path) -> None:
    assert path.name.split(".")[0] in connector(path.parent.name).processors


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_valid(kind: str) -> None:
    Draft202012Validator.check_schema(schema(kind))
    jsonschema_rs.validator_for(schema(kind))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_closed_and_every_field_is_described(kind: str) -> None:
    found = schema(kind)
    assert found["additionalProperties"] is False
    assert all(field.get("description") for field in found["properties"].values())


@pytest.mark.parametrize("kind", SCHEMAS)
def test_no_field_takes_a_reserved_name(kind: str) -> None:
    assert not set(schema(kind)["properties"]) & {"id", "kind", "connector", "inactive", "links"}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_required_fields_are_declared(kind: str) -> None:
    found = schema(kind)
    assert set(found.get("required", [])) <= set(found["properties"])


def test_what_schemas_share_is_the_same_in_all() -> None:
    shared: dict[str, Any] = {}
    for kind in SCHEMAS:
        for name, part in schema(kind)["$defs"].items():
            assert shared.setdefault(name, part) == part, (kind, name)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("project", {"number": "7"}),
        ("project", {"name": None}),
        ("project", {"name": "A", "status": "done"}),
        ("project", {"name": "A", "created_at": "2026-05-04"}),
        ("project", {"name": "A", "created_at": "2026-05-04T15:20:10Z"}),
        ("project", {"name": "A", "location": 7}),
        ("project", {"name": "A", "colour": "red"}),
        ("project", {"name": "A", "address": {"zip": "68508"}}),
        ("project", {"name": "A", "coordinates": {"latitude": 91}}),
        ("contact", {"company_name": "Sample Co"}),
        ("contact", {"name": ""}),
        ("contact", {"phone": "402-555-0100"}),
        ("user", {"phone": "+14025550100"}),
        ("assignment", {"project": "7", "user": None}),
        ("contact_method", {"type": "fax", "value": "1", "contact": "7"}),
    ],
)
def test_a_worthless_record_is_refused(kind: str, fields: dict[str, Any]) -> None:
    assert not jsonschema_rs.validator_for(schema(kind)).is_valid(fields)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("project", {"name": "A"}),
        ("location", {}),
        ("contact", {"email": "owner@example.com", "name": None}),
        ("user", {"name": "Robin", "email": None}),
        ("assignment", {"project": "7", "user": "3"}),
        ("appointment", {"status": "unscheduled", "starts_at": None}),
    ],
)
def test_the_least_that_is_worth_something_is_taken(kind: str, fields: dict[str, Any]) -> None:
    assert jsonschema_rs.validator_for(schema(kind)).is_valid(fields)
