"""The cases of a connector: `connectors/examples/<connector>/<processor>.<case>.json`, one payload each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.authoring import outcome
from runner.authoring.folders import Folders
from runner.authoring.kinds import Kinds
from runner.connector.connector import Connector
from runner.errors import NotFound


@dataclass(frozen=True)
class Case:
    """One payload and what it is an example of."""

    connector: str
    processor: str
    name: str
    path: Path

    @property
    def id(self) -> str:
        """`jobber/client.typical`: where its snapshot stands under `tests/snapshots`, without `.json`."""
        return f"{self.connector}/{self.processor}.{self.name}"

    def __str__(self) -> str:
        return self.id

    def payload(self) -> Any:
        return json.loads(self.path.read_text(encoding="utf-8"))

    def made(self, connector: Connector) -> str:
        """The outcome as the text that a snapshot holds. NotFound when the connector has no such processor."""
        if self.processor not in connector.processors:
            known = ", ".join(connector.processors)
            raise NotFound(f"{self.path}: {self.connector} has no processor `{self.processor}` (there are: {known})")
        return as_text(outcome.plain(outcome.process(connector, self.processor, self.payload()), places=False))

    def unfit(self, connector: Connector, kinds: Kinds) -> list[str]:
        """Where its records do not satisfy the schema of their kind."""
        return outcome.unfit(outcome.process(connector, self.processor, self.payload()), kinds)


def cases(folders: Folders, connector: str | None = None) -> list[Case]:
    """Every case of one connector, or of all."""
    found = sorted(folders.examples.glob(f"{connector or '*'}/*.json"))
    return [_case(path) for path in found]


def stray(folders: Folders, connector: str | None = None) -> list[Path]:
    """Snapshots whose case is gone."""
    wanted = {folders.snapshots / f"{case.id}.json" for case in cases(folders, connector)}
    return sorted(set(folders.snapshots.glob(f"{connector or '*'}/*.json")) - wanted)


def as_text(made: Any) -> str:
    """JSON for people: sorted, indented, one line end at the end."""
    return json.dumps(made, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _case(path: Path) -> Case:
    processor, _, name = path.stem.partition(".")
    return Case(path.parent.name, processor, name or "only", path)
