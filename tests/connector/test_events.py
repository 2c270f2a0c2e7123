"""What a request says: the forms of the partners' own bodies, as their documents give them."""

from __future__ import annotations

from typing import Any

import pytest

from runner.connector.events import Events
from runner.errors import MalformedDelivery

QUICKBOOKS = Events.model_validate(
    {
        "split": "eventNotifications || @",
        "each": "dataChangeEvent.entities",
        "with": {"realm_id": "realmId"},
        "id": "(specversion && id) || join(':', [parent.realm_id, name, id, operation, lastUpdated])",
        "type": "type || name",
        "account": "intuitaccountid || parent.realm_id",
        "occurred_at": "time || lastUpdated",
    }
)
DROPBOX = Events.model_validate(
    {
        "split": "list_folder.accounts || `[]`",
        "empty": "accept",
        "id": "@",
        "duplicates": "keep",
        "type": "'list_folder'",
        "account": "@",
    }
)
TEAMUP = Events.model_validate(
    {
        "split": "@",
        "each": "dispatch",
        "empty": "accept",
        "with": {"id": "id"},
        "id": "join(':', [parent.id, trigger, event.id])",
        "type": "trigger",
    }
)
GOOGLE = Events.model_validate(
    {
        "reads": "request",
        "split": "@",
        "id": """join(':', [headers."x-goog-channel-id", headers."x-goog-message-number"])""",
        "type": 'headers."x-goog-resource-state"',
        "subscription": 'headers."x-goog-channel-id"',
    }
)


def entity(realm: str, *ids: str) -> dict[str, Any]:
    changed = [{"name": "Customer", "id": id_, "operation": "Update", "lastUpdated": "2026-03-04"} for id_ in ids]
    return {"realmId": realm, "dataChangeEvent": {"entities": changed}}


def test_one_request_tells_of_several_companies_and_things() -> None:
    told = QUICKBOOKS.read({"eventNotifications": [entity("r1", "58", "59"), entity("r2", "58")]}, {}, {})

    assert [(event.account_id, event.key) for event in told] == [
        ("r1", "r1:Customer:58:Update:2026-03-04"),
        ("r1", "r1:Customer:59:Update:2026-03-04"),
        ("r2", "r2:Customer:58:Update:2026-03-04"),
    ]


def test_an_item_without_events_inside_is_the_event() -> None:
    cloud = {"specversion": "1.0", "id": "u1", "type": "qbo.customer.updated.v1", "intuitaccountid": "r1"}

    told = QUICKBOOKS.read([cloud, {**cloud, "id": "u2", "intuitaccountid": "r2"}], {}, {})

    assert [(event.account_id, event.key, event.type) for event in told] == [
        ("r1", "u1", "qbo.customer.updated.v1"),
        ("r2", "u2", "qbo.customer.updated.v1"),
    ]


def test_what_is_handed_down_stays_with_the_event() -> None:
    (told,) = QUICKBOOKS.read({"eventNotifications": [entity("r1", "58")]}, {}, {})

    assert told.payload["parent"] == {"realm_id": "r1"}
    assert told.payload["id"] == "58"


def test_a_list_of_accounts_is_one_event_each() -> None:
    told = DROPBOX.read({"list_folder": {"accounts": ["dbid:A", "dbid:B"]}, "delta": {"users": [1]}}, {}, {})

    assert [(event.account_id, event.type) for event in told] == [("dbid:A", "list_folder"), ("dbid:B", "list_folder")]


@pytest.mark.parametrize("body", [{"delta": {"users": [1]}}, {"list_folder": {"accounts": []}}])
def test_a_request_may_tell_of_nothing_where_the_partner_says_so(body: dict[str, Any]) -> None:
    assert DROPBOX.read(body, {}, {}) == []


def test_items_inside_one_envelope_share_its_id() -> None:
    body = {
        "id": "d1",
        "dispatch": [{"trigger": "event.modified", "event": {"id": "7"}}, {"trigger": "x", "event": {"id": "7"}}],
    }

    told = TEAMUP.read(body, {}, {})

    assert [(event.key, event.account_id) for event in told] == [("d1:event.modified:7", None), ("d1:x:7", None)]


def test_a_trial_without_items_is_no_event() -> None:
    assert TEAMUP.read({"id": "d1", "dispatch": []}, {}, {}) == []


def test_a_request_may_tell_in_headers_alone() -> None:
    headers = {"x-goog-channel-id": "c1", "x-goog-message-number": "10", "x-goog-resource-state": "exists"}

    (told,) = GOOGLE.read(None, headers, {})

    assert (told.key, told.type, told.account_id, told.subscription) == ("c1:10", "exists", None, "c1")


def test_a_request_without_events_is_a_mistake_else() -> None:
    events = Events.model_validate({"split": "@", "each": "items", "id": "id", "type": "type"})

    with pytest.raises(MalformedDelivery, match="there is no event"):
        events.read({"items": []}, {}, {})


@pytest.mark.parametrize("given", [{}, 1.5, True])
def test_a_subscription_that_is_no_name_is_malformed(given: Any) -> None:
    events = Events.model_validate({"split": "@", "id": "id", "type": "type", "subscription": "hook"})

    with pytest.raises(MalformedDelivery, match="whose subscription"):
        events.read({"id": "1", "type": "a", "hook": given}, {}, {})
