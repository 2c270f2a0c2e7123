"""Integrations: one a slot, found by account, removed with all that hangs on them."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from runner.errors import AlreadyExists, NotFound
from runner.model.integration import Integration, Reason, State
from runner.model.push import Link
from runner.model.record import Record
from runner.model.run import Checkpoint
from runner.store import checkpoints, integrations, links, records
from tests.store.conftest import NOW, later

JOBBER = Integration(
    "i1", "acme", "jobber", "production", settings={"region": "us"}, since=NOW, created_at=NOW, updated_at=NOW
)


def test_what_is_added_is_got_as_it_was(connection: Connection) -> None:
    integrations.add(connection, JOBBER)
    assert integrations.get(connection, "i1") == JOBBER


def test_a_company_has_one_a_connector_and_slot(connection: Connection) -> None:
    integrations.add(connection, JOBBER)
    second = Integration("i2", "acme", "jobber", "production")
    with pytest.raises(AlreadyExists, match="reconnect that integration, or remove it first"):
        integrations.add(connection, second)
    integrations.add(connection, second, slot="i2")
    integrations.add(connection, Integration("i3", "other", "jobber", "production"))
    assert [found.id for found in integrations.find(connection, connector="jobber")] == ["i2", "i1", "i3"]


def test_find_by_what_is_given(connection: Connection) -> None:
    integrations.add(connection, JOBBER)
    integrations.add(connection, Integration("i2", "acme", "hover", "production", state=State.ACTIVE))
    assert [found.id for found in integrations.find(connection, company="acme")] == ["i2", "i1"]
    assert [found.id for found in integrations.find(connection, state=State.ACTIVE)] == ["i2"]


def test_an_account_leads_to_every_integration_of_it(connection: Connection) -> None:
    integrations.add(connection, JOBBER)
    integrations.add(connection, Integration("i2", "other", "jobber", "production"))
    for integration_id in ("i1", "i2"):
        integrations.set_account(connection, integration_id, "acc", "Acme Ltd", {"realm": 9}, later(5))
    found = integrations.by_account(connection, "jobber", "acc")
    assert {item.id for item in found} == {"i1", "i2"}
    assert (found[0].account, found[0].account_name) == ({"realm": 9}, "Acme Ltd")
    assert integrations.by_account(connection, "hover", "acc") == []
    told = [(item.id, item.state, item.environment) for item in found]
    assert integrations.states_by_account(connection, "jobber", "acc") == told
    assert integrations.states_by_account(connection, "hover", "acc") == []


def test_a_state_comes_with_its_reason_and_goes_without(connection: Connection) -> None:
    integrations.add(connection, JOBBER)
    reason = Reason("credential-refused", "Jobber refused the token.", "Click Connect.")
    integrations.set_state(connection, "i1", State.ERROR, reason, later(1))
    found = integrations.get(connection, "i1")
    assert (found.state, found.reason, found.updated_at) == (State.ERROR, reason, later(1))
    integrations.set_state(connection, "i1", State.ACTIVE, None, later(2))
    assert integrations.get(connection, "i1").reason is None


def test_settings_are_replaced(connection: Connection) -> None:
    integrations.add(connection, JOBBER)
    integrations.set_settings(connection, "i1", {"tenant": "7"}, NOW)
    assert integrations.get(connection, "i1").settings == {"tenant": "7"}


def test_what_is_not_there_is_not_found(connection: Connection) -> None:
    for call in (
        lambda: integrations.get(connection, "i9"),
        lambda: integrations.remove(connection, "i9"),
        lambda: integrations.set_state(connection, "i9", State.ACTIVE, None, NOW),
    ):
        with pytest.raises(NotFound, match="i9"):
            call()


def test_with_an_integration_goes_all_that_hangs_on_it(connection: Connection) -> None:
    for integration_id in ("i1", "i2"):
        integrations.add(connection, Integration(integration_id, integration_id, "jobber", "production"))
        records.upsert(connection, integration_id, [Record("project", "1", {})], NOW)
        checkpoints.save(connection, integration_id, "jobs", Checkpoint("1"))
        links.put(connection, Link(integration_id, "project", "1", "host", "h1", "pushed"))
    integrations.remove(connection, "i1")
    for table in ("integrations", "records", "checkpoints", "links"):
        assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1
