"""The table of transitions is whole, says one thing about each move, and is the only way to move."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from runner.errors import AuthenticationError, MappingError, NotFound, PartnerError, SettingsError, TransitionRefused
from runner.model.integration import Reason, State
from runner.model.lifecycle import CAUSES, TRANSITIONS, Matter, matter_of, transition

RUNNER = Path(__file__).parents[2] / "runner"
MOVES = list(product(State, State, [None, *CAUSES]))


def every(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for child in root.__subclasses__():
        yield from every(child)


def named_codes() -> set[str]:
    """Every code that the source gives to a reason or to an AuthenticationError."""
    found = set()
    for path in RUNNER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                given = node.args[:1] if node.func.id == "Reason" else []
                if node.func.id == "AuthenticationError":
                    given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
                found |= {one.value for one in given if isinstance(one, ast.Constant)}
    return {str(code) for code in found}


def test_every_code_that_the_runner_gives_is_in_the_table() -> None:
    raised = {str(getattr(kind, "code", "")) for root in (PartnerError, MappingError, SettingsError, NotFound)
              for kind in every(root)}  # fmt: skip
    assert "credential-refused" in raised
    assert "switched-off" in named_codes()
    assert (raised | named_codes()) - CAUSES.keys() == set()


def test_every_cause_belongs_to_a_move_and_every_move_says_one_thing() -> None:
    used = {code for move in TRANSITIONS for code in move.codes}
    assert used == CAUSES.keys()
    claimed = [(b, move.after, code) for move in TRANSITIONS for b in move.before for code in move.codes or (None,)]
    assert len(claimed) == len(set(claimed))


@pytest.mark.parametrize("after", list(State))
def test_a_move_is_in_the_table_or_refused(after: State) -> None:
    for before, to, code in (move for move in MOVES if move[1] is after):
        reason = Reason(code, "x") if code else None
        listed = [
            move for move in TRANSITIONS
            if before in move.before and move.after is to and (code in move.codes if code else not move.codes)
        ]  # fmt: skip
        if listed:
            assert transition(before, to, reason) is listed[0]
        else:
            with pytest.raises(TransitionRefused, match=f"{before} cannot become {to}"):
                transition(before, to, reason)


def test_a_code_that_nobody_declared_is_refused() -> None:
    with pytest.raises(TransitionRefused, match="for `whim`"):
        transition(State.ACTIVE, State.ERROR, Reason("whim", "x"))


def test_faults_that_pass_never_put_an_active_integration_into_error() -> None:
    for code, cause in CAUSES.items():
        if cause.matter is Matter.PARTNER:
            with pytest.raises(TransitionRefused):
                transition(State.ACTIVE, State.ERROR, Reason(code, "x"))


def test_a_refusal_is_told_apart_from_a_matter_of_settings() -> None:
    refused, rights = AuthenticationError("x").code, "integration-refused"
    assert (matter_of(refused), matter_of(rights), matter_of("whim")) == (Matter.AUTH, Matter.CONFIGURATION, None)


def test_nobody_writes_a_state_past_the_table() -> None:
    callers = {
        path.relative_to(RUNNER).as_posix()
        for path in RUNNER.rglob("*.py")
        if "integrations.set_state(" in path.read_text(encoding="utf-8")
    }
    assert callers == {"store/store.py"}
