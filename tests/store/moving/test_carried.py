from __future__ import annotations

from runner.store.moving.carried import CARRIED, LEFT
from runner.store.tables import metadata


def test_every_table_is_carried_or_it_is_written_down_why_not() -> None:
    assert sorted([*CARRIED, *LEFT]) == sorted(metadata.tables)
    assert all(LEFT.values())
