from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from runner.engine.integrations import connect
from runner.engine.integrations.disconnect import disconnect, remove
from runner.errors import AlreadyExists, NotFound, SettingsError
from runner.model.integration import Reason, State
from runner.model.push import PushState
from runner.store import integrations, pushes
from tests.partners import SETTINGS, World

TITAN = SETTINGS["servicetitan"]


async def test_filled_in_settings_are_tried_at_once(here: World) -> None:
    made = await here.connect("servicetitan")
    assert (made.state, made.account_id, made.reason) == (State.ACTIVE, "123456789", None)
    assert made.settings == {"tenant_id": "123456789", "client_id": "servicetitan-client"}


async def test_secrets_are_kept_in_the_vault_alone(here: World) -> None:
    made = await here.connect("servicetitan")
    stored = await here.read(lambda c: here.house.store.vault.get(c, made.id))
    assert stored.values["client_secret"].reveal() == "servicetitan-secret"
    assert "servicetitan-secret" not in repr(made)


async def test_the_partners_name_for_the_company_is_kept(here: World) -> None:
    made = await here.connect("companycam")
    assert (made.account_id, made.account_name) == ("8292212", "Sample Exteriors")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, ["Tenant ID is missing", "Client secret is missing"]),
        ({**TITAN, "tenant_id": "twelve"}, ["Tenant ID does not have the form"]),
        ({**TITAN, "colour": "red"}, ["colour is no setting of ServiceTitan"]),
    ],
)
async def test_every_wrong_field_is_told_and_nothing_is_made(
    here: World, settings: dict[str, str], words: list[str]
) -> None:
    with pytest.raises(SettingsError) as wrong:
        await connect.begin(here.house, "acme", "servicetitan", settings=settings)
    assert all(part in str(wrong.value) for part in words)
    assert await here.read(lambda c: integrations.find(c)) == []


async def test_an_unknown_environment_or_connector_is_refused(here: World) -> None:
    with pytest.raises(SettingsError, match="production, integration"):
        await connect.begin(here.house, "acme", "servicetitan", "moon", TITAN)
    with pytest.raises(NotFound):
        await connect.begin(here.house, "acme", "service_titan", settings=TITAN)


async def test_a_wrong_secret_is_an_error_with_a_remedy_and_can_be_mended(here: World) -> None:
    wrong = await here.connect("servicetitan", client_secret="no such secret")
    assert wrong.state is State.ERROR
    assert wrong.reason is not None
    assert wrong.reason.remedy
    assert "no such secret" not in repr(wrong)
    right = await here.connect("servicetitan")
    assert (right.id, right.state) == (wrong.id, State.ACTIVE)


async def test_a_partner_that_is_away_can_be_tried_again(here: World) -> None:
    here.servicetitan.fail_next(1, 503, on="/connect/token")
    away = await here.connect("servicetitan")
    assert away.state is State.ERROR
    assert (await connect.retry(here.house, away.id)).state is State.ACTIVE


async def test_a_company_connects_a_partner_once(here: World) -> None:
    await here.connect("servicetitan")
    with pytest.raises(AlreadyExists, match=r"POST /api/integrations/\w+/link.*connect --again"):
        await here.connect("servicetitan")
    assert (await here.connect("servicetitan", "other")).state is State.ACTIVE


async def test_records_of_one_account_are_not_mixed_with_those_of_another(here: World) -> None:
    made = await here.connect("servicetitan")
    await disconnect(here.house, made, Reason("disconnected", "switched off"))
    await here.write(lambda c: integrations.set_account(c, made.id, "5", "Five", {}, here.clock.now()))
    again = await here.connect("servicetitan")
    assert again.state is State.ERROR
    assert again.reason is not None
    assert again.reason.code == "wrong-account"


async def test_what_the_operator_has_not_set_is_named(here: World) -> None:
    bare = replace(here.house, apps={})
    with pytest.raises(SettingsError, match="RUNNER_SERVICETITAN_APP_KEY"):
        await connect.begin(bare, "acme", "servicetitan", settings=TITAN)


async def test_disconnecting_forgets_the_credential_and_keeps_the_records(here: World) -> None:
    made = await here.connect("servicetitan")
    await here.work()
    await disconnect(here.house, made, Reason("disconnected", "switched off", "Connect again"))
    after = await here.read(lambda c: integrations.get(c, made.id))
    assert (after.state, after.reason) == (State.DISABLED, Reason("disconnected", "switched off", "Connect again"))
    with pytest.raises(NotFound):
        await here.read(lambda c: here.house.store.vault.get(c, made.id))
    assert await here.records(made, "project")


async def test_wake_ups_of_a_disabled_integration_do_nothing(here: World) -> None:
    made = await here.connect("servicetitan")
    await disconnect(here.house, made, Reason("disconnected", "switched off"))
    calls = len(here.wire.requests)
    await here.work()
    assert len(here.wire.requests) == calls


async def test_another_environment_needs_another_integration(here: World) -> None:
    made = await here.connect("servicetitan")
    await disconnect(here.house, made, Reason("disconnected", "switched off"))
    with pytest.raises(AlreadyExists, match=f"environment production.*--remove {made.id}"):
        await connect.begin(here.house, "acme", "servicetitan", "integration", TITAN)


async def test_one_that_was_never_connected_may_change_its_environment(here: World) -> None:
    for host in ("api", "auth"):
        here.wire.hosts[f"{host}-integration.servicetitan.io"] = here.wire.hosts[f"{host}.servicetitan.io"]
    wrong = await here.connect("servicetitan", client_secret="that of the other environment")
    moved = await connect.begin(here.house, "acme", "servicetitan", "integration", TITAN)
    stored = await here.read(lambda c: integrations.get(c, wrong.id))
    assert (moved.id, stored.environment, stored.state) == (wrong.id, "integration", State.ACTIVE)


async def test_a_pending_one_waits_for_consent_in_its_new_environment(here: World) -> None:
    house = replace(here.house, config=here.house.config)
    made = await connect.begin(house, "acme", "jobber")
    await here.write(lambda c: integrations.set_environment(c, made.id, "elsewhere", here.clock.now()))
    moved = await connect.begin(house, "acme", "jobber", "production")
    assert (moved.id, moved.environment, moved.state) == (made.id, "production", State.PENDING)


async def test_what_is_removed_leaves_room_for_another(here: World) -> None:
    made = await here.connect("servicetitan")
    await here.work()
    await remove(here.house, made)
    assert await here.read(lambda c: integrations.find(c)) == []
    assert await here.records(made, "project") == {}
    assert (await here.connect("servicetitan")).id != made.id


async def test_a_misspelt_setting_is_told_with_the_one_that_was_meant(here: World) -> None:
    with pytest.raises(SettingsError, match="did you mean `tenant_id`"):
        await connect.begin(here.house, "acme", "servicetitan", settings={**TITAN, "tenantid": "1"})


REFUSED = Reason("credential-refused", "CompanyCam refuses the token", "Connect again")


async def test_what_waited_for_a_destination_in_error_goes_when_it_is_connected_again(here: World) -> None:
    host = await here.connect("companycam")
    await here.write(lambda c: here.house.store.move(c, host.id, State.ERROR, REFUSED, here.clock.now()))
    await here.connect("servicetitan")
    await here.work(wait=timedelta(minutes=1))
    waiting = (await here.read(lambda c: pushes.counts(c, destination=host.id))).states
    assert (waiting[PushState.PENDING] > 0, waiting[PushState.DONE]) == (True, 0)
    again = await here.connect("companycam")
    await here.work(wait=timedelta(minutes=1))
    done = (await here.read(lambda c: pushes.counts(c, destination=host.id))).states
    assert (again.id, done[PushState.PENDING], done[PushState.FAILED]) == (host.id, 0, 0)
    assert done[PushState.DONE] > 0


async def test_syncs_that_a_refusal_stopped_run_when_consent_is_given_again(here: World) -> None:
    made = await here.connect("jobber")
    here.jobber.grants.drop()
    here.clock.advance(4000)
    await here.work()
    assert (await here.read(lambda c: integrations.get(c, made.id))).state is State.ERROR
    assert await here.records(made, "contact") == {}
    again = await here.connect("jobber")
    await here.work(wait=timedelta(minutes=1))
    assert (again.id, again.state, again.reason) == (made.id, State.ACTIVE, None)
    assert await here.records(made, "contact")
