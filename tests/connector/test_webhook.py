"""What an event leads to; what a request says is in test_events."""

from __future__ import annotations

from typing import Any

import pytest

from runner.connector.reaction import Drop
from runner.connector.webhook import Answer, Webhooks
from runner.errors import MalformedDelivery


def webhooks(**events: Any) -> Webhooks:
    return Webhooks.model_validate(
        {
            "verify": {
                "type": "hmac",
                "header": "X-Sign",
                "digest": "sha256",
                "encoding": "hex",
                "signs": "{{ raw_body }}",
                "secret": "app.key",
            },
            "vector": {"secret": "s", "headers": {}, "body": ""},
            "events": {"split": "events", "id": "id", "type": "type", "account": "account"} | events,
            "on": {
                word: {"do": "drop", "because": word}
                for word in ("job.*", "job.note.*", "job.*-closed", "job.closed", "*", "[x]*", "job.?*")
            },
        }
    )


@pytest.mark.parametrize(
    ("kind", "because"),
    [
        ("job.closed", "job.closed"),
        ("job.note.added", "job.note.*"),
        ("job.opened", "job.*"),
        ("job.x-y-closed", "job.*-closed"),
        ("other", "*"),
        ("x", "*"),
    ],
)
def test_the_most_particular_name_wins(kind: str, because: str) -> None:
    reaction = webhooks().reaction(kind)

    assert isinstance(reaction, Drop)
    assert reaction.because == because


def test_one_request_tells_of_several_accounts() -> None:
    body = {"events": [{"id": 1, "type": "a", "account": 7}, {"id": "2", "type": "b", "account": None}]}

    told = webhooks().events.read(body, {}, {})

    assert [(event.key, event.type, event.account_id) for event in told] == [("1", "a", "7"), ("2", "b", None)]


def test_events_may_be_told_in_headers() -> None:
    reader = webhooks(reads="request", split="headers", id="number", type="state", account="channel")

    told = reader.events.read(None, {"number": "10", "state": "exists", "channel": "c1"}, {})

    assert (told[0].key, told[0].type, told[0].account_id) == ("10", "exists", "c1")


@pytest.mark.parametrize(
    "body",
    [
        {"events": [{}]},
        {"events": [{"id": 1, "type": 2}]},
        {"events": ["text"]},
        {"events": [{"id": {}, "type": "a"}]},
        {"events": [{"id": "", "type": "a"}]},
        {"events": [{"id": True, "type": "a"}]},
        {"events": [{"id": "a\x00", "type": "a"}]},
        {"events": [{"id": "x" * 501, "type": "a"}]},
        {"events": [{"id": 1, "type": "a" * 501}]},
        {"events": [{"id": 1, "type": "a", "account": {}}]},
        {"events": [{"id": 1, "type": "a", "account": 1.5}]},
        {"events": True},
        {"events": []},
        {"events": None},
        {},
        None,
    ],
)
def test_what_does_not_read_as_described_is_malformed(body: object) -> None:
    with pytest.raises(MalformedDelivery):
        webhooks().events.read(body, {}, {})


@pytest.mark.parametrize(("given", "seconds"), [({"within": "1s"}, 0.8), ({"within": "200ms"}, 0.16), ({}, 4.0)])
def test_an_event_has_four_fifths_of_the_partners_limit_to_be_stored(given: dict[str, str], seconds: float) -> None:
    assert Answer.model_validate(given).patience == pytest.approx(seconds)
