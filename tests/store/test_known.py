from __future__ import annotations

import pytest

from runner.model.record import Record
from runner.store.known import Known, is_older, newest_of

OLD, NEW = "2026-05-04T15:00:00.000000Z", "2026-05-04T16:00:00.000000Z"


def record(version: str | None, name: str = "") -> Record:
    return Record("job", "1", {"name": name}, version)


@pytest.mark.parametrize(("version", "known", "older"), [(OLD, NEW, True), (NEW, OLD, False), (OLD, OLD, False)])
def test_times_are_compared(version: str, known: str, older: bool) -> None:
    assert is_older(version, known) is older


@pytest.mark.parametrize(("version", "known"), [(None, NEW), (OLD, None), (None, None)])
def test_nobody_is_certainly_older_than_what_has_no_time(version: str | None, known: str | None) -> None:
    assert not is_older(version, known)


def test_the_newest_of_an_id_counts_and_among_equals_the_last() -> None:
    found = [record(NEW, "first"), record(OLD, "late"), record(NEW, "last")]
    assert newest_of(found, {}) == {("job", "1"): record(NEW, "last")}


def test_what_is_older_than_the_store_does_not_count() -> None:
    assert newest_of([record(OLD)], {("job", "1"): Known(NEW, "digest", deleted=False)}) == {}


def test_without_a_time_it_counts_and_keeps_the_known_one() -> None:
    known = {("job", "1"): Known(NEW, "digest", deleted=False)}
    assert newest_of([record(None, "x")], known) == {("job", "1"): record(NEW, "x")}
