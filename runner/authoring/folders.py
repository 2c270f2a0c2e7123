"""Where an analyst's files are: everything is found from the folder of the connectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.errors import NotFound


@dataclass(frozen=True)
class Source:
    """One file as given: its name in findings, and its text."""

    file: str
    text: str


@dataclass(frozen=True)
class Folders:
    """The folder of the connectors, runner.yaml, and the root that schemas, snapshots and docs stand in."""

    connectors: Path
    config: Path
    root: Path

    @property
    def examples(self) -> Path:
        return self.connectors / "examples"

    @property
    def schemas(self) -> Path:
        return self.root / "schemas"

    @property
    def records(self) -> Path:
        return self.schemas / "records"

    def records_of(self, file: str) -> Path:
        """The kinds of record that a file is checked by: those beside its own folder where there are any, else ours."""
        own = Path(file).parent.parent / "schemas" / "records"
        return own if Path(file).parent.name == self.connectors.name and own.is_dir() else self.records

    @property
    def snapshots(self) -> Path:
        return self.root / "tests" / "snapshots"

    @property
    def reference(self) -> Path:
        return self.root / "docs" / "reference"

    def files(self) -> list[Path]:
        """Every connector, and runner.yaml when it is there."""
        found = sorted(self.connectors.glob("*.yaml"))
        return [*found, self.config] if self.config.exists() else found

    def is_config(self, file: str) -> bool:
        """Whether a file is the operator's, not a connector's: it has the name of runner.yaml."""
        return Path(file).name == self.config.name


def folders(environ: Mapping[str, str], root: Path = Path()) -> Folders:
    """The folders that RUNNER_CONNECTORS and RUNNER_CONFIG name, in `root` unless they say otherwise."""
    connectors = root / environ.get("RUNNER_CONNECTORS", "connectors")
    return Folders(connectors, root / environ.get("RUNNER_CONFIG", "runner.yaml"), root)


def source(path: Path) -> Source:
    """A file's text; NotFound when it cannot be read. What is no UTF-8 in it becomes a finding where it is parsed."""
    try:
        return Source(str(path), path.read_text(encoding="utf-8", errors="surrogateescape"))
    except FileNotFoundError:
        raise NotFound(f"there is no file {path} (check the path)") from None
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}") from None
