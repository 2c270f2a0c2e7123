from __future__ import annotations

from datetime import timedelta

import orjson

from runner.connector.sync import Sync
from runner.engine.syncs.start import begun, started
from runner.model.run import Checkpoint
from runner.testing.clock import START

SYNC = Sync.model_validate(
    {
        "endpoint": "jobs",
        "processor": "job",
        "every": "15m",
        "incremental": {"type": "since", "overlap": "2m"},
        "full": {"every": "24h"},
    }
)


def test_the_first_walk_asks_for_everything() -> None:
    start = begun(SYNC, Checkpoint(), START, full=False)
    assert (start.full, start.scope["checkpoint"]) == (True, None)


def test_a_later_walk_asks_for_what_is_new_with_an_overlap() -> None:
    checkpoint = Checkpoint("2026-05-04T15:00:00.000000Z", None, START - timedelta(hours=1))
    start = begun(SYNC, checkpoint, START, full=False)
    assert (start.full, start.scope["checkpoint"]) == (False, "2026-05-04T14:58:00Z")


def test_a_full_walk_comes_after_a_day() -> None:
    checkpoint = Checkpoint("2026-05-04T15:00:00.000000Z", None, START - timedelta(hours=24))
    assert begun(SYNC, checkpoint, START, full=False).full


def test_a_walk_goes_on_with_what_it_began_with() -> None:
    start = begun(SYNC, Checkpoint(), START, full=True)
    kept = orjson.loads(orjson.dumps(start.progress({"number": 7}, "2026-05-04T15:00:00.000000Z")))
    again = started(SYNC, Checkpoint("old", kept), START + timedelta(hours=1), full=False)
    assert (again.scope, again.began_at, again.full, again.run_id) == (start.scope, START, True, start.run_id)
    assert (again.page, again.newest, again.unbroken) == ({"number": 7}, "2026-05-04T15:00:00.000000Z", False)


def halfway(*, full: bool) -> Checkpoint:
    start = begun(SYNC, Checkpoint(), START, full=True)
    return Checkpoint("2026-05-04T15:00:00Z", start.progress({"number": 7}, None) | {"full": full}, START)


def test_a_full_walk_that_is_asked_for_goes_on_with_a_full_one() -> None:
    assert started(SYNC, halfway(full=True), START, full=True).page == {"number": 7}


def test_a_full_walk_that_is_asked_for_does_not_go_on_with_another() -> None:
    start = started(SYNC, halfway(full=False), START, full=True)
    assert (start.page, start.is_whole) == (None, True)


def test_no_walk_to_go_on_with() -> None:
    start = started(SYNC, Checkpoint("2026-05-04T15:00:00Z", None, START), START, full=False)
    assert (start.page, start.unbroken, start.is_whole) == (None, True, False)
