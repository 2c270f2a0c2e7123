from __future__ import annotations

from typing import Any

from runner.authoring.kinds import Kinds
from runner.authoring.reference.processors import section, to_kind, to_processor
from runner.connector.processor import Processor

KINDS = Kinds(
    {
        "project": {
            "required": ["name"],
            "properties": {
                "name": {"description": "What people call it.", "type": "string"},
                "contact": {"description": "The customer.", "type": "string"},
            },
        }
    }
)
MADE: dict[str, Any] = {"record": "project", "id": "id", "fields": {"name": "a || b"}}


def told(kinds: Kinds = KINDS, **more: Any) -> str:
    return "\n\n".join(section("job", Processor.model_validate(MADE | more), kinds))


def test_field_has_meaning_need_and_expression_with_bars_escaped() -> None:
    assert "| `name` | What people call it. | yes | `a \\|\\| b` |" in told()


def test_field_of_an_object_has_a_row_of_its_own() -> None:
    assert "| `address.city` |  |  | `town` |" in told(fields={"address": {"city": "town"}})


def test_relation_by_id_has_the_meaning_of_its_field() -> None:
    row = "| `contact` | one of the kind contact | The customer. |  | `customerId` |"
    assert row in told(relations={"contact": {"record": "contact", "id": "customerId"}})


def test_nested_relation_leads_to_its_processor_and_is_no_field() -> None:
    relation = {"processor": "person", "each": "people", "with": {"job": "id"}, "owned": True}
    row = "those that are gone become inactive |  |  | `people`, handed down `parent.job`: `id` |"
    text = told(relations={"contact": relation})
    assert f"| `contact` | records from inside, by [`person`](#processor-person); {row}" in text


def test_predicates_with_a_meaning_of_their_own_say_it() -> None:
    text = told(when={"valid": "id", "open": "isOpen"})
    assert "| `valid` | `id` | When false, the payload is quarantined. |" in text
    assert "| `open` | `isOpen` | Told beside the record. |" in text


def test_summary_names_title_kind_id_and_cursor() -> None:
    text = told(title="A job", cursor="changed")
    assert "### Processor `job`\n\nA job. Becomes a record of the kind [project](../records.md#project)" in text
    assert "its id is `id`. How new it is: `changed`" in text


def test_error_answer_is_told() -> None:
    text = told(errors={"when": "error", "code": "error.code"})
    assert text.endswith("An error answer in its place is known by `error` (code: `error.code`).")


def test_without_schemas_fields_have_no_meaning_and_kinds_no_link() -> None:
    text = told(Kinds({}))
    assert "a record of the kind project;" in text
    assert "| `name` |  |  | `a \\|\\| b` |" in text


def test_links() -> None:
    assert to_kind("project", KINDS) == "[project](../records.md#project)"
    assert to_processor("a_b", "x.md", "x.a_b") == "[x.a_b](x.md#processor-a_b)"
