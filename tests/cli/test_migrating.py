"""`runner migrate`, and what it says of a database that it does not change."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from runner.cli import output
from tests.cli.test_operate import type_in


def revised(path: Path, revision: str) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = ?", [revision])
    return {"RUNNER_DATABASE_URL": f"sqlite:///{path}"}


def test_what_is_up_to_date_passes_the_check(path: Path) -> None:
    result = type_in({"RUNNER_DATABASE_URL": f"sqlite:///{path}"}, "migrate", "--check")
    assert (result.exit_code, "is up to date" in result.output) == (output.FINE, True)


def test_what_is_older_fails_the_check_and_stays_as_it_is(path: Path) -> None:
    result = type_in(revised(path, "0001"), "migrate", "--check")
    assert (result.exit_code, "run `runner migrate`" in result.output) == (output.FOUND, True)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]


def test_a_check_makes_no_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = type_in({"RUNNER_DATABASE_URL": f"sqlite:///{tmp_path / 'none.db'}"}, "migrate", "--check")
    assert result.exit_code == output.MISUSE
    assert "there is no database" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("migrate",), ("migrate", "--check"), ("status",), ("integrations",)])
def test_a_database_of_a_later_version_is_refused_with_a_remedy(
    path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    result = type_in(revised(path, "9999"), *words)
    assert result.exit_code == output.MISUSE
    told = " ".join(capsys.readouterr().err.split())
    assert "is of revision 9999" in told
    assert "start that one, or restore the backup from before" in told
