"""Pushes: marked, due in order, settled only when nothing changed in between."""

from __future__ import annotations

from sqlalchemy import Connection

from runner.model.push import Push, PushState
from runner.store import pushes
from tests.store.conftest import NOW, later, plan


def mark(connection: Connection, *ids: str, rule: str = "projects", at: float = 0) -> None:
    pushes.mark(connection, rule, "i1", "project", ids, "host", later(at))


def due(connection: Connection, at: float = 0, limit: int = 10, rules: tuple[str, ...] = ()) -> list[Push]:
    return pushes.due(connection, "host", limit, later(at), rules)


def ids(found: list[Push]) -> list[str]:
    return [push.external_id for push in found]


def test_what_is_marked_is_due_in_its_order(connection: Connection) -> None:
    mark(connection, "a", "b", "a", at=5)
    assert due(connection, at=4) == []
    assert ids(due(connection, at=5)) == ["a", "b"]
    assert ids(due(connection, at=5, limit=1)) == ["a"]
    assert pushes.due(connection, "elsewhere", 10, later(5)) == []


def test_rules_go_in_their_order(connection: Connection) -> None:
    mark(connection, "photo", rule="photos")
    mark(connection, "project", rule="projects")
    mark(connection, "else", rule="unlisted")
    assert ids(due(connection, rules=("projects", "photos"))) == ["project", "photo", "else"]


def test_a_mark_keeps_what_was_sent_and_forgets_the_attempts(connection: Connection) -> None:
    mark(connection, "a")
    (push,) = due(connection)
    pushes.defer(connection, push.id, later(1), "429")
    assert pushes.settle(connection, push, PushState.DONE, NOW, fingerprint="f1", archived=True)
    mark(connection, "a", at=9)
    (again,) = due(connection, at=9)
    assert (again.id, again.fingerprint, again.archived) == (push.id, "f1", True)
    assert (again.attempts, again.retries) == (0, 1)


def test_a_mark_made_while_it_is_sent_is_not_lost(connection: Connection) -> None:
    mark(connection, "a")
    (push,) = due(connection)
    mark(connection, "a", at=1)
    assert not pushes.settle(connection, push, PushState.DONE, later(2), fingerprint="f1")
    (again,) = due(connection, at=2)
    assert again.fingerprint == "f1"
    assert pushes.settle(connection, again, PushState.DONE, later(3))
    assert due(connection, at=9) == []


def test_settling_without_a_fingerprint_keeps_the_old_one(connection: Connection) -> None:
    mark(connection, "a")
    (push,) = due(connection)
    pushes.settle(connection, push, PushState.DONE, NOW, fingerprint="f1")
    mark(connection, "a")
    (push,) = due(connection)
    pushes.settle(connection, push, PushState.FAILED, NOW, note="name is missing")
    (failed,) = pushes.find(connection, state=PushState.FAILED)
    assert (failed.fingerprint, failed.note) == ("f1", "name is missing")


def test_a_deferred_push_waits_and_counts(connection: Connection) -> None:
    mark(connection, "a")
    (push,) = due(connection)
    pushes.defer(connection, push.id, later(60), "host is away")
    assert due(connection, at=59) == []
    assert pushes.next_due(connection, "host") == later(60)
    assert pushes.waiting(connection, later(59)) == []
    assert pushes.waiting(connection, later(60)) == ["host"]
    (push,) = due(connection, at=60)
    assert (push.attempts, push.retries, push.note) == (1, 1, "host is away")


def test_what_waits_for_a_link_wakes_when_there_is_one(connection: Connection) -> None:
    mark(connection, "a", "b")
    first, second = due(connection)
    pushes.settle(connection, first, PushState.WAITING, NOW, note="no link for user 7")
    pushes.settle(connection, second, PushState.FAILED, NOW)
    assert due(connection) == []
    assert pushes.wake_waiting(connection, "host", later(1)) == 1
    assert ids(due(connection, at=1)) == ["a"]


def test_counts_name_every_state_and_sum_the_retries(connection: Connection) -> None:
    mark(connection, "a", "b")
    for push in due(connection):
        pushes.defer(connection, push.id, later(1), None)
    pushes.defer(connection, due(connection, at=1)[0].id, later(1), None)
    found = pushes.counts(connection, integration_id="i1", destination="host")
    assert found.retries == 3
    assert found.states == {state: 2 if state is PushState.PENDING else 0 for state in PushState}


def test_find_filters(connection: Connection) -> None:
    mark(connection, "a", "b")
    assert ids(pushes.find(connection, external_id="b")) == ["b"]
    assert ids(pushes.find(connection, destination="host", integration_id="i1", limit=1)) == ["b"]
    assert pushes.find(connection, integration_id="i2") == []


def test_nothing_marked_is_nothing_due(connection: Connection) -> None:
    mark(connection)
    assert due(connection) == []
    assert pushes.next_due(connection, "host") is None


def test_due_is_found_by_its_index(connection: Connection) -> None:
    assert "ix_pushes_due" in plan(connection, lambda: due(connection))


class TestOrder:
    """Two rules push the same record: the second waits until the first is settled."""

    BEHIND = {"notes": ("projects",)}  # never changed

    def due(self, connection: Connection, at: float = 0) -> list[tuple[str, str]]:
        found = pushes.due(connection, "host", 10, later(at), ("projects", "notes"), self.BEHIND)
        return [(one.rule, one.external_id) for one in found]

    def test_the_second_is_not_due_before_the_first_is_settled(self, connection: Connection) -> None:
        mark(connection, "a", "b", rule="projects")
        mark(connection, "a", "b", rule="notes")
        first, second = due(connection, rules=("projects",))[:2]
        pushes.defer(connection, first.id, later(60), "down")
        pushes.settle(connection, second, PushState.DONE, NOW)
        assert self.due(connection) == [("notes", "b")]
        assert pushes.next_due(connection, "host", self.BEHIND) == NOW
        assert self.due(connection, at=60) == [("projects", "a"), ("notes", "b")]

    def test_one_behind_a_waiting_one_is_not_what_comes_due_next(self, connection: Connection) -> None:
        mark(connection, "a", rule="projects")
        mark(connection, "a", rule="notes")
        (first, _) = due(connection, rules=("projects",))
        pushes.settle(connection, first, PushState.WAITING, NOW, note="no link")
        assert self.due(connection) == []
        assert pushes.next_due(connection, "host", self.BEHIND) is None

    def test_one_behind_a_failed_one_goes(self, connection: Connection) -> None:
        mark(connection, "a", rule="projects")
        mark(connection, "a", rule="notes")
        (first, _) = due(connection, rules=("projects",))
        pushes.settle(connection, first, PushState.FAILED, NOW, note="refused")
        assert self.due(connection) == [("notes", "a")]


def test_the_least_tried_goes_first(connection: Connection) -> None:
    mark(connection, "a", "b")
    (first, _) = due(connection)
    pushes.defer(connection, first.id, NOW, "500")
    assert ids(due(connection)) == ["b", "a"]
