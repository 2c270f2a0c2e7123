from __future__ import annotations

import pytest

from runner.model.words import nearest, readable, suggest


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("sincs", ["syncs", "title"], "syncs"),
        ("job_list", ["jobs", "clients"], "jobs"),
        ("ID", ["id", "name"], "id"),
        ("Jobs", ["jobs"], "jobs"),
        ("customer", ["user", "contact"], None),
        ("isoformat", ["sort", "join"], None),
    ],
)
def test_only_what_is_near_is_suggested(word: str, known: list[str], meant: str | None) -> None:
    assert nearest(word, known) == meant


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (["jobs"], "there is: jobs"),
        (["b", "a"], "there are: a, b"),
        ([], ""),
        (["customers"], "did you mean `customers`?"),
    ],
)
def test_what_there_is_where_nothing_is_near(known: list[str], said: str) -> None:
    assert suggest("customer", known) == said


def test_words_of_others_keep_what_can_be_read() -> None:
    assert readable("Größe\n\0ok \x1b[1m\ud800") == "Größe\n ok  [1m "
