from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Literal

import pytest
import yaml

from runner.components.block import Block, Choice, adapter
from runner.components.catalog import KINDS
from runner.components.paginators.base import Paginator
from runner.components.paginators.single_page import SinglePage
from runner.components.plug_ins import plug_ins
from runner.errors import SettingsError

TYPES = [(kind, word, made) for kind, choice in KINDS.items() for word, made in choice.choices().items()]


class Spiral(Paginator):
    """A type that a package adds."""

    type: Literal["spiral"]


@pytest.mark.parametrize(("kind", "word", "made"), TYPES)
def test_every_example_is_a_block_of_its_type(kind: str, word: str, made: type[Block]) -> None:
    assert type(adapter(KINDS[kind]).validate_python(yaml.safe_load(made.example))) is made


@pytest.mark.parametrize(("kind", "word", "made"), TYPES)
def test_every_type_and_option_is_described(kind: str, word: str, made: type[Block]) -> None:
    assert made.__doc__
    assert [name for name, field in made.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_json_schema_with_its_types(kind: str) -> None:
    schema = adapter(KINDS[kind]).json_schema()
    assert schema["properties"]["type"]["enum"] == list(KINDS[kind].choices())


def test_a_package_can_add_a_type() -> None:
    entry = EntryPoint("spiral", f"{__name__}:Spiral", "runner.components.paginators")
    (found,) = plug_ins("paginators", Paginator, (entry,))
    assert adapter(Choice(SinglePage, found)).validate_python({"type": "spiral"})


@pytest.mark.parametrize("what", ["TYPES", "Block"])
def test_a_plug_in_of_another_sort_is_refused(what: str) -> None:
    entry = EntryPoint("odd", f"{__name__}:{what}", "runner.components.paginators")
    with pytest.raises(SettingsError, match="odd"):
        plug_ins("paginators", Paginator, (entry,))
