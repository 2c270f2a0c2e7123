from __future__ import annotations

from typing import Any

import pytest

from runner.authoring.reference.shape import RecordField, fields_of, find, leaves_of, required

SCHEMA: dict[str, Any] = {
    "required": ["name"],
    "anyOf": [{"required": ["email"]}, {"required": ["phone"]}],
    "properties": {
        "name": {"description": "Its name.", "type": "string"},
        "email": {"description": "E-mail.", "type": ["string", "null"]},
        "phone": {"description": "Phone.", "type": ["string", "null"]},
        "status": {"description": "How far.", "enum": ["open", "won", None]},
        "total": {"description": "What it costs.", "anyOf": [{"$ref": "#/$defs/money"}, {"type": "null"}]},
        "address": {"description": "Where.", "anyOf": [{"$ref": "#/$defs/address"}, {"type": "null"}]},
        "users": {"description": "Who.", "type": ["array", "null"], "items": {"$ref": "#/$defs/reference"}},
        "size": {"description": "How big.", "x-unit": "bytes", "type": ["integer", "null"]},
        "links": {"description": "By form.", "type": "object", "additionalProperties": {"type": ["string", "null"]}},
        "options": {
            "description": "Choices.",
            "type": "array",
            "items": {"required": ["title"], "properties": {"title": {"description": "T.", "type": "string"}}},
        },
    },
    "$defs": {
        "money": {"x-unit": "cents", "type": "integer"},
        "reference": {"type": "string"},
        "address": {"properties": {"city": {"description": "The town.", "type": "string"}}},
    },
}
FIELDS = {field.name: field for field in fields_of(SCHEMA)}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("name", "text"),
        ("status", "`open`, `won`"),
        ("total", "[money](#money)"),
        ("users", "list of [reference](#reference)"),
        ("size", "whole number"),
        ("links", "text by name"),
        ("options[].title", "text"),
    ],
)
def test_type_is_told_in_words(name: str, words: str) -> None:
    assert FIELDS[name].type == words


@pytest.mark.parametrize(("name", "unit"), [("total", "cents"), ("size", "bytes"), ("name", "")])
def test_unit_is_that_of_the_field_or_of_its_shared_type(name: str, unit: str) -> None:
    assert FIELDS[name].unit == unit


@pytest.mark.parametrize(("name", "needed"), [("name", "yes"), ("email", "one of these"), ("status", "")])
def test_required_says_which_of_three(name: str, needed: str) -> None:
    assert required(SCHEMA, name) == needed
    assert FIELDS[name].required == needed


def test_fields_inside_shared_types_are_told_with_the_type() -> None:
    assert list(FIELDS) == [*list(SCHEMA["properties"]), "options[].title"]
    assert FIELDS["options[].title"].required == "yes"


def test_leaves_stand_in_place_of_objects() -> None:
    leaves = list(leaves_of(SCHEMA))
    assert "address.city" in leaves
    assert "address" not in leaves
    assert "options" in leaves


def test_dotted_name_is_found_behind_a_reference() -> None:
    assert find(SCHEMA, "address.city") == RecordField("city", "text", "", "The town.", "")


@pytest.mark.parametrize("name", ["address.zip", "nothing", "nothing.inside"])
def test_name_that_is_not_there_is_not_found(name: str) -> None:
    assert find(SCHEMA, name) is None
    assert find({}, name) is None
