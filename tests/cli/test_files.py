from __future__ import annotations

from pathlib import Path

import pytest
import typer

from runner.cli.files import generate


def test_what_nothing_wants_any_more_is_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, gone = tmp_path / "kept.md", tmp_path / "gone.md"
    gone.write_text("old", encoding="utf-8")
    generate({kept: b"new"}, False, "runner docs", [gone])
    assert kept.read_bytes() == b"new"
    assert not gone.exists()
    assert capsys.readouterr().out.splitlines() == [f"wrote {kept}", f"removed {gone}"]


def test_check_finds_what_is_left_over_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, gone = tmp_path / "kept.md", tmp_path / "gone.md"
    for path in (kept, gone):
        path.write_bytes(b"new")
    with pytest.raises(typer.Exit) as ended:
        generate({kept: b"new"}, True, "runner docs", [kept, gone])
    assert ended.value.exit_code == 1
    assert gone.exists()
    assert capsys.readouterr().out == f"{gone} is not what the code says (run `runner docs` and commit it)\n"


def test_nothing_to_do_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "kept.md"
    kept.write_bytes(b"new")
    generate({kept: b"new"}, True, "runner docs", [kept])
    assert capsys.readouterr().out == "1 files are up to date\n"
