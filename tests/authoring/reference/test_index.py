from __future__ import annotations

from runner.authoring.folders import Folders
from runner.authoring.reference.index import index, partner_pages
from runner.connector.library import Connectors


def test_every_connector_has_a_page_and_the_records_one(bench: Folders) -> None:
    assert sorted(partner_pages(Connectors(bench.connectors).all(), bench)) == ["connectors/acme.md", "records.md"]


def test_no_kinds_no_page_of_them(bench: Folders) -> None:
    for path in bench.records.iterdir():
        path.unlink()
    assert list(partner_pages(Connectors(bench.connectors).all(), bench)) == ["connectors/acme.md"]


def test_index_has_a_line_a_page_and_connectors_apart(bench: Folders) -> None:
    connectors = Connectors(bench.connectors).all()
    pages = {"lint.md": "<!-- x -->\n\n# Lint rules\n\nThe rules. More.\n", **partner_pages(connectors, bench)}
    text = index(pages, connectors)
    assert "- [Lint rules](lint.md): The rules.\n" in text
    general, _, partners = text.partition("## Connectors")
    assert "connectors/acme.md" not in general
    assert "](connectors/acme.md): Makes records of the kinds `project`" in partners
