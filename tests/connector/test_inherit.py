"""What partners' payloads share is declared once."""

from __future__ import annotations

from typing import Any

import pytest

from runner.connector.connector import Connector
from runner.connector.loader import check
from runner.model.record import as_id
from tests.test_messages import GOOD

SHARED = GOOD.replace(
    "processors:\n",
    """\
groups:
  address:
    street: trim(line1) || trim(line2)
    city: trim(city)
processors:
  site:
    record: location
    id: id
    fields:
      address: {group: address, of: where.address || address}
  closed_job:
    extends: job
    when: {inactive: "@"}
    fields: {phone: null, name: upper(title), note: note}
""",
)


def loaded(text: str = SHARED) -> Connector:
    connector, findings = check(text, "acme.yaml")
    assert findings == []
    assert connector is not None
    return connector


def fields(processor: str, payload: dict[str, Any]) -> dict[str, Any]:
    connector = loaded()
    record = connector.processor(processor).process(payload, processor, connector.processor).record
    assert record is not None
    return record.fields


@pytest.mark.parametrize(
    "payload",
    [
        {"where": {"address": {"line2": " 1 Main St ", "city": "Lincoln"}}},
        {"address": {"line1": "1 Main St", "city": "Lincoln"}},
    ],
)
def test_a_group_reads_what_it_is_given(payload: dict[str, Any]) -> None:
    assert fields("site", {"id": 1, **payload}) == {"address": {"street": "1 Main St", "city": "Lincoln"}}


def test_a_group_of_nothing_is_null() -> None:
    assert fields("site", {"id": 1}) == {"address": None}


def test_an_extending_processor_has_what_it_does_not_change() -> None:
    processor = loaded().processor("closed_job")

    assert (processor.record, as_id(processor.id.search({"id": 7})), str(processor.cursor)) == (
        "project",
        "7",
        "updated",
    )


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("{group: address, of: where, city: upper(town)}", {"street": "1 Main St", "city": "LINCOLN"}),
        ("{group: address, of: where, city: null}", {"street": "1 Main St"}),
        ("{group: address, of: where, note: note}", {"street": "1 Main St", "city": None, "note": "x"}),
    ],
)
def test_names_beside_a_group_are_added_or_replace(place: str, expected: dict[str, Any]) -> None:
    payload = {"id": 1, "town": "Lincoln", "note": "x", "where": {"line1": "1 Main St"}}
    connector = loaded(SHARED.replace("{group: address, of: where.address || address}", place))
    record = connector.processor("site").process(payload, "site", connector.processor).record
    assert record is not None
    assert record.fields == {"address": expected}


def test_all_fields_may_begin_with_a_group() -> None:
    connector = loaded(SHARED.replace("    fields:\n      address: {", "    fields: {name: id, "))
    record = (
        connector.processor("site").process({"id": 1, "address": {"city": "York"}}, "site", connector.processor).record
    )
    assert record is not None
    assert record.fields == {"street": None, "city": "York", "name": 1}


ABSTRACT = SHARED.replace(
    "  site:\n", "  entity:\n    abstract: true\n    id: id\n  site:\n    extends: entity\n"
).replace("    record: location\n    id: id\n", "    record: location\n")


def test_an_abstract_processor_is_no_processor_itself() -> None:
    connector = loaded(ABSTRACT)
    record = connector.processor("site").process({"id": 1}, "site", connector.processor).record
    assert record is not None
    assert record.external_id == "1"
    assert sorted(connector.processors) == ["closed_job", "job", "site"]


def test_an_abstract_processor_that_nothing_extends_must_be_whole() -> None:
    _, findings = check(ABSTRACT.replace("    extends: entity\n", "    id: id\n"), "acme.yaml")

    assert [finding.message for finding in findings] == [
        "`processors.entity` needs `fields`",
        "`processors.entity` needs `record`",
    ]


WRAPPED = SHARED.replace(
    "  closed_job:\n",
    """\
  wrapped_site:
    extends: site
    of: source.data || source
    fields: {note: note}
    relations: {owner: {record: contact, id: id}}
  closed_job:
""",
).replace(
    "    record: location\n", "    record: location\n    cursor: at\n    relations: {job: {record: project, id: job}}\n"
)
INNER = {"id": 7, "at": "2026-05-04T15:20:10Z", "job": 3, "address": {"line1": "1 Main St"}}


@pytest.mark.parametrize("source", [INNER, {"data": INNER}])
def test_an_extended_processor_reads_the_part_it_is_given(source: dict[str, Any]) -> None:
    connector = loaded(WRAPPED)
    payload = {"id": "outer", "note": "x", "source": source}
    record = connector.processor("wrapped_site").process(payload, "wrapped_site", connector.processor).record
    assert record is not None
    assert (record.external_id, record.version) == ("7", "2026-05-04T15:20:10.000000Z")
    assert record.fields == {
        "address": {"street": "1 Main St", "city": None},
        "note": "x",
        "job": "3",
        "owner": "outer",
    }


def test_it_changes_adds_and_takes_away() -> None:
    assert fields("closed_job", {"id": 1, "title": "Roof", "note": "x", "phone": "402-555-0100"}) == {
        "name": "ROOF",
        "note": "x",
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "group: address, of",
            "group: adress, of",
            "acme.yaml:36:24: unknown-group: there is no group `adress` (did you mean `address`?)",
        ),
        (
            "extends: job",
            "extends: jobb",
            "acme.yaml:38:14: unknown-processor: there is no processor `jobb` (did you mean `job`?)",
        ),
        (
            "street: trim(line1)",
            "street: trimm(line1)",
            "acme.yaml:29:13: unknown-function: there is no function `trimm` (did you mean `trim`?)",
        ),
        (
            "    record: location\n",
            "    of: inner\n    record: location\n",
            (
                "acme.yaml:33:9: unknown-field: `of` says what an extended processor reads, and none is extended "
                "(name one in `extends`, or remove it)"
            ),
        ),
        (
            "extends: job\n",
            "extends: job\n    of: inner[\n",
            ("acme.yaml:39:15: bad-expression: `inner[` ends too early (the brackets do not match)"),
        ),
        (
            "extends: job\n",
            "extends: closed_job\n",
            (
                "acme.yaml:38:14: circular-extends: these processors extend each other: closed_job -> closed_job "
                "(let one stand alone)"
            ),
        ),
    ],
)
def test_says_what_does_not_fit(old: str, new: str, expected: str) -> None:
    _, findings = check(SHARED.replace(old, new), "acme.yaml")

    assert [str(finding) for finding in findings] == [expected]
