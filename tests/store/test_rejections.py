"""Rejections are counted, a row a connector and reason; what is kept of them has its limits."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from sqlalchemy import Connection

from runner.model.event import Delivery
from runner.store import rejections
from runner.store.rejections import MOST_BODY, MOST_ROWS, Refusal, Rejection, reject
from tests.store.conftest import NOW, later

DELIVERY = Delivery("jobber", "POST", "https://x/webhooks/jobber", {"a": "b"}, b"{}", NOW, "i1")


def counted(reason: str = "bad-signature", second: float = 0, times: int = 1) -> Refusal:
    return Refusal(Counter({("jobber", reason): times}), later(second))


def test_an_attack_is_one_row(connection: Connection) -> None:
    for second in range(50):
        reject(connection, [counted(second=second)])
    reject(connection, [counted("stale-delivery"), counted("stale-delivery", 3, times=7)])
    assert rejections.find(connection, "jobber") == [
        Rejection("jobber", "bad-signature", 50, later(49)),
        Rejection("jobber", "stale-delivery", 8, later(3)),
    ]
    assert rejections.find(connection, "hover") == []


def test_what_is_kept_reads_as_it_came(connection: Connection) -> None:
    reject(connection, [replace(counted(), reason="bad-signature", delivery=DELIVERY)])
    (found,) = rejections.kept(connection)
    assert (found.reason, found.delivery, found.size) == ("bad-signature", DELIVERY, 2)
    assert rejections.kept(connection, "i2") == []


def test_a_long_body_is_cut_and_its_size_told(connection: Connection) -> None:
    long = replace(DELIVERY, body=b"x" * 100_000, headers={"a": "b" * 100_000}, url="https://x/?" + "y" * 100_000)
    reject(connection, [replace(counted(), delivery=long)])
    (found,) = rejections.kept(connection)
    assert (len(found.delivery.body), found.size) == (MOST_BODY, 100_000)
    assert len(str(found.delivery.headers)) + len(found.delivery.url) < 5_000


def test_the_oldest_make_room(connection: Connection) -> None:
    for second in range(MOST_ROWS + 5):
        reject(connection, [replace(counted(), delivery=replace(DELIVERY, received_at=later(second)))])
    found = rejections.kept(connection, limit=10_000)
    assert [one.delivery.received_at for one in found] == [later(second) for second in range(MOST_ROWS + 4, 4, -1)]
