"""Checkpoints: empty at first, replaced, forgotten."""

from __future__ import annotations

from sqlalchemy import Connection

from runner.model.run import Checkpoint
from runner.store import checkpoints
from tests.store.conftest import NOW


def test_a_checkpoint_is_empty_until_saved(connection: Connection) -> None:
    assert checkpoints.get(connection, "i1", "jobs") == Checkpoint()


def test_the_last_one_saved_is_got(connection: Connection) -> None:
    checkpoints.save(connection, "i1", "jobs", Checkpoint("1", {"page": 3}))
    checkpoints.save(connection, "i1", "jobs", Checkpoint("2", None, NOW))
    checkpoints.save(connection, "i1", "crew", Checkpoint("9"))
    assert checkpoints.get(connection, "i1", "jobs") == Checkpoint("2", None, NOW)


def test_a_walk_that_goes_on_moves_its_place_and_leaves_the_rest(connection: Connection) -> None:
    checkpoints.go_on(connection, "i1", "jobs", {"page": 2})
    assert checkpoints.get(connection, "i1", "jobs") == Checkpoint(None, {"page": 2})
    checkpoints.save(connection, "i1", "jobs", Checkpoint("1", None, NOW, NOW))
    checkpoints.go_on(connection, "i1", "jobs", {"page": 3})
    assert checkpoints.get(connection, "i1", "jobs") == Checkpoint("1", {"page": 3}, NOW, NOW)
    checkpoints.go_on(connection, "i1", "jobs", {"page": 4}, "2")
    assert checkpoints.get(connection, "i1", "jobs") == Checkpoint("2", {"page": 4}, NOW, NOW)


def test_one_or_all_are_forgotten(connection: Connection) -> None:
    for sync in ("jobs", "crew", "photos"):
        checkpoints.save(connection, "i1", sync, Checkpoint("1"))
    checkpoints.forget(connection, "i1", "jobs")
    assert checkpoints.get(connection, "i1", "crew").value == "1"
    checkpoints.forget(connection, "i1")
    assert checkpoints.get(connection, "i1", "crew") == Checkpoint()
