"""The pages of docs/reference about the shipped connectors and the record model: whole, and without a broken link."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_group

from runner.authoring.folders import folders
from runner.authoring.kinds import read_kinds
from runner.authoring.reference.markdown import anchor, is_generated
from runner.authoring.reference.records import makers
from runner.authoring.reference.shape import fields_of
from runner.cli.main import app
from runner.cli.reference import pages
from runner.connector.library import Connectors

HERE = folders({})
CONNECTORS = Connectors(HERE.connectors)
KINDS = read_kinds(HERE.records)
PAGES = pages(get_group(app), HERE)
PROCESSORS = [(one.connector, name) for one in CONNECTORS.all() for name in one.processors]
LINK = re.compile(r"\]\(([^()\s]+)\)")
BAR = re.compile(r"(?<!\\)\|")


def prose(page: str) -> Iterator[str]:
    """The lines outside code blocks."""
    fence = ""
    for line in page.splitlines():
        marks = re.match(r"`{3,}", line)
        if marks and fence in ("", marks[0]):
            fence = "" if fence else marks[0]
        elif not fence:
            yield line


@cache
def anchors(page: str) -> Counter[str]:
    return Counter(anchor(line.lstrip("# ")) for line in prose(PAGES[page]) if line.startswith("#"))


@cache
def section(connector: str, processor: str) -> str:
    page = PAGES[f"connectors/{connector}.md"]
    return page.partition(f"\n### Processor `{processor}`\n")[2].partition("\n### ")[0]


@pytest.mark.parametrize(("connector", "processor"), PROCESSORS)
def test_every_field_and_relation_of_a_processor_has_a_row(connector: str, processor: str) -> None:
    declared = CONNECTORS.get(connector).processors[processor]
    rows = set(re.findall(r"^\| `([^`]+)` \|", section(connector, processor), re.MULTILINE))
    assert {name for name, _ in declared.fields.flat()} | set(declared.relations) | set(declared.when) <= rows


@pytest.mark.parametrize(("connector", "processor"), PROCESSORS)
def test_every_field_of_a_processor_has_a_meaning(connector: str, processor: str) -> None:
    fields = section(connector, processor).partition("| field |")[2].partition("\n\n")[0]
    assert [line for line in fields.splitlines()[2:] if not BAR.split(line)[2].strip()] == []


@pytest.mark.parametrize(("connector", "processor"), PROCESSORS)
def test_every_processor_is_shown_with_an_example_and_what_it_becomes(connector: str, processor: str) -> None:
    text = section(connector, processor)
    assert text.count("\n```json\n") == 2
    assert "not pinned" not in text


@pytest.mark.parametrize("kind", KINDS.schemas)
def test_every_field_of_a_kind_is_told_and_set_side_by_side(kind: str) -> None:
    text = PAGES["records.md"].partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
    assert all(f"\n| `{field.name}` |" in text for field in fields_of(KINDS.schemas[kind]))
    for maker in makers(kind, CONNECTORS.all()):
        assert f"[{maker.connector}.{maker.name}](" in text


@pytest.mark.parametrize("name", sorted(PAGES))
def test_no_link_is_broken(name: str) -> None:
    for address in (found for line in prose(PAGES[name]) for found in LINK.findall(line)):
        file, _, place = address.partition("#")
        if re.match(r"https?:", address):
            continue
        target = (HERE.reference / name).parent / file if file else HERE.reference / name
        assert target.exists(), f"{address}: run `runner docs`"
        page = target.resolve().relative_to(HERE.reference.resolve()).as_posix() if place else ""
        assert not place or place in anchors(page), address


@pytest.mark.parametrize("name", sorted(PAGES))
def test_rows_of_a_table_have_as_many_cells_as_its_head(name: str) -> None:
    width = 0
    for line in prose(PAGES[name]):
        cells = len(BAR.findall(line)) if line.startswith("|") else 0
        assert not width or not cells or cells == width, line
        width = cells


@pytest.mark.parametrize("name", ["records.md", *(name for name in PAGES if name.startswith("connectors/"))])
def test_no_two_headings_have_one_anchor(name: str) -> None:
    assert [place for place, count in anchors(name).items() if count > 1] == []


def test_no_page_of_something_gone_is_left() -> None:
    found = {path for path in HERE.reference.rglob("*.md") if is_generated(path.read_text(encoding="utf-8"))}
    assert found == {HERE.reference / name for name in PAGES}


def test_every_page_is_on_the_index() -> None:
    lines = set(LINK.findall(PAGES["README.md"]))
    assert set(PAGES) - {"README.md"} <= lines
    assert Path("docs/reference/README.md").exists()
