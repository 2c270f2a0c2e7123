from __future__ import annotations

import json

import pytest

from runner.cli.output import FOUND, MISUSE, listing, told
from runner.errors import ConnectorError, Finding, NotFound, Place, PushError, SettingsError

ROWS = [{"id": 1, "last_run": None, "on": True}, {"id": 22, "last_run": "two\nlines", "on": False}]


def test_listing_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    listing(ROWS, ("id", "last_run", "on"), as_json=False)
    assert capsys.readouterr().out == "ID  LAST RUN   ON\n1   -          yes\n22  two lines  no\n"


def test_listing_is_json_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    listing(ROWS, ("id",), as_json=True)
    assert json.loads(capsys.readouterr().out) == ROWS


def test_empty_listing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    listing([], ("id",), as_json=False, empty="no integrations yet")
    assert capsys.readouterr().out == "no integrations yet\n"
    listing([], ("id",), as_json=True)
    assert capsys.readouterr().out == "[]\n"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (NotFound("no such thing"), MISUSE, "runner: no such thing\n"),
        (SettingsError("X: wrong"), MISUSE, "runner: X: wrong\n"),
        (PushError("refused", retry=False), FOUND, "runner: refused\n"),
        (ConnectorError([Finding(Place("a", 1, 2), "c", "m", "r")]), FOUND, "a:1:2: c: m (r)\n"),
    ],
)
def test_error_has_its_exit_code(error: Exception, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(error) == code  # type: ignore[arg-type]  # each is a RunnerError
    assert capsys.readouterr().err == said
