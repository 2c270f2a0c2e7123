"""Files of JSON lines: whole lines only, none twice, moved aside in time."""

from __future__ import annotations

import json
import resource
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.store.lines import LineFile

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)


def lines(*keys: str, at: datetime = NOW, pad: int = 0) -> list[dict[str, object]]:
    return [{"key": key, "at": at, "fields": {"pad": "x" * pad}} for key in keys]


def keys(path: Path) -> list[str]:
    return [json.loads(line)["key"] for line in path.read_text().splitlines()]


def test_lines_are_appended_in_their_order(tmp_path: Path) -> None:
    file = LineFile(tmp_path / "out" / "records.jsonl")
    assert file.append(lines("a", "b"), NOW) == 2
    assert file.append(lines("c"), NOW) == 1
    assert keys(file.path) == ["a", "b", "c"]


def test_what_was_written_is_not_written_again(tmp_path: Path) -> None:
    file = LineFile(tmp_path / "records.jsonl")
    file.append(lines("a", "b"), NOW)
    assert file.append(lines("a", "b"), NOW) == 0
    assert keys(file.path) == ["a", "b"]


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 400), pad=st.integers(0, 40))
def test_a_write_that_broke_off_anywhere_is_made_whole(
    tmp_path_factory: pytest.TempPathFactory, cut: int, pad: int
) -> None:
    """As a kill leaves it: the file ends after any byte of what was being written."""
    file = LineFile(tmp_path_factory.mktemp("lines") / "records.jsonl")
    file.append(lines("a", "b", pad=pad), NOW)
    before = file.path.stat().st_size
    file.append(lines("c", "d", "e", pad=pad), NOW)
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[: before + min(cut, len(whole) - before)])
    file.append(lines("c", "d", "e", pad=pad), NOW)
    assert file.path.read_bytes() == whole


def test_lines_longer_than_a_block_are_known_again(tmp_path: Path) -> None:
    file = LineFile(tmp_path / "records.jsonl")
    file.append(lines("a", "b", pad=200_000), NOW)
    assert file.append(lines("a", "b", pad=200_000), NOW) == 0


def test_a_file_is_moved_aside_before_it_grows_too_large(tmp_path: Path) -> None:
    file = LineFile(tmp_path / "records.jsonl", size=500)
    for key in "abc":
        file.append(lines(key, pad=300), NOW)
    assert sorted(path.name for path in tmp_path.glob("*.jsonl")) == [
        "records-20260504T152010Z-2.jsonl",
        "records-20260504T152010Z.jsonl",
        "records.jsonl",
    ]
    assert keys(file.path) == ["c"]


def test_what_is_repeated_after_a_kill_is_not_moved_aside(tmp_path: Path) -> None:
    file = LineFile(tmp_path / "records.jsonl", size=500)
    file.append(lines("a", pad=600), NOW)
    assert file.append(lines("a", pad=600), NOW) == 0
    assert [path.name for path in tmp_path.glob("*.jsonl")] == ["records.jsonl"]


def test_each_day_has_a_file_of_its_own(tmp_path: Path) -> None:
    file = LineFile(tmp_path / "records.jsonl", daily=True)
    file.append(lines("a"), NOW)
    file.append(lines("b"), NOW + timedelta(hours=1))
    file.append(lines("c"), NOW + timedelta(days=1))
    assert keys(tmp_path / "records-20260505T152010Z.jsonl") == ["a", "b"]
    assert keys(file.path) == ["c"]


def test_writers_do_not_write_into_each_others_lines(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"

    def append(name: str) -> None:
        file = LineFile(path)  # of its own, as another process has it: the lock is on the file
        for number in range(20):
            file.append(lines(f"{name}{number}", pad=100), NOW)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(append, "ab"))
    assert sorted(keys(path)) == sorted(f"{name}{number}" for name in "ab" for number in range(20))


def test_what_is_repeated_in_parts_is_not_written_again(tmp_path: Path) -> None:
    """After a kill the same lines come back in other company, each when it is due."""
    file = LineFile(tmp_path / "records.jsonl")
    file.append(lines("a", "b", "c"), NOW)
    file.append(lines("x"), NOW)
    assert [file.append(lines(key), NOW) for key in "abc"] == [0, 0, 0]


def test_a_full_disk_leaves_nothing_of_what_did_not_fit(tmp_path: Path) -> None:
    """The system refuses to let the file grow, as a full disk does: some of the lines are in it by then."""
    file = LineFile(tmp_path / "records.jsonl")
    file.append(lines("a"), NOW)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            file.append(lines("b", "c", "d", pad=9_000), NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert keys(file.path) == ["a"]
