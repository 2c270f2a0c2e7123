"""What a dry run says in one line."""

from __future__ import annotations

from runner.cli.differing import lines
from runner.engine.webhooks.compare import Comparison


def test_events_that_only_name_things_are_no_proof_that_nothing_changes() -> None:
    assert list(lines(Comparison(events=2, unheld=2))) == [
        "nothing could be compared: 2 events hold no payload, only what it is of (--fetch asks the partner)"
    ]


def test_what_was_compared_is_summed_up_beside_what_could_not_be() -> None:
    assert list(lines(Comparison(events=3, same=1, unheld=2))) == [
        "3 events: no records would change, 1 would not; 2 hold no payload (--fetch asks the partner)"
    ]


def test_where_there_is_no_event_nothing_would_change() -> None:
    assert list(lines(Comparison())) == ["no events: no records would change, 0 would not"]
