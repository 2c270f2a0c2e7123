"""Connectors as a test writes them. The same text lies at the same place, so that it is read once however many tests
are about it."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
from functools import cache
from pathlib import Path

from runner.connector.library import Connectors
from tests.partners import CONNECTORS


class Beside(Connectors):
    """The files of one folder, and beside them those that are shipped."""

    def names(self) -> list[str]:
        return sorted({*super().names(), *CONNECTORS.names()})

    def path(self, name: str) -> Path:
        own = self.folder / f"{name}.yaml"
        return own if own.exists() else CONNECTORS.path(name)


def written(**texts: str) -> Connectors:
    """Connectors of these texts, by name, and no others."""
    return Connectors(_folder(**texts))


def shipped(**texts: str) -> Connectors:
    """Those that are shipped, some of them with another text."""
    return Beside(_folder(**texts))


def altered(name: str, *changes: tuple[str, str]) -> Connectors:
    """Those that are shipped, one of them with pieces of its text replaced."""
    text = text_of(name)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return shipped(**{name: text})


def text_of(name: str) -> str:
    """A connector as it is shipped."""
    return CONNECTORS.path(name).read_text(encoding="utf-8")


def _folder(**texts: str) -> Path:
    key = hashlib.sha256("\0".join(f"{name}\0{text}" for name, text in sorted(texts.items())).encode()).hexdigest()
    folder = _shelf() / key[:16]
    if not folder.exists():
        folder.mkdir()
        for name, text in texts.items():
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


@cache
def _shelf() -> Path:
    """Of this process; it goes with it."""
    made = Path(tempfile.mkdtemp(prefix="runner-connectors-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made
