from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from runner import __version__
from runner.cli.main import main

HEAVY = (
    "sqlalchemy",
    "httpx",
    "starlette",
    "apscheduler",
    "rich",
    "jsonschema",
    "jsonschema_rs",
    "pytest",
    "structlog",
)


def ended(*arguments: str) -> int:
    """Run a command to its end; the exit code."""
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    return int(end.value.code or 0)


def loaded(*arguments: str) -> set[str]:
    """The heavy packages that a command imports, seen in a process of its own."""
    code = (
        "import sys\nfrom runner.cli.main import main\ntry:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        f"print(*(set(sys.modules) & set({HEAVY})), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return set(ran.stderr.split())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--version") == 0
    assert capsys.readouterr().out == f"runner {__version__}\n"


@pytest.mark.parametrize("arguments", [["--version"], ["validate", "connectors/jobber.yaml"], ["map", "--help"]])
def test_an_authors_command_imports_nothing_heavy(arguments: list[str]) -> None:
    assert loaded(*arguments) == set()


@pytest.mark.parametrize("arguments", [["validate"], ["sync"], ["keys", "new"]])
def test_help_ends_with_an_example(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(*arguments, "--help") == 0
    *_, shown = capsys.readouterr().out.rstrip().split("\n  Example:\n")
    assert all(line.startswith(f"    runner {' '.join(arguments)}") for line in shown.splitlines())


def test_version_does_not_even_import_the_language() -> None:
    code = (
        "import sys\nfrom runner.cli.main import main\n"
        "try:\n    main(['--version'])\nfinally:\n    print('jmespath' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("arguments", [[], ["nope"], ["validate", "--nope"], ["map"], ["validate", "nope.yaml"]])
def test_misuse_ends_with_2_and_no_traceback(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(*arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_error_is_one_clean_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("map", "jobbr", "client", "x.json") == 2
    assert capsys.readouterr().err == "runner: there is no connector `jobbr` in connectors (did you mean `jobber`?)\n"


def test_findings_of_a_connector_end_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "acme.yaml").write_text("connector: acme\n")
    monkeypatch.setenv("RUNNER_CONNECTORS", str(tmp_path))
    assert ended("review", "acme") == 1
    assert ": missing-field: " in capsys.readouterr().err
