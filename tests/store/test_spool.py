from __future__ import annotations

from collections.abc import Iterator

import pytest

from runner.store.spool import Found, Pile, Spool


@pytest.fixture
def spool() -> Iterator[Spool]:
    with Spool() as made:
        yield made


def test_the_last_finding_about_a_thing_counts(spool: Spool) -> None:
    spool.put(("project", "1"), "created", "v1", {"name": "Oak"})
    spool.put(("project", "1"), "stale", "v2")
    assert (spool.count("created"), spool.count("stale")) == (0, 1)
    assert spool.known([("project", "1"), ("project", "2"), ("user", "1")]) == {("project", "1"): Found("stale", "v2")}


def test_findings_without_a_key_are_each_one_more(spool: Spool) -> None:
    for number in range(2):
        spool.put((None, None), "quarantined", None, number)
    assert [told for *_, told in spool.some("quarantined")] == [0, 1]


def test_a_pile_reads_as_a_sequence(spool: Spool) -> None:
    for number in (3, 1, 2):
        spool.put(("project", str(number)), "created", None, number)
    pile = Pile(spool, "created", lambda kind, external_id, told: (kind, external_id, told))
    assert [told for *_, told in pile] == [3, 1, 2]
    assert (len(pile), pile[0], pile[-1]) == (3, ("project", "3", 3), ("project", "2", 2))
    assert [told for *_, told in pile[1:]] == [1, 2]
    with pytest.raises(IndexError):
        pile[3]


def test_it_begins_anew(spool: Spool) -> None:
    spool.put(("project", "1"), "created", None)
    spool.clear()
    assert not Pile(spool, "created", lambda *found: found)
