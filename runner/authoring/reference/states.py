"""The page of the life of an integration: the states, the table of transitions, the reasons."""

from __future__ import annotations

import inspect

from runner.authoring.reference.markdown import code, codes, page, table
from runner.model.integration import State
from runner.model.lifecycle import CAUSES, TRANSITIONS, Matter, Transition


def states_page() -> str:
    """The whole page."""
    intro = (
        "What an integration may be, and how it comes from one state to the next: the table by which the runner moves "
        "them, and no other way is there. Every move is kept with its reason and its time (`runner integrations "
        "INTEGRATION`, `GET /api/changes`) and told to the host (`notify` in runner.yaml)."
    )
    rows = [_row(move) for move in TRANSITIONS]
    reasons = [(code(name), cause.matter.value, cause.meaning, codes(_events(name))) for name, cause in CAUSES.items()]
    passing = (
        "An integration begins as `pending` (event `begun`) and ends when it is removed (event `removed`). Faults that "
        "pass, such as a partner that is away, a limit or a failed sync, move nothing: the work waits and is tried "
        "again, and a sync that fails three times in a row makes the integration's health `failing`."
    )
    parts = [
        f"## States\n\n{inspect.getdoc(State) or ''}",
        f"## Transitions\n\n{table(('event', 'from', 'to', 'reasons', 'when'), rows)}",
        passing,
        f"## Reasons\n\n{inspect.getdoc(Matter) or ''}\n\n{table(('code', 'matter', 'meaning', 'events'), reasons)}",
    ]
    return page("States of an integration", intro, parts)


def _row(move: Transition) -> tuple[str, str, str, str, str]:
    return code(move.event), codes(move.before), code(move.after), codes(move.codes), move.meaning


def _events(name: str) -> list[str]:
    return list(dict.fromkeys(move.event for move in TRANSITIONS if name in move.codes))
