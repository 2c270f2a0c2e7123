"""The peers that `make peers` has installed, each in an environment of its own: their pins exclude ours.

A peer is one script that is given the partner's address and a folder, and prints how many records it made and in how
many seconds; its start-up and imports are left out.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent.parent / ".venv-peers"
PEERS = {"dlt": "dlt, by hand, merge into SQLite", "airbyte": "Airbyte CDK, 12 AddFields, nothing stored"}


def variants(url: str, total: int) -> dict[str, Callable[[], float]]:
    """By name, what takes one turn and answers records a second; empty where none is installed."""
    return {
        title: _turn(python, HERE / f"run_{name}.py", url, total)
        for name, title in PEERS.items()
        if (python := ENVIRONMENTS / name / "bin" / "python").exists()
    }


def _turn(python: Path, script: Path, url: str, total: int) -> Callable[[], float]:
    def turn() -> float:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([python, script, url, folder], capture_output=True, text=True, check=True)
        count, seconds = done.stdout.splitlines()[-1].split()
        assert int(count) == total, f"{script.name} made {count} records of {total}"
        return total / float(seconds)

    return turn
