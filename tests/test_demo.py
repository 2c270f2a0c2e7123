"""The demo, for real: ports of this machine, a database file, and figures that both sides agree on."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.authoring.folders import Source, folders
from runner.authoring.validation import validate
from runner.cli import demo
from runner.cli.demo_figures import Check
from runner.cli.demo_world import RULES

ROOT = Path(__file__).parents[1]


def test_both_sides_agree_and_a_second_time_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = demo.run(tmp_path / "demo", 10)
    told = capsys.readouterr()
    assert (first, told.err) == (0, "")
    assert "records are stored." in told.out
    assert "The host refused project" in told.out
    assert "each is stored in Dropbox, the large one in 3 pieces, and noted on its job" in told.out
    assert "the office's circuit is open: `office` answers 503" in told.out
    assert "the host's stayed, since both changed it: host_wins" in told.out
    assert "the partner's stayed, since both changed it: partner_wins" in told.out
    assert "its circuit is closed; all has arrived" in told.out

    second = demo.run(tmp_path / "demo", 10)
    told = capsys.readouterr()
    assert (second, told.err) == (0, "")
    assert "records were stored before: unchanged." in told.out


def test_its_rules_have_no_findings() -> None:
    text = (
        RULES.read_text(encoding="utf-8")
        + "\ndestinations: {office: {type: webhook, url: http://127.0.0.1:1/office}}\n"
    )

    assert validate([Source("runner.yaml", text)], folders({}, ROOT)) == []


def test_a_figure_on_which_they_differ_does_not_agree() -> None:
    assert not Check("projects", 3, 4).agrees
