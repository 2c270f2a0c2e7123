"""Pushes that failed for good: counted by reason, made due again by what fits."""

from __future__ import annotations

from sqlalchemy import Connection

from runner.model.push import PushState
from runner.store import dead, pushes
from runner.store.dead import Dead, Which
from tests.store.conftest import NOW, later


def fail(
    connection: Connection, external_id: str, reason: str | None, rule: str = "projects", to: str = "host"
) -> None:
    pushes.mark(connection, "projects", "i1", "project", [external_id], to, NOW)
    (push,) = pushes.due(connection, to, 10, NOW)
    pushes.settle(connection, push, PushState.FAILED, NOW, note="no", reason=reason, said="name can't be blank")


def test_the_dead_are_counted_by_destination_rule_and_reason(connection: Connection) -> None:
    for external_id in ("a", "b"):
        fail(connection, external_id, "answer-422")
    fail(connection, "c", "bad-value")
    fail(connection, "d", None, to="archive")
    words = ("no", "name can't be blank")
    assert dead.reasons(connection) == [
        Dead("host", "projects", "answer-422", 2, *words),
        Dead("archive", "projects", dead.UNTOLD, 1, *words),
        Dead("host", "projects", "bad-value", 1, *words),
    ]
    assert [one.reason for one in dead.reasons(connection, "archive")] == [dead.UNTOLD]


def test_those_of_a_reason_are_made_due_as_if_new(connection: Connection) -> None:
    fail(connection, "a", "answer-422")
    fail(connection, "b", "bad-value")
    assert dead.renew(connection, Which(reason="answer-422"), later(9)) == {"host": 1}
    (again,) = pushes.due(connection, "host", 10, later(9))
    assert (again.external_id, again.reason, again.said, again.attempts) == ("a", None, None, 0)


def test_a_push_that_arrived_is_made_due_only_when_it_is_asked_for_by_itself(connection: Connection) -> None:
    pushes.mark(connection, "projects", "i1", "project", ["a"], "host", NOW)
    (push,) = pushes.due(connection, "host", 10, NOW)
    pushes.settle(connection, push, PushState.DONE, NOW, fingerprint="f1")
    assert dead.renew(connection, Which(rule="projects", failed=True), NOW) == {}
    assert dead.renew(connection, Which(ids=[push.id]), NOW) == {"host": 1}
    assert dead.known(connection, [push.id, 999]) == {push.id}
