from __future__ import annotations

from pathlib import Path

from runner.authoring.kinds import Kinds, read_kinds, unknown_kind
from runner.errors import Place

KINDS = Kinds(
    {
        "job": {
            "properties": {"site": {"anyOf": [{"$ref": "#/$defs/site"}, {"type": "null"}]}, "tags": {"type": "array"}},
            "$defs": {"site": {"properties": {"city": {}}, "allOf": [{"properties": {"street": {}}}]}},
        }
    }
)


def test_names_are_found_behind_references_and_choices() -> None:
    assert KINDS.fields("job") == {"site", "tags"}
    assert KINDS.fields("job", ("site",)) == {"city", "street"}


def test_field_without_names_takes_any() -> None:
    assert KINDS.fields("job", ("tags",)) is None


def test_unknown_kind_is_suggested() -> None:
    (finding,) = unknown_kind(Place("a", 1, 1), "jb", KINDS)
    assert (finding.code, finding.remedy) == ("unknown-record", "did you mean `job`?")


def test_kind_without_schema_has_no_flaws() -> None:
    assert list(KINDS.flaws("other", {"x": 1})) == []


def test_no_folder_means_no_kinds(tmp_path: Path) -> None:
    kinds = read_kinds(tmp_path / "nowhere")
    assert kinds == Kinds({})
    assert list(unknown_kind(Place("a"), "anything", kinds)) == []


def test_the_partners_word_for_a_kind_leads_to_ours() -> None:
    (finding,) = unknown_kind(Place("a", 1, 1), "customer", Kinds({"contact": {}, "user": {}}))
    assert finding.remedy == "did you mean `contact`?"
