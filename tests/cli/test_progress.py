"""What a person and a log see of a sync that goes on."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from runner.cli.progress import bar, bytes_bar, lines, sending, shown
from runner.testing.clock import FakeClock


def test_a_log_gets_the_first_page_and_every_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    hear = lines("jobs", FakeClock())
    for page in range(1, 21):
        hear(page, page * 100, None)
    assert capsys.readouterr().err.splitlines() == [
        "jobs: 100 in 1 page",
        "jobs: 1000 in 10 pages",
        "jobs: 2000 in 20 pages",
    ]


def test_a_log_gets_the_rate_and_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    clock = FakeClock()
    hear = lines("jobs", clock)
    clock.advance(2)
    hear(1, 500, 2000)
    assert capsys.readouterr().err == "jobs: 500 of 2000 in 1 page, 250/s, 6 s left\n"


def test_a_terminal_gets_a_bar_with_the_total() -> None:
    screen = io.StringIO()
    with bar("jobs", Console(file=screen, force_terminal=True, width=120)) as hear:
        hear(1, 500, 2000)
        hear(2, 1000, 2000)
    assert "1000 of 2000 in 2 pages" in screen.getvalue()


def test_a_bar_without_a_total_counts() -> None:
    screen = io.StringIO()
    with bar("jobs", Console(file=screen, force_terminal=True, width=120)) as hear:
        hear(3, 1500, None)
    assert "1500 in 3 pages" in screen.getvalue()


def test_who_does_not_want_it_hears_nothing() -> None:
    with shown("jobs", False) as hear:
        assert hear is None


def test_a_file_gets_a_bar_of_its_bytes() -> None:
    screen = io.StringIO()
    with bytes_bar("upload_file", Console(file=screen, force_terminal=True, width=120)) as hear:
        hear(500_000, 2_000_000)
        hear(2_000_000, 2_000_000)
    assert "2.0/2.0 MB" in screen.getvalue()


def test_an_action_without_a_file_shows_no_bar() -> None:
    screen = io.StringIO()
    with bytes_bar("add_note", Console(file=screen, force_terminal=True, width=120)):
        pass
    assert "add_note" not in screen.getvalue()


def test_where_nobody_looks_there_is_no_bar() -> None:
    with sending("upload_file") as hear:
        assert hear is None
