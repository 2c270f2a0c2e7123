"""The connectors of one folder, read when they are first asked for."""

from __future__ import annotations

import difflib
from pathlib import Path

from runner.connector.connector import Connector
from runner.connector.loader import load
from runner.errors import NotFound


class Connectors:
    """`<folder>/<name>.yaml`, by name. Raises ConnectorError with every finding when a file is wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, Connector] = {}

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.yaml"))

    def files(self) -> list[Path]:
        return [self.folder / f"{name}.yaml" for name in self.names()]

    def path(self, name: str) -> Path:
        """The file of that connector; NotFound says which there are."""
        if name not in self.names():
            raise NotFound(self._missing(name))
        return self.folder / f"{name}.yaml"

    def get(self, name: str) -> Connector:
        """The connector of that name; NotFound says which there are."""
        if name not in self._read:
            self._read[name] = load(self.path(name))
        return self._read[name]

    def all(self) -> list[Connector]:
        return [self.get(name) for name in self.names()]

    def _missing(self, name: str) -> str:
        names = self.names()
        near = difflib.get_close_matches(name, names, 1)
        remedy = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(names) or 'none'}"
        return f"there is no connector `{name}` in {self.folder} ({remedy})"
