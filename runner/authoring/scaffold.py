"""A first connector and its first example, to be changed line by line."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from runner.authoring.folders import Folders
from runner.errors import AlreadyExists, SettingsError


def scaffold(name: str, folders: Folders) -> list[Path]:
    """Write `connectors/<name>.yaml` and an example; the files written. Never writes over anything.

    Raises SettingsError for what cannot be a name, AlreadyExists when there is such a connector."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise SettingsError(f"`{name}` cannot be a connector's name (small letters, digits and _: acme_crm)")
    spec = folders.connectors / f"{name}.yaml"
    example = folders.examples / name / "job.typical.json"
    for path in (spec, example):
        if path.exists():
            raise AlreadyExists(f"{path} is there already (choose another name, or remove it)")
    _write(spec, _template("connector.yaml").replace("NAME", name).replace("TITLE", name.replace("_", " ").title()))
    _write(example, _template("job.typical.json"))
    return [spec, example]


def _template(name: str) -> str:
    return (files("runner.authoring") / "templates" / name).read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
