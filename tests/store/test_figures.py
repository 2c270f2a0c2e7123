"""Figures of calls by endpoint."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from runner.store import figures
from runner.store.figures import Figure, within


@pytest.mark.parametrize(
    ("seconds", "bound"), [(0.0, "0.1"), (0.1, "0.1"), (0.11, "0.3"), (10.0, "10.0"), (11, "+Inf")]
)
def test_a_call_falls_into_one_bound(seconds: float, bound: str) -> None:
    assert within(seconds) == bound


def test_figures_grow(connection: Connection) -> None:
    one, other = Figure("jobber", "jobs", "200", "0.1", 2, 0.1, 10), Figure("jobber", "jobs", "429", "0.1", 1, 0.05, 5)
    figures.add(connection, [one, other])
    figures.add(connection, [one])
    assert figures.find(connection) == [Figure("jobber", "jobs", "200", "0.1", 4, 0.2, 20), other]
