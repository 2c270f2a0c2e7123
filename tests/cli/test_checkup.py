"""What `runner doctor` looks into besides the settings: whether the database can take what arrives."""

from __future__ import annotations

import json
from pathlib import Path

from runner.cli.checkup import LEAST_ROOM, room
from tests.cli.test_pushing import Type
from tests.cli.test_pushing import typed as typed


def test_a_full_disk_is_no_fine_disk(tmp_path: Path) -> None:
    full, enough = room(tmp_path, LEAST_ROOM - 1), room(tmp_path, LEAST_ROOM)
    assert (full.fine, enough.fine) == (False, True)
    assert str(tmp_path) in full.told
    assert "make room" in full.told


def test_the_disk_of_the_database_is_looked_at(typed: Type, path: Path) -> None:
    told = {one["what"]: one["told"] for one in json.loads(typed("doctor", "--json").stdout)}
    assert told["disk"].endswith(f"at {path.parent}")
