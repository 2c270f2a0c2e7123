from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from runner.engine import heap


@pytest.fixture
def as_before() -> Iterator[None]:
    """The collector is the process's own: it gets back what it had."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("as_before")
def test_what_is_here_is_not_looked_through_again() -> None:
    heap.settle()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[0] == heap.YOUNG
