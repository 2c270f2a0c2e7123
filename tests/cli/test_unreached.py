"""Commands on a PostgreSQL that lets nobody in: each ends with one sentence, and none with a traceback."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from runner.cli import output
from tests.cli.test_operate import type_in
from tests.databases import Databases

COMMANDS = (
    ("serve", "--port", "0"),
    ("worker",),
    ("connect", "acme", "jobber"),
    ("integrations",),
    ("sync", "acme/jobber"),
    ("runs",),
    ("pause", "acme/jobber"),
    ("resume", "acme/jobber"),
    ("records",),
    ("pushes",),
    ("deliveries",),
    ("status",),
    ("replay", "events", "--failed"),
    ("migrate",),
    ("migrate", "--check"),
    ("export", "never.export"),
    ("export", "--reopen"),
    ("import", "some.export"),
    ("keys", "rotate"),
    ("keys", "forget", "k1", "--yes"),
    ("links", "list"),
    ("links", "unmatched"),
)
NOWHERE = "postgresql://someone:hunter2@127.0.0.1:9/runner"


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some.export").write_bytes(b"{}\n")
    (tmp_path / "connectors").mkdir()
    return {
        "RUNNER_ENCRYPTION_KEYS": f"k1:{base64.b64encode(bytes(32)).decode()}",
        "RUNNER_CONNECTORS": str(tmp_path / "connectors"),
        "RUNNER_DATABASE_URL": NOWHERE,
    }


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_server_that_is_away_ends_each_command_with_one_sentence(
    environ: dict[str, str], words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    result = type_in(environ, *words)
    told = capsys.readouterr().err.splitlines()
    assert (result.exit_code, len(told)) == (output.FOUND, 1), (told, result.output)
    assert told[0].startswith("runner: the database postgresql://someone:***@127.0.0.1:9/runner cannot be reached: ")
    assert told[0].endswith("; start it, or mend RUNNER_DATABASE_URL")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_port_that_is_no_number_is_misuse(
    environ: dict[str, str], words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    result = type_in({**environ, "RUNNER_DATABASE_URL": "postgresql://x@127.0.0.1:port/runner"}, *words)
    told = capsys.readouterr().err.splitlines()
    assert (result.exit_code, len(told)) == (output.MISUSE, 1), (told, result.output)
    assert told[0].startswith("runner: what stands for the port in the database URL is no number; ")


@pytest.mark.parametrize("url", [NOWHERE, "postgresql://x@127.0.0.1:port/runner"])
def test_doctor_finds_the_database_alone_and_claims_nothing_of_what_is_in_it(environ: dict[str, str], url: str) -> None:
    folder = Path(__file__).parents[2] / "connectors"
    result = type_in({**environ, "RUNNER_DATABASE_URL": url, "RUNNER_CONNECTORS": str(folder)}, "doctor", "--json")
    assert result.exit_code == output.FOUND
    found = {one["what"]: one for one in json.loads(result.stdout)}
    assert [name for name, one in found.items() if not one["fine"]] == ["database"]
    assert found["jobber"]["told"].startswith("whether companies have it is not known; without RUNNER_JOBBER_")


@pytest.fixture
def refusing(databases: Databases) -> Iterator[str]:
    """A database that has no room for one more connection."""
    with databases.bare() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'CREATE ROLE "{connection.info.dbname}" LOGIN CONNECTION LIMIT 0')
            name = connection.info.dbname
        yield url.replace("runner@", f"{name}@", 1)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP ROLE "{name}"')


def test_a_server_without_a_free_connection_says_which_numbers_to_mend(
    environ: dict[str, str], refusing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = type_in({**environ, "RUNNER_DATABASE_URL": refusing}, "migrate")
    (told,) = capsys.readouterr().err.splitlines()
    assert result.exit_code == output.FOUND
    assert "too many connections for role" in told
    assert told.endswith("raise max_connections of the server, or lower RUNNER_DATABASE_POOL of each process")


def test_a_database_that_nobody_made_is_told_so(
    environ: dict[str, str], databases: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    result = type_in({**environ, "RUNNER_DATABASE_URL": databases.url("nobody_made_it")}, "status")
    (told,) = capsys.readouterr().err.splitlines()
    assert result.exit_code == output.FOUND
    assert told.endswith(
        'database "nobody_made_it" does not exist; make it (createdb), or mend the name in RUNNER_DATABASE_URL'
    )
