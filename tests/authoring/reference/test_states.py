"""The page of states says what the table says."""

from __future__ import annotations

from runner.authoring.reference.pages import pages
from runner.authoring.reference.states import states_page
from runner.model.integration import State
from runner.model.lifecycle import CAUSES, TRANSITIONS


def test_every_move_has_a_row_with_its_reasons() -> None:
    text = states_page().partition("## Transitions")[2].partition("## Reasons")[0]
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) == len(TRANSITIONS)
    for move, row in zip(TRANSITIONS, rows, strict=True):
        _, event, before, after, reasons, _, _ = (cell.strip() for cell in row.split("|"))
        assert (event, after) == (f"`{move.event}`", f"`{move.after}`")
        assert before == ", ".join(f"`{state}`" for state in move.before)
        assert set(reasons.split(", ")) - {""} == {f"`{name}`" for name in move.codes}


def test_every_reason_and_every_state_is_explained() -> None:
    text = states_page()
    for name, cause in CAUSES.items():
        assert f"| `{name}` | {cause.matter.value} | {cause.meaning} |" in text
    assert all(f"`{state}`:" in text for state in State)


def test_it_is_a_page_of_the_reference() -> None:
    assert pages()["states.md"] == states_page()
