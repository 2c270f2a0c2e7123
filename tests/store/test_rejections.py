"""Rejections are counted, not kept."""

from __future__ import annotations

from sqlalchemy import Connection

from runner.store import rejections
from runner.store.rejections import Rejection
from tests.store.conftest import later


def test_an_attack_is_one_row(connection: Connection) -> None:
    for second in range(50):
        rejections.reject(connection, "jobber", "bad-signature", later(second))
    rejections.reject(connection, "jobber", "stale-delivery", later(0))
    assert rejections.find(connection, "jobber") == [
        Rejection("jobber", "bad-signature", 50, later(49)),
        Rejection("jobber", "stale-delivery", 1, later(0)),
    ]
    assert rejections.find(connection, "hover") == []
