from __future__ import annotations

from typing import Any

from runner.authoring.kinds import Kinds
from runner.authoring.reference.records import Maker, matrix, records_page
from runner.connector.processor import Processor

SCHEMA: dict[str, Any] = {
    "description": "A piece of work.",
    "required": ["name"],
    "properties": {
        "name": {"description": "Its name.", "type": "string"},
        "total": {"description": "Its price.", "anyOf": [{"$ref": "#/$defs/money"}, {"type": "null"}]},
        "address": {"description": "Where.", "anyOf": [{"$ref": "#/$defs/address"}, {"type": "null"}]},
        "contact": {"description": "The customer.", "type": ["string", "null"]},
    },
    "$defs": {
        "money": {"description": "An amount.", "x-unit": "cents", "type": "integer", "examples": [1250]},
        "address": {
            "description": "A postal address.",
            "properties": {
                "city": {"description": "The town.", "type": "string"},
                "region": {"description": "The state.", "type": "string"},
            },
        },
    },
}
KINDS = Kinds({"project": SCHEMA})


def maker(connector: str, **more: Any) -> Maker:
    made = {"record": "project", "id": "id", "fields": {"name": "name"}} | more
    return Maker(connector, "job", Processor.model_validate(made))


def rows(*makers: Maker) -> dict[str, list[str]]:
    lines = [line.strip("| ").split(" | ") for line in matrix(SCHEMA, makers).replace("|  |", "| . |").splitlines()]
    return {line[0]: [part.strip() for part in line[1:]] for line in lines}


def test_matrix_sets_processors_side_by_side() -> None:
    found = rows(maker("one", fields={"name": "a", "address": {"city": "b"}}), maker("two", fields={"address": "c"}))
    assert found["filled by"] == [
        "[one.job](connectors/one.md#processor-job)",
        "[two.job](connectors/two.md#processor-job)",
    ]
    assert found["`name`"] == ["x", "."]
    assert found["`address.city`"] == ["x", "x"]
    assert found["`address.region`"] == [".", "x"]


def test_matrix_tells_version_and_inactive() -> None:
    found = rows(maker("one", cursor="changed"), maker("two", when={"inactive": "gone"}))
    assert (found["`version`"], found["`inactive`"]) == (["x", "."], [".", "x"])


def test_relation_by_id_fills_its_field_and_a_nested_one_does_not() -> None:
    by_id = {"contact": {"record": "contact", "id": "customer"}}
    nested = {"contact": {"processor": "person", "each": "people"}}
    assert rows(maker("one", relations=by_id), maker("two", relations=nested))["`contact`"] == ["x", "."]


def test_page_tells_type_unit_meaning_and_need_of_every_field() -> None:
    page = records_page(KINDS, [])
    assert "## project\n\nA piece of work.\n" in page
    assert "| `name` | text |  | Its name. | yes |" in page
    assert "| `total` | [money](#money) | cents | Its price. |  |" in page
    assert "No processor makes it." in page


def test_shared_types_are_told_once_with_unit_parts_and_example() -> None:
    page = records_page(KINDS, [])
    assert "### money\n\nAn amount. Unit: cents.\n\n```text\n1250\n```" in page
    assert "### address\n\nA postal address.\n\n| field |" in page
    assert "| `city` | text |  | The town. |  |" in page
