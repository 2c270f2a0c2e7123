"""What templates may read, and where the operator's values come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.connector.library import Connectors
from runner.connector.scope import app_by_environment, app_values, build, missing_app_values
from runner.errors import NotFound, SettingsError
from runner.model.credential import Credential
from runner.model.integration import Integration
from runner.model.secret import Secret

CONNECTORS = Connectors(Path(__file__).parents[2] / "connectors")
SERVICETITAN = CONNECTORS.get("servicetitan")


def test_app_values_come_from_the_environment_and_secrets_stay_secret() -> None:
    values = app_values(
        SERVICETITAN, {"RUNNER_SERVICETITAN_APP_KEY": "ak1.x", "RUNNER_SERVICETITAN_WEBHOOK_DIGEST": "sha1"}
    )

    assert values == {"app_key": Secret("ak1.x"), "webhook_digest": "sha1"}


def test_a_wrong_app_value_names_its_variable_and_not_the_value() -> None:
    with pytest.raises(SettingsError) as caught:
        app_values(SERVICETITAN, {"RUNNER_SERVICETITAN_WEBHOOK_DIGEST": "md5"})

    assert str(caught.value) == (
        "RUNNER_SERVICETITAN_WEBHOOK_DIGEST: Webhook signature digest must be one of sha1, sha256, sha512"
    )


def test_missing_app_values_are_named_as_variables() -> None:
    assert missing_app_values(SERVICETITAN, {"app_key": "x"}) == ["RUNNER_SERVICETITAN_WEBHOOK_KEY"]


def test_declared_values_that_are_not_filled_in_are_their_default_or_null() -> None:
    scope = build(
        SERVICETITAN,
        Integration("i1", "acme", "servicetitan", "production", settings={"tenant_id": "7", "stray": "x"}),
        app={},
        credential=Credential(values={"client_secret": Secret("s3cr3t")}),
        environment={"api": "https://api.example"},
        input={"id": "9"},
    )

    assert scope["settings"] == {"tenant_id": "7", "client_id": None, "client_secret": Secret("s3cr3t")}
    assert scope["app"]["webhook_header"] == "X-ServiceTitan-Signature"
    assert scope["input"] == {"id": "9"}


def test_an_unknown_connector_is_named_with_the_nearest() -> None:
    with pytest.raises(NotFound, match="did you mean `jobber`"):
        CONNECTORS.get("joober")


OWN = {
    "RUNNER_SERVICETITAN_APP_KEY": "ak1.live",
    "RUNNER_SERVICETITAN_WEBHOOK_DIGEST": "sha1",
    "RUNNER_SERVICETITAN_INTEGRATION_APP_KEY": "ak1.tried",
}


def test_an_environment_with_an_app_of_its_own_takes_over_no_secret() -> None:
    own = app_by_environment(
        SERVICETITAN, {**OWN, "RUNNER_SERVICETITAN_WEBHOOK_KEY": "live"}, SERVICETITAN.environments
    )
    assert own == {"integration": {"app_key": Secret("ak1.tried"), "webhook_digest": "sha1"}}
    assert missing_app_values(SERVICETITAN, own["integration"], environment="integration") == [
        "RUNNER_SERVICETITAN_INTEGRATION_WEBHOOK_KEY"
    ]


def test_the_values_of_one_environment_are_not_those_of_all() -> None:
    assert app_values(SERVICETITAN, OWN)["app_key"] == Secret("ak1.live")


def test_a_wrong_value_of_an_environment_names_its_variable() -> None:
    wrong = {"RUNNER_SERVICETITAN_INTEGRATION_WEBHOOK_DIGEST": "md5"}
    with pytest.raises(SettingsError, match="RUNNER_SERVICETITAN_INTEGRATION_WEBHOOK_DIGEST: "):
        app_by_environment(SERVICETITAN, wrong, SERVICETITAN.environments)
