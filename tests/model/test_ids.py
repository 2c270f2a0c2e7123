from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from runner.model.ids import new_id

NOW = datetime(2026, 5, 4, 15, 20, 10, 123000, tzinfo=UTC)


def test_an_id_is_a_uuid_of_version_7() -> None:
    found = new_id(NOW)
    assert (len(found), UUID(found).version, UUID(found).variant) == (32, 7, "specified in RFC 4122")


def test_an_id_begins_with_its_moment() -> None:
    assert int(new_id(NOW)[:12], 16) == int(NOW.timestamp() * 1000)


def test_later_ids_sort_after_earlier_ones() -> None:
    assert new_id(NOW) < new_id(NOW + timedelta(milliseconds=1))


def test_ids_of_one_moment_differ() -> None:
    assert len({new_id(NOW) for _ in range(1000)}) == 1000
