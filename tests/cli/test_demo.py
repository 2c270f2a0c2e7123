"""`runner demo` where it cannot be played."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.cli import output
from tests.cli.test_operate import type_in


def test_outside_the_repository_it_says_where_to_go_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    result = type_in({}, "demo")
    assert result.exit_code == output.MISUSE
    told = " ".join(capsys.readouterr().err.split())
    assert f"there is no folder {tmp_path / 'connectors'}" in told
    assert "clone it, and run `make demo` there" in told
    assert list(tmp_path.iterdir()) == []
