from __future__ import annotations

from datetime import UTC, datetime

from runner.cli.explaining import told
from runner.engine.links.two_sides import Input, Told

AT = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)
NAME = Input("name", "A", "B", "C", "host_wins", "host", "both changed it: host_wins", AT, 17)
NOTES = Input("notes", "x", "x", None, "partner_wins", None, None, None, None)


def test_every_input_is_told_with_values_decision_and_reason() -> None:
    lines = list(told(Told("projects", "acme/shop", "1", "acme/board", "b1", 17, "done", None, (NAME, NOTES))))
    assert lines == [
        "projects: acme/shop 1 -> acme/board b1",
        "  push 17 is done",
        '  name (host_wins): partner "B", host "C"',
        '    2026-05-04 15:20:10, push 17: the host\'s stayed, since both changed it: host_wins; in common last: "A"',
        '  notes (partner_wins): partner "x", host nothing',
        '    never apart; in common last: "x"',
    ]


def test_what_was_not_pushed_yet_is_told() -> None:
    lines = list(told(Told("projects", "acme/shop", "1", "acme/board", None, None, None, None, ())))
    assert lines == ["projects: acme/shop 1 -> acme/board (not linked)", "  nothing was pushed yet"]
