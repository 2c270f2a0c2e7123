from __future__ import annotations

from dataclasses import replace

import pytest

from runner.engine import connect
from runner.errors import AlreadyExists, NotFound, SettingsError
from runner.model.integration import Reason, State
from runner.store import integrations
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
    with pytest.raises(AlreadyExists, match="disconnect"):
        await here.connect("servicetitan")
    assert (await here.connect("servicetitan", "other")).state is State.ACTIVE


async def test_records_of_one_account_are_not_mixed_with_those_of_another(here: World) -> None:
    made = await here.connect("servicetitan")
    await connect.disconnect(here.house, made, Reason("off", "switched off"))
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
    await connect.disconnect(here.house, made, Reason("off", "switched off", "Connect again"))
    after = await here.read(lambda c: integrations.get(c, made.id))
    assert (after.state, after.reason) == (State.DISABLED, Reason("off", "switched off", "Connect again"))
    with pytest.raises(NotFound):
        await here.read(lambda c: here.house.store.vault.get(c, made.id))
    assert await here.records(made, "project")


async def test_wake_ups_of_a_disabled_integration_do_nothing(here: World) -> None:
    made = await here.connect("servicetitan")
    await connect.disconnect(here.house, made, Reason("off", "switched off"))
    calls = len(here.wire.requests)
    await here.work()
    assert len(here.wire.requests) == calls


async def test_another_environment_needs_another_integration(here: World) -> None:
    made = await here.connect("servicetitan")
    await connect.disconnect(here.house, made, Reason("off", "switched off"))
    with pytest.raises(AlreadyExists, match="environment production"):
        await connect.begin(here.house, "acme", "servicetitan", "integration", TITAN)
