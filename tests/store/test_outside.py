"""Tables in databases that are not ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from runner.errors import PartnerUnavailable, SettingsError, UnexpectedResponse
from runner.model.secret import Secret
from runner.store.outside import Outside, table_of
from tests.store.conftest import NOW

TABLE = table_of("records")


@pytest.fixture
def outside() -> Iterator[Outside]:
    opened = Outside()
    yield opened
    opened.close()


@pytest.fixture
def url(tmp_path: Path) -> Secret:
    return Secret(f"sqlite:///{tmp_path}/other.db")


def row(external_id: str, sequence: int, name: str = "Roof", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"integration_id": "i1", "kind": "project", "external_id": external_id, "company": "acme"}
    made |= {"connector": "jobber", "fields": {"name": name}, "version": None, "inactive": False, "deleted": False}
    return {**made, "sequence": sequence, "changed_at": NOW, **more}


def read(url: Secret, columns: str = "external_id, json_extract(fields, '$.name'), deleted") -> list[Any]:
    engine = create_engine(url.reveal())
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT {columns} FROM records ORDER BY external_id")).all()
    engine.dispose()
    return [tuple(one) for one in found]


def test_the_table_is_made_and_holds_one_row_a_record(outside: Outside, url: Secret) -> None:
    assert outside.put(url, TABLE, [row("a", 1), row("b", 2)]) == [None, None]
    assert outside.put(url, TABLE, [row("a", 3, "Wall")]) == [None]
    assert read(url) == [("a", "Wall", 0), ("b", "Roof", 0)]


def test_what_is_older_does_nothing(outside: Outside, url: Secret) -> None:
    outside.put(url, TABLE, [row("a", 3, "Wall")])
    assert outside.put(url, TABLE, [row("a", 1)]) == [None]
    outside.put(url, TABLE, [row("a", 2, deleted=True)], remove=True)
    assert read(url) == [("a", "Wall", 0)]


def test_what_is_deleted_is_flagged_or_removed(outside: Outside, url: Secret) -> None:
    outside.put(url, TABLE, [row("a", 1), row("b", 2)])
    outside.put(url, TABLE, [row("a", 3, deleted=True)])
    outside.put(url, TABLE, [row("b", 4, deleted=True)], remove=True)
    assert read(url) == [("a", "Roof", 1)]


def test_one_bad_row_is_refused_alone_in_the_databases_words(outside: Outside, url: Secret) -> None:
    fates = outside.put(url, TABLE, [row("a", 1), row("b", 2, company=None), row("c", 3)])
    assert [fates[0], fates[2]] == [None, None]
    assert isinstance(fates[1], UnexpectedResponse)
    assert fates[1].words == "NOT NULL constraint failed: records.company"
    assert [one[0] for one in read(url)] == ["a", "c"]


def test_a_database_that_is_away_is_unavailable(outside: Outside, tmp_path: Path) -> None:
    with pytest.raises(PartnerUnavailable, match="unable to open"):
        outside.put(Secret(f"sqlite:///{tmp_path}/none/other.db"), TABLE, [row("a", 1)])


@pytest.mark.parametrize("wrong", ["nothing", "nosuch://host/name"])
def test_a_url_that_none_is_shows_nothing_of_itself(outside: Outside, wrong: str) -> None:
    with pytest.raises(SettingsError) as refused:
        outside.put(Secret(wrong), TABLE, [row("a", 1)])
    assert wrong not in str(refused.value)
