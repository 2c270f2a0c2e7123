from __future__ import annotations

import yaml

from runner.authoring.reference.markdown import anchor, prose, table
from runner.authoring.reference.options import heading, option_table
from runner.authoring.reference.pages import pages
from runner.components.paginators.cursor import Cursor
from runner.connector.field import Field


def test_paragraph_that_reads_like_yaml_is_code() -> None:
    assert (
        prose("What it is.\n\n    answer: {status: 200}\n    ") == "What it is.\n\n```yaml\nanswer: {status: 200}\n```"
    )


def test_indented_paragraph_keeps_its_levels() -> None:
    text = prose("What.\n\n        app:\n          id: {}\n\n    And more.")
    assert text == "What.\n\n```yaml\napp:\n  id: {}\n```\n\nAnd more."


def test_bar_in_a_cell_is_escaped() -> None:
    assert table(("a",), [("x | y",)]).splitlines()[-1] == "| x \\| y |"


def test_heading_of_a_component_holds_its_type() -> None:
    assert heading(Cursor) == "Cursor (`cursor`)"
    assert anchor(heading(Cursor)) == "cursor-cursor"


def test_option_table_says_what_is_required_and_what_is_not() -> None:
    lines = option_table(Field).splitlines()
    assert lines[2] == "| `title` | text | required | The label in forms. Example: `Tenant ID`. |"
    assert "| `secret` | true or false | `false` | Encrypted when stored, masked in forms, never logged. |" in lines


def test_links_between_blocks_lead_somewhere() -> None:
    page = pages()["language.md"]
    headings = {anchor(line.lstrip("# ")) for line in page.splitlines() if line.startswith("#")}
    links = {part.partition(")")[0] for part in page.split("](#")[1:]}
    assert links <= headings


def test_every_example_in_the_language_is_yaml() -> None:
    for block in pages()["language.md"].split("```yaml\n")[1:]:
        assert yaml.safe_load(block.partition("```")[0]) is not None
