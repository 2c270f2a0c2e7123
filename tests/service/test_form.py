from __future__ import annotations

import pytest

from runner.connector.field import Field
from runner.service.form import Control, Option, controls, environments

FIELDS = {
    "tenant": Field(title="Tenant ID", pattern="[0-9]+", help="Settings > API"),
    "size": Field(title="Size", choices=["small", "large"], default="small"),
    "key": Field(title="Key", secret=True),
    "note": Field(title="Note", required=False),
    "mail": Field(title="Act as", pattern="[^@ ]+@[^@ ]+", required=False),
}


def shown(texts: dict[str, str], typed: dict[str, str] | None = None, kept: tuple[str, ...] = ()) -> dict[str, Control]:
    return {one.name.removeprefix("setting."): one for one in controls(FIELDS, texts, kept, typed)}


def test_a_field_becomes_a_control() -> None:
    made = shown({})
    assert made["tenant"] == Control("setting.tenant", "Tenant ID", "Settings > API")
    assert made["size"].choices == (Option("small", "small"), Option("large", "large"))
    assert (made["size"].value, made["size"].required) == ("small", False)
    assert (made["key"].type, made["note"].optional) == ("password", True)


def test_nothing_is_wrong_before_anything_was_sent() -> None:
    assert [one.flaw for one in shown({}).values()] == [""] * len(FIELDS)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("tenant", "", "Fill in Tenant ID."),
        ("tenant", "x", "Tenant ID has only digits, without spaces."),
        ("size", "huge", "Choose one of these for Size."),
        ("mail", "nobody", "This is not what Act as looks like"),
        ("note", "", ""),
    ],
)
def test_a_flaw_is_told_to_people(name: str, text: str, words: str) -> None:
    assert shown({name: text}, {name: text})[name].flaw.startswith(words)


def test_a_secret_is_never_sent_back() -> None:
    typed = {"key": "s3cr3t", "tenant": "x"}
    made = shown(typed, typed)["key"]
    assert "s3cr3t" not in repr(made) + str(made.attributes)
    assert made.note.startswith("Fill it in once more")


def test_a_secret_that_is_stored_may_be_left_empty() -> None:
    made = shown({"key": "s3cr3t"}, kept=("key",))["key"]
    assert (made.value, made.required) == ("", False)
    assert made.note == "It is stored already: leave this empty to keep it."


def test_who_cannot_see_hears_what_belongs_to_a_field() -> None:
    attributes = str(shown({"tenant": "x"}, {"tenant": "x"})["tenant"].attributes)
    assert 'aria-describedby="setting.tenant-help setting.tenant-flaw"' in attributes
    assert 'aria-invalid="true"' in attributes


def test_environments_are_called_by_words() -> None:
    made = environments(["production", "next_release"], "production")
    assert [one.title for one in made.choices] == ["Production", "Next release"]
