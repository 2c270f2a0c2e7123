"""Without a key, or with one that is none, nothing that touches credentials starts; the message says what to set."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.cli import output
from tests.cli.test_operate import KEY, type_in
from tests.partners import ROOT

STARTS = (
    "serve --port 0",
    "worker",
    "connect companycam acme",
    "sync acme/jobber",
    "act acme/jobber create_note",
    "replay events --failed",
    "integrations --disable acme/jobber",
    "integrations --disconnect acme/jobber",
    "integrations --remove acme/jobber --yes",
    "keys rotate",
    "keys forget k1 --yes",
)
SECRET = "bm90IGEga2V5IGJ1dCBzZWNyZXQ="
MALFORMED = {
    SECRET: "has no id before a colon",
    f"k1:{SECRET}": "has 20 bytes instead of 32",
    "k1:!!!": "is not base64",
    f"{KEY},{KEY}": "is given twice",
    ",": "there is no encryption key",
}


@pytest.fixture
def environ(path: Path, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "runner.yaml").write_text("{}\n", encoding="utf-8")
    return {
        "RUNNER_DATABASE_URL": f"sqlite:///{path}",
        "RUNNER_CONNECTORS": str(ROOT / "connectors"),
        "RUNNER_CONFIG": str(tmp_path / "runner.yaml"),
    }


@pytest.mark.parametrize("command", STARTS)
def test_without_a_key_it_does_not_start(
    environ: dict[str, str], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert type_in(environ, *command.split()).exit_code == output.MISUSE
    told = capsys.readouterr().err
    assert "RUNNER_ENCRYPTION_KEYS is not set" in told
    assert "runner keys new" in told


@pytest.mark.parametrize("keys", MALFORMED)
@pytest.mark.parametrize("command", ["serve --port 0", "worker", "keys rotate"])
def test_with_a_malformed_key_it_does_not_start_nor_show_it(
    environ: dict[str, str], command: str, keys: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = type_in({**environ, "RUNNER_ENCRYPTION_KEYS": keys}, *command.split())
    told = capsys.readouterr().err
    assert (result.exit_code, MALFORMED[keys] in told, "runner keys new" in told) == (output.MISUSE, True, True)
    assert SECRET not in told + result.output


def test_what_the_host_is_told_is_signed_or_nothing_starts(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path(environ["RUNNER_CONFIG"]).write_text("notify: {url: 'https://host.example/hook'}\n", encoding="utf-8")
    assert type_in({**environ, "RUNNER_ENCRYPTION_KEYS": KEY}, "worker").exit_code == output.MISUSE
    assert "RUNNER_NOTIFY_SECRET is not set" in capsys.readouterr().err
    assert "RUNNER_NOTIFY_SECRET is not set" in " ".join(type_in(environ, "doctor").output.split())


@pytest.mark.parametrize("secret", ["whsec_short", "whsec_" + SECRET, "no base64!", "whsec_"])
def test_a_secret_that_signs_badly_is_refused_and_not_shown(
    environ: dict[str, str], secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {**environ, "RUNNER_ENCRYPTION_KEYS": KEY, "RUNNER_NOTIFY_SECRET": secret}
    assert type_in(given, "worker").exit_code == output.MISUSE
    told = capsys.readouterr().err
    assert "RUNNER_NOTIFY_SECRET: secret 1 is not" in told
    assert secret not in told.replace("`whsec_`", "").replace("'whsec_'", "")
