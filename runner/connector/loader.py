"""YAML in, Connector out: or every finding of the file, each with its place and remedy."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from runner.components.block import Block
from runner.connector import config_check, references
from runner.connector.config import Config
from runner.connector.connector import Connector
from runner.connector.document import Document, read
from runner.connector.inherit import unfold
from runner.connector.mend import mended
from runner.connector.messages import explain
from runner.errors import ConnectorError, Finding, Place

B = TypeVar("B", bound=Block)


def load(path: Path) -> Connector:
    """The connector in a file. Raises ConnectorError with every finding."""
    return _loaded(text_of(path), str(path))


@lru_cache(maxsize=64)
def _loaded(text: str, file: str) -> Connector:
    """The same text is read once: what a connector says never changes."""
    connector, findings = check(text, file)
    if connector is None or findings:
        raise ConnectorError(findings)
    return connector


def check(text: str, file: str) -> tuple[Connector | None, list[Finding]]:
    """The connector (None when it cannot be built) and the findings, sorted by place."""
    try:
        document = read(text, file)
    except ConnectorError as error:
        return None, error.findings
    return examine(document)


def examine(document: Document) -> tuple[Connector | None, list[Finding]]:
    """Like `check`, of a document that is read already; its groups and extended processors are unfolded in place."""
    unfolding = unfold(document)
    connector, findings = build(document, Connector)
    return connector, sorted({*unfolding, *findings, *_agreement(connector or _rest(document), document)})


def _agreement(connector: Connector | None, document: Document) -> list[Finding]:
    """What one part says of another, and the file's name."""
    return [] if connector is None else [*_name(connector, document), *references.check(connector, document)]


def _rest(document: Document) -> Connector | None:
    """What can be had of a file with mistakes, so that all that is wrong is said at once."""
    try:
        return Connector.model_validate(document.data, by_alias=True, by_name=False)
    except ValidationError as error:
        return mended(document.data, Connector, error)


def build(document: Document, block: type[B]) -> tuple[B | None, list[Finding]]:
    """One block of any class from a document."""
    if not isinstance(document.data, dict):
        place = document.place(())
        return None, [
            Finding(place, "wrong-type", "the file must hold keys and values", "start with `connector: <name>`")
        ]
    try:
        return block.model_validate(document.data, by_alias=True, by_name=False), []
    except ValidationError as error:
        return None, sorted(explain(error, document, block))


def load_config(path: Path) -> Config:
    """runner.yaml; an absent file is an empty one. Raises ConnectorError with every finding."""
    if not path.exists():
        return Config()
    config, findings = examine_config(read(text_of(path), str(path)))
    if config is None or findings:
        raise ConnectorError(findings)
    return config


def examine_config(document: Document) -> tuple[Config | None, list[Finding]]:
    """The Config of a document (None when it cannot be built) and the findings, sorted by place."""
    config, findings = build(document, Config)
    return config, sorted([*findings, *(config_check.check(config, document) if config else ())])


def text_of(path: Path) -> str:
    """The text of a file; ConnectorError when it cannot be read. What is no UTF-8 in it, `read` finds."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise ConnectorError([Finding(Place(str(path)), "bad-yaml", message, "check its name and rights")]) from None


def _name(connector: Connector, document: Document) -> list[Finding]:
    stem = Path(document.file).stem
    if stem in (connector.connector, "-", "<stdin>"):
        return []
    place = document.place(("connector",))
    message = f"the connector is named `{connector.connector}` in a file named `{stem}`"
    return [Finding(place, "wrong-name", message, "give file and connector one name")]
