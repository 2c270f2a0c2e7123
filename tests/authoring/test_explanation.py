from __future__ import annotations

from collections.abc import Callable

from runner.authoring.explanation import Explained, explain
from runner.authoring.folders import Source
from runner.connector.loader import check

PAYLOAD = {"id": 7, "number": 4517, "name": "  ", "updated_at": "soon", "status": "open"}


def explained(spec: Callable[..., Source], *edits: tuple[str, str]) -> dict[str, Explained]:
    source = spec(*edits)
    connector, _ = check(source.text, "acme.yaml")
    assert connector is not None
    return {one.part: one for one in explain(connector.processors["job"], PAYLOAD, connector.processor)}


def test_every_expression_in_the_order_of_the_file(spec: Callable[..., Source]) -> None:
    parts = list(explained(spec))
    assert parts == ["id", "cursor", "when.inactive", "fields.number", "fields.name", "fields.updated_at"]


def test_null_has_place_and_reason(spec: Callable[..., Source]) -> None:
    one = explained(spec)["fields.updated_at"]
    assert one == Explained(
        "fields.updated_at", "iso8601(updated_at)", "acme.yaml:45:19", None, "iso8601() makes nothing of 'soon'"
    )


def test_failure_is_the_reason(spec: Callable[..., Source]) -> None:
    one = explained(spec, ("trim(name)", "sum(name)"))["fields.name"]
    assert (one.value, one.why) == (None, "`sum(name)`: sum() needs array-number, got string (convert it first)")


def test_predicate_is_true_or_false(spec: Callable[..., Source]) -> None:
    edits = ("inactive: status == 'archived'", "inactive: missing")
    assert explained(spec)["when.inactive"].value is False
    assert explained(spec, edits)["when.inactive"].why == "the payload has no key `missing`"


def test_relations_are_explained_too(spec: Callable[..., Source]) -> None:
    edit = ("    fields:", "    relations:\n      location: {record: location, id: site.id}\n    fields:")
    assert explained(spec, edit)["relations.location.id"].why == "the payload has no key `site`"


def test_payloads_inside_are_explained_with_what_is_handed_down(spec: Callable[..., Source]) -> None:
    inner = "    relations:\n      owners: {processor: owner, each: '[@]', with: {job: id}}\n    fields:\n"
    owner = "processors:\n  owner: {record: user, id: id, fields: {name: parent.job, email: mail}}\n"
    found = explained(spec, ("    fields:\n", inner), ("processors:\n", owner))
    assert found["owners[0].fields.name"].value == 7
    assert found["owners[0].fields.email"].why == "the payload has no key `mail`"
