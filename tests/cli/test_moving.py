"""`runner export` and `runner import` as they are typed."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import Result

from runner.cli.progress import rows_bar
from runner.model.credential import Credential
from runner.model.integration import Integration, State
from runner.model.secret import Secret
from runner.store.keys import KeyRing
from runner.store.store import Store
from tests.cli.test_operate import KEY, type_in
from tests.partners import ROOT
from tests.store.conftest import NOW

OTHER = "k2:" + "B" * 43 + "="
Type = Callable[..., Result]


@pytest.fixture
def environ(path: Path, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "runner.yaml").write_text("{}\n", encoding="utf-8")
    asyncio.run(_one_company(f"sqlite:///{path}"))
    return {
        "RUNNER_DATABASE_URL": f"sqlite:///{path}",
        "RUNNER_CONNECTORS": str(ROOT / "connectors"),
        "RUNNER_CONFIG": str(tmp_path / "runner.yaml"),
        "RUNNER_ENCRYPTION_KEYS": KEY,
    }


async def _one_company(url: str) -> None:
    store = Store.open(url, KeyRing.parse(KEY))
    acme = Integration("i1", "acme", "jobber", State.PENDING, since=NOW, created_at=NOW)
    await store.database.write(lambda c: store.begin(c, acme))
    await store.database.write(lambda c: store.vault.put(c, "i1", Credential(access_token=Secret("t0ken")), NOW))
    await store.close()


@pytest.fixture
def typed(environ: dict[str, str]) -> Type:
    return partial(type_in, environ)


@pytest.fixture
def there(environ: dict[str, str], tmp_path: Path) -> Type:
    """On a database that is not there yet."""
    new = environ | {"RUNNER_DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"}
    return partial(type_in, new)


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "all.export")


def test_everything_goes_to_a_database_that_is_not_there_yet(typed: Type, there: Type, file: str) -> None:
    done = typed("export", file)
    assert done.output.startswith(f"4 rows were exported to {file}; what happens here from now on is not among them")
    assert Path(file).stat().st_mode & 0o777 == 0o600
    assert b"t0ken" not in Path(file).read_bytes()
    assert there("import", "--check", file).output == "4 rows are in it, and it is whole\n"
    assert there("import", file).output.startswith("4 rows were imported; the database that they came from was not")
    (one,) = json.loads(there("integrations", "--json").stdout)
    assert (one["id"], one["company"]) == ("i1", "acme")


def test_a_database_is_closed_for_the_change_over_and_opened_again(typed: Type, there: Type, file: str) -> None:
    told = json.loads(typed("export", "--close", file, "--json").stdout)
    assert (told["closed"], told["cut"], told["rows"]["integrations"], told["total"]) == (True, 0, 1, 4)
    assert there("import", file).output == "4 rows were imported\n"
    assert typed("pause", "acme/jobber").exit_code == 2
    assert "this database was closed by `runner export --close`" in typed("doctor").output
    assert typed("status").output.startswith("This database was closed by `runner export --close`")
    assert there("pause", "acme/jobber").exit_code == 0
    assert typed("export", "--reopen").output == "this database takes everything again\n"
    assert not typed("status").output.startswith("This database was closed")
    assert typed("export", "--reopen", "--json").stdout == '{\n  "reopened": false\n}\n'
    assert typed("pause", "acme/jobber").exit_code == 0


def test_it_goes_through_a_pipe(typed: Type, there: Type) -> None:
    done = typed("export", "--close", "-")
    assert done.stderr.startswith("4 rows were exported; this database takes nothing more")
    assert there("import", "--check", "-", given=done.stdout_bytes).output == "4 rows are in it, and it is whole\n"
    assert there("import", "-", given=done.stdout_bytes).output == "4 rows were imported\n"


def test_what_cannot_be_written_leaves_nothing_and_closes_nothing(
    typed: Type, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "none" / "all.export"
    assert typed("export", "--close", str(file)).exit_code == 1
    assert f"{file} cannot be written: No such file or directory; nothing was exported" in capsys.readouterr().err
    assert typed("export", "--reopen").output == "this database was not closed\n"


MISUSED = {
    "export": "say which file is to be made (- for standard output)",
    "export --reopen x.export": "--reopen stands alone",
    "export --close --reopen": "--reopen stands alone",
    "export runner.yaml": "runner.yaml is there already; name another, or remove it",
    "import none.export": "there is no file none.export",
    "import --check none.export": "there is no file none.export",
}


@pytest.mark.parametrize("command", MISUSED)
def test_misuse_is_told(typed: Type, tmp_path: Path, command: str) -> None:
    words = [str(tmp_path / word) if "." in word else word for word in command.split()]
    done = typed(*words)
    assert (done.exit_code, done.stderr.replace(f"{tmp_path}/", "")) == (2, f"runner: {MISUSED[command]}\n")


def test_what_is_not_taken_is_told(typed: Type, there: Type, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    typed("export", file)
    assert typed("import", file).exit_code == 1
    assert "is not empty: there are integrations" in capsys.readouterr().err
    Path(file).write_bytes(Path(file).read_bytes()[:-10])
    for words in (("import", file), ("import", "--check", file)):
        assert there(*words).exit_code == 1
        assert "of the export is none of its own" in capsys.readouterr().err
    assert json.loads(there("integrations", "--json").stdout) == []


def test_credentials_need_their_key_or_are_sealed_anew(
    typed: Type, environ: dict[str, str], tmp_path: Path, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    typed("export", file)
    new = environ | {"RUNNER_DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}", "RUNNER_ENCRYPTION_KEYS": OTHER}
    assert type_in(new, "import", file).exit_code == 2
    assert "sealed with key k1, and RUNNER_ENCRYPTION_KEYS holds only k2" in capsys.readouterr().err
    assert json.loads(type_in(new, "integrations", "--json").stdout) == []
    both = new | {"RUNNER_ENCRYPTION_KEYS": f"{OTHER},{KEY}"}
    assert type_in(both, "import", "--reseal", file).exit_code == 0
    assert "0 secrets were sealed anew; all are sealed with key k2" in type_in(new, "keys", "rotate").output


def test_a_person_at_a_terminal_sees_how_far_it_is() -> None:
    screen = io.StringIO()
    with rows_bar(Console(file=screen, force_terminal=True, width=80)) as hear:
        hear("records", 500, 2000)
    assert "records" in screen.getvalue()
    assert "500/2000" in screen.getvalue()
