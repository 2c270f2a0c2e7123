from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

from runner.model.ids import DRAWN, new_id

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


def test_ids_differ_however_many_are_made_in_however_many_threads() -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: new_id(NOW), range(5 * DRAWN)))
    assert len(set(made)) == len(made)


FORKED = """
import os
from datetime import UTC, datetime
from runner.model.ids import new_id
now = datetime.now(UTC)
new_id(now)
child = os.fork()
os.write(1, f"{new_id(now)} ".encode())
child and os.waitpid(child, 0)
"""


def test_a_forked_process_makes_ids_of_its_own() -> None:
    printed = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True).stdout.split()
    assert len(set(printed)) == len(printed) == 2
