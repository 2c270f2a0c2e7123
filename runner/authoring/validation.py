"""Everything that is wrong with a set of files: each by itself, and what they say of each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from runner.authoring import deliveries, records, vector
from runner.authoring.folders import Folders, Source, source
from runner.authoring.kinds import Kinds, read_kinds
from runner.connector.connector import Connector
from runner.connector.document import read
from runner.connector.loader import check, examine_config
from runner.errors import ConnectorError, Finding


def validate(sources: Iterable[Source], folders: Folders) -> list[Finding]:
    """The findings of all files, sorted by place."""
    known: dict[Path, Kinds] = {}
    found: list[Finding] = []
    for given in sources:
        folder = folders.records_of(given.file)
        if folder not in known:
            known[folder] = read_kinds(folder)
        kinds = known[folder]
        if folders.is_config(given.file):
            found += _config(given, folders, kinds)
        else:
            found += _connector(given, kinds)
    return sorted(set(found))


def _connector(given: Source, kinds: Kinds) -> Iterator[Finding]:
    connector, findings = check(given.text, given.file)
    yield from findings
    if connector is not None:
        document = read(given.text, given.file)
        yield from records.check(connector, document, kinds)
        yield from vector.check(connector, document)


def _config(given: Source, folders: Folders, kinds: Kinds) -> Iterator[Finding]:
    try:
        document = read(given.text, given.file)
    except ConnectorError as error:
        yield from error.findings
        return
    config, findings = examine_config(document)
    yield from findings
    if config is not None:
        yield from deliveries.check(config, document, _connectors(folders), kinds)


def _connectors(folders: Folders) -> dict[str, Connector | None]:
    found: dict[str, Connector | None] = {}
    for path in sorted(folders.connectors.glob("*.yaml")):
        given = source(path)
        found[path.stem] = check(given.text, given.file)[0]
    return found
