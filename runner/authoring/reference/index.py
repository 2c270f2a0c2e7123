"""The first page of the reference: every other page, and what is on it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from runner.authoring.folders import Folders
from runner.authoring.kinds import read_kinds
from runner.authoring.reference.connectors import connector_page, summary
from runner.authoring.reference.markdown import link, page
from runner.authoring.reference.records import records_page
from runner.connector.connector import Connector

INDEX = "README.md"


def partner_pages(connectors: Sequence[Connector], folders: Folders) -> dict[str, str]:
    """A page a connector, and that of the record model where there is one, by the file's name."""
    kinds = read_kinds(folders.records)
    pages = {address(connector): connector_page(connector, kinds, folders) for connector in connectors}
    return {**pages, "records.md": records_page(kinds, connectors)} if kinds.schemas else pages


def index(pages: Mapping[str, str], connectors: Sequence[Connector]) -> str:
    """A line a page, with the page's own first words; connectors apart."""
    about = {address(connector): connector for connector in connectors}
    general = [
        f"- {link(_title(text), name)}: {_first(text)}" for name, text in sorted(pages.items()) if name not in about
    ]
    partners = [f"- {link(one.title, name)}: {summary(one)}" for name, one in about.items()]
    return page("Reference", "Every page here is generated.", ["\n".join(general), *_connectors(partners)])


def address(connector: Connector) -> str:
    """Where a connector's page stands, from the folder of the reference."""
    return f"connectors/{connector.connector}.md"


def _connectors(lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield "## Connectors"
        yield "\n".join(lines)


def _title(text: str) -> str:
    return text.partition("\n# ")[2].partition("\n")[0]


def _first(text: str) -> str:
    """The first sentence below the title."""
    below = text.partition("\n# ")[2].partition("\n\n")[2]
    return re.split(r"(?<=\.)\s", below, maxsplit=1)[0]
