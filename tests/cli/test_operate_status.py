"""What `runner status` says when something wants a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runner.cli.status import lines
from runner.model.event import EventState
from runner.model.integration import Integration, Reason, State
from runner.model.process import Process
from runner.model.push import PushState
from runner.model.run import Checkpoint, RunState, SyncRun
from runner.service.attendance import Attendance
from runner.service.overview import Overview, Standing
from runner.service.push_shapes import CircuitShape, DeadShape, DestinationShape
from runner.service.shapes import SubscriptionShape, SyncShape
from runner.store.backlog import Backlog
from runner.store.calls import Calls
from runner.store.changes import Telling
from runner.store.retention import Kept
from runner.store.waits import Waits
from runner.testing.clock import START

FINE = Standing(
    integration=Integration("i1", "acme", "jobber", "production", State.ACTIVE),
    syncs=(SyncShape.of("clients", Checkpoint("c1"), None),),
    records={"contact": {"active": 3, "inactive": 1, "deleted": 0}},
    events=dict.fromkeys(EventState, 0),
    pushes=dict.fromkeys(PushState, 0),
    retries=0,
    quarantined=0,
    calls=Calls(7, 2),
)


LATE = timedelta(minutes=10)
WORKER = Process("a:1:x", "a", 1, frozenset({"worker", "scheduler"}), "1.0", "0023", START, START)
ATTENDED = Attendance((WORKER,), Backlog(2, 1), START)


def told(one: Standing) -> str:
    return "\n".join(lines(Overview((one,), dict.fromkeys(EventState, 0), ATTENDED, (), Kept(None, 0)), LATE))


def test_a_house_in_order_wants_nobody() -> None:
    assert "Nothing wants a person." in told(FINE)


def test_a_database_that_was_closed_says_so_before_all_else() -> None:
    found = Overview((FINE,), dict.fromkeys(EventState, 0), ATTENDED, (), Kept(None, 0), closed_since=START)
    first = next(lines(found, LATE))
    assert first.startswith("This database was closed by `runner export --close`: everything goes on at another one")
    assert first.endswith(f"`runner export --reopen` (since {START:%Y-%m-%d %H:%M} UTC).")


def test_the_figures_of_an_integration_stand_in_its_row() -> None:
    row = next(line for line in told(FINE).splitlines() if line.startswith("acme/jobber"))
    assert row.split() == ["acme/jobber", "active", "4", "0", "0", "0", "0", "0", "7", "2"]


def test_the_backlog_is_told() -> None:
    assert "2 wake-ups wait (0 are due), 1 run" in told(FINE)


def test_who_works_is_told() -> None:
    assert "Processes: 1 on 1 host (0 web, 1 worker, 1 scheduler)" in told(FINE)


def test_that_nobody_works_is_told_first() -> None:
    nobody = Attendance((), Backlog(7, due=7, oldest=START - 2 * LATE), START)
    found = Overview((FINE,), dict.fromkeys(EventState, 0), nobody, (), Kept(None, 0), {Telling.DEAD: 2})
    shown = list(lines(found, LATE))
    assert "Processes: none runs" in shown
    first = shown[shown.index("What wants a person:") + 1]
    assert first.startswith("- Nobody works: 7 wake-ups wait, the oldest for 20 min. Start `runner worker`")


def test_a_sync_that_never_ran_says_so() -> None:
    assert "never ran" in told(FINE)


FAILED = SyncRun("r1", "i1", "clients", False, RunState.FAILED, START, START, error="the partner is down")
BROKEN = replace(
    FINE.integration,
    state=State.ERROR,
    reason=Reason("credential-refused", "Jobber refuses the token", "Connect again"),
)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (replace(FINE, integration=BROKEN), "acme/jobber is error: Jobber refuses the token. Connect again."),
        (replace(FINE, syncs=(SyncShape.of("clients", Checkpoint(), FAILED),)), "runner sync acme/jobber clients"),
        (replace(FINE, events=FINE.events | {EventState.DEAD: 2}), "2 failed events"),
        (replace(FINE, pushes=FINE.pushes | {PushState.FAILED: 3}), "refused 3 pushes"),
        (replace(FINE, waits=(Waits("user", 1, 1, "7 has no email"),)), "1 user waits for a link, because: 7 has no"),
        (replace(FINE, waits=(Waits("user", 9, 4, "7 has no email"),)), "wait for a link, most often (4): 7 has"),
        (
            replace(FINE, syncs=(SyncShape.of("clients", Checkpoint(), FAILED, 4),)),
            "acme/jobber sync clients failed 4 times in a row: the partner is down",
        ),
        (replace(FINE, quarantined=4), "4 quarantined payloads"),
    ],
)
def test_what_wants_a_person_is_told_with_the_remedy(one: Standing, words: str) -> None:
    shown = told(one)
    assert "What wants a person:" in shown
    assert words in shown


def test_what_is_to_be_replayed_is_told_with_a_command_that_can_be_typed() -> None:
    named = replace(FINE.integration, company="Sample Plumbing")
    one = replace(
        FINE, integration=named, events=FINE.events | {EventState.DEAD: 2}, pushes={**FINE.pushes, PushState.FAILED: 3}
    )
    shown = told(one)
    assert "`runner replay events --failed --integration 'Sample Plumbing/jobber'`" in shown
    assert "`runner replay pushes --to 'Sample Plumbing/jobber'`" in shown


def test_what_the_host_could_not_be_told_is_told_to_the_operator() -> None:
    house = Overview((FINE,), dict.fromkeys(EventState, 0), ATTENDED, (), Kept(None, 0), {Telling.DEAD: 2})
    shown = list(lines(house, LATE))
    assert any("could not be told of 2 changes" in line and "replay notices --failed" in line for line in shown)


@pytest.mark.parametrize(
    ("one", "health"),
    [
        (FINE, "fine"),
        (replace(FINE, integration=BROKEN), "error"),
        (replace(FINE, syncs=(SyncShape.of("clients", Checkpoint(), FAILED, 2),)), "fine"),
        (replace(FINE, syncs=(SyncShape.of("clients", Checkpoint(), FAILED, 3),)), "failing"),
    ],
)
def test_health_tells_failing_syncs_from_refused_credentials(one: Standing, health: str) -> None:
    assert one.health == health
    assert one.shown()["health"] == health


@pytest.mark.parametrize(
    ("state", "said"), [("failed", "gets no webhooks"), ("live", "may get no webhooks any more"), ("ending", None)]
)
def test_webhooks_that_do_not_come_are_told(state: str, said: str | None) -> None:
    asked = SubscriptionShape(
        id=None, state=state, made_at=START, expires_at=None, due_at=START, attempts=1, note="it answers 422"
    )
    line = f"- acme/jobber {said}: it answers 422 (tried again at 2026-05-04 15:20 UTC)."
    assert (line in told(replace(FINE, subscriptions=(asked,)))) is (said is not None)


def bound(**more: Any) -> DestinationShape:
    circuit = CircuitShape(state="closed", failures=0, opened_at=None, trial_at=None, note=None)
    pushed = {state.value: 0 for state in PushState}
    told: dict[str, Any] = {"destination": "archive", "company": None, "connector": None, "pushes": pushed, "dead": []}
    return DestinationShape(**{**told, "circuit": circuit, **more})


def said(one: DestinationShape) -> str:
    found = Overview((), dict.fromkeys(EventState, 0), ATTENDED, (), Kept(None, 0), destinations=(one,))
    return "\n".join(lines(found, LATE))


def test_a_destination_that_is_no_integration_has_a_line() -> None:
    counts = {**bound().pushes, "done": 7, "pending": 2}
    assert "To archive: 7 pushed, 2 wait, 0 failed" in said(bound(pushes=counts))


def test_a_destination_that_cannot_be_reached_is_told_with_its_next_try() -> None:
    circuit = CircuitShape(state="open", failures=5, opened_at=START, trial_at=START, note="`archive` answers 503")
    assert (
        f"- archive cannot be reached since {START:%Y-%m-%d %H:%M}; its pushes wait, the next try is at "
        f"{START:%H:%M:%S}: `archive` answers 503." in said(bound(circuit=circuit))
    )


def test_what_a_destination_refused_is_told_with_its_reason() -> None:
    dead = DeadShape(rule="all", reason="answer-422", count=3, note="name is too short", said="name is too short")
    told = said(bound(pushes={**bound().pushes, "failed": 3}, dead=[dead]))
    assert "- archive refused 3 records of rule all (answer-422): name is too short." in told
    assert "runner replay pushes --reason answer-422" in told
