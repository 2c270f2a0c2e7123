from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from runner.connector.endpoint import Endpoint
from runner.connector.loader import check
from runner.connector.subscription import Expiry, Subscription
from runner.errors import MappingError
from tests.engine.hooked import PHOTOS

MOMENT = datetime(2026, 3, 9, 9, tzinfo=UTC)
LISTING = Endpoint.model_validate({"get": "/hooks", "records": "data"})


@pytest.mark.parametrize(
    ("unit", "value"),
    [("ms", "1773046800000"), ("ms", 1773046800000), ("s", 1773046800), ("iso8601", "2026-03-09T10:00:00+01:00")],
)
def test_the_end_is_read_in_its_unit(unit: str, value: Any) -> None:
    assert Expiry.model_validate({"path": "ends", "unit": unit}).read({"ends": value}) == MOMENT


def test_an_answer_may_name_no_end() -> None:
    assert Expiry.model_validate({"path": "ends"}).read({}) is None


@pytest.mark.parametrize("value", ["soon", True, {}])
def test_what_is_no_time_is_not_guessed_at(value: Any) -> None:
    with pytest.raises(MappingError, match="gives no time in ms"):
        Expiry.model_validate({"path": "ends", "unit": "ms"}).read({"ends": value})


@pytest.mark.parametrize(("wanted", "found"), [("12", {"id": 12, "on": True}), ("13", None), (None, None)])
def test_a_subscription_is_found_by_its_id(wanted: str | None, found: Any) -> None:
    check = {"endpoint": "hooks", "match": "id", "alive": "on", "mend": "wake"}
    declared = Subscription.model_validate({"create": "make", "delete": "end", "check": check})

    assert declared.find(LISTING, {"data": [{"id": 11}, {"id": 12, "on": True}, None]}, wanted) == found
    assert declared.actions == ("make", "end", "wake")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("create: create_hook", "create: make_hook", "unknown-action: there is no action `make_hook`"),
        ("mend: enable_hook", "mend: wake_hook", "unknown-action: there is no action `wake_hook`"),
        ("check: {endpoint: hooks", "check: {endpoint: hoks", "unknown-endpoint: there is no endpoint `hoks`"),
        ("check: {endpoint: hooks", "check: {endpoint: project", "missing-input: the endpoint `project` needs `id`"),
        (
            'enable_hook: {put: "/hooks/{{ subscription.id }}"',
            'enable_hook: {input: {id: {}}, put: "/hooks/{{ input.id }}"',
            "missing-input: the action `enable_hook` needs `id`, and a subscription gives none",
        ),
        ("result: {id: id}", "result: {name: id}", "missing-field: `check` looks for an id"),
        (
            "secret: subscription.secret",
            "secret: subscription.token",
            "unknown-secret: there is no `subscription.token`",
        ),
        ('token: "{{ subscription.secret }}"', 'token: "{{ subscription.id }}"', "unknown-name: `subscription.id`"),
        ('{put: "/hooks/{{ subscription.id }}"', '{put: "/hooks/{{ subscription.number }}"', "unknown-name"),
        ("projects: {get: /projects,", 'projects: {get: "/projects/{{ subscription.id }}",', "unknown-name"),
    ],
)
def test_what_does_not_fit_is_a_finding(old: str, new: str, said: str) -> None:
    assert old in PHOTOS
    found = [f"{finding.code}: {finding.message}" for finding in check(PHOTOS.replace(old, new, 1), "photos.yaml")[1]]
    assert any(said in one for one in found), found


def test_a_partner_that_is_known_by_its_address_needs_no_account() -> None:
    assert check(PHOTOS, "photos.yaml")[1] == []
