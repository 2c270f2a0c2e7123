"""What only the embedded queue does: it leaves a row as it is that a put would not change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine

from runner.model.wakeup import WakeUp
from runner.store import wakeups
from tests.store.conftest import NOW, later

EVENTS = WakeUp("events", "i1")


@pytest.fixture
def file(path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def test_a_put_that_would_change_nothing_writes_nothing(file: Connection) -> None:
    wakeups.put_all(file, [EVENTS])
    assert wakeups.waits(file, EVENTS)
    assert not wakeups.waits(file, replace(EVENTS, priority=1))
    assert not wakeups.waits(file, replace(EVENTS, options={"full": True}))
    assert not wakeups.waits(file, WakeUp("events", "i2"))
    wakeups.take(file, "w", 1, later(30), NOW)
    assert not wakeups.waits(file, EVENTS)


def test_what_waits_for_later_is_put_again_for_now(file: Connection) -> None:
    wakeups.put_all(file, [replace(EVENTS, run_at=later(60))])
    assert wakeups.waits(file, replace(EVENTS, run_at=later(60)))
    assert not wakeups.waits(file, EVENTS)
