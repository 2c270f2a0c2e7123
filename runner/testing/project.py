"""What a test reads of a team's folder: its connectors, the schemas of records, runner.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runner.connector.config import Config
from runner.connector.library import Connectors
from runner.connector.loader import load_config
from runner.engine.schemas import RecordSchemas


@dataclass(frozen=True)
class Project:
    """Everything that `runner serve` would read there."""

    connectors: Connectors
    schemas: RecordSchemas
    config: Config

    @classmethod
    def read(cls, root: Path) -> Project:
        """`connectors/*.yaml`, `schemas/records/*.schema.json` and `runner.yaml` below a folder."""
        return cls(
            Connectors(root / "connectors"),
            RecordSchemas.read(root / "schemas" / "records"),
            load_config(root / "runner.yaml"),
        )
