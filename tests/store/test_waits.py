from __future__ import annotations

from sqlalchemy import Connection

from runner.model.push import PushState
from runner.store import pushes, waits
from tests.store.conftest import NOW

NOTES = {"a": "user 7 of jobber has no email", "b": "user 8 of jobber has no email", "c": "waits until x of y"}


def test_what_waits_is_told_by_kind_with_the_most_frequent_reason(connection: Connection) -> None:
    pushes.mark(connection, "crew", "i1", "assignment", [*NOTES, "done"], "host", NOW)
    for push in pushes.due(connection, "host", 10, NOW):
        state = PushState.WAITING if push.external_id in NOTES else PushState.DONE
        pushes.settle(connection, push, state, NOW, note=NOTES.get(push.external_id))
    assert waits.find(connection, "host") == [waits.Waits("assignment", 3, 2, "user 7 of jobber has no email")]
    assert waits.find(connection, "elsewhere") == []
