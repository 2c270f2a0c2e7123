"""What the environment says of destinations: all that is missing is told at once, and no value is shown."""

from __future__ import annotations

import base64

import pytest

from runner.connector.config import Config
from runner.errors import SettingsError
from runner.service.destination_keys import read_destination_keys, secrets_of_destinations, variables_of
from runner.service.settings import Settings

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
URL = "postgresql+psycopg://runner:pass-of-the-warehouse@db.example/warehouse"
CONFIG = Config.model_validate(
    {
        "destinations": {
            "host": {"type": "webhook", "url": "https://host.example/in"},
            "warehouse": {"type": "table"},
            "archive": {"type": "jsonl", "path": "out.jsonl"},
            "companycam": {"type": "connector", "rate": "60/m"},
        }
    }
)


def read(**environ: str) -> Settings:
    return Settings.read({f"RUNNER_DESTINATION_{name}": value for name, value in environ.items()})


def test_each_destination_has_its_own() -> None:
    keys = read_destination_keys(CONFIG, read(HOST_SECRET=f"{SECRET}, {SECRET}", WAREHOUSE_URL=URL))
    assert [one.reveal() for one in keys.secrets["host"]] == [SECRET, SECRET]
    assert keys.urls["warehouse"].reveal() == URL
    assert URL not in repr(keys)


def test_all_that_is_missing_is_told() -> None:
    with pytest.raises(SettingsError) as refused:
        read_destination_keys(CONFIG, read())
    assert len(refused.value.problems) == 2
    assert "RUNNER_DESTINATION_HOST_SECRET is not set" in str(refused.value)
    assert "RUNNER_DESTINATION_WAREHOUSE_URL is not set" in str(refused.value)


def test_a_secret_that_signs_nothing_is_refused_unseen() -> None:
    with pytest.raises(SettingsError, match="RUNNER_DESTINATION_HOST_SECRET: secret 1") as refused:
        read_destination_keys(CONFIG, read(HOST_SECRET="whsec_short", WAREHOUSE_URL=URL))
    assert "whsec_short" not in str(refused.value)


def test_what_logs_must_not_hold_has_the_password_too() -> None:
    found = {one.reveal() for one in secrets_of_destinations(read(WAREHOUSE_URL=URL, HOST_SECRET=f"{SECRET},x"))}
    assert found == {URL, "pass-of-the-warehouse", SECRET, "x"}


def test_the_variables_are_known_to_whoever_looks_for_misspelt_ones() -> None:
    assert list(variables_of(CONFIG)) == ["RUNNER_DESTINATION_HOST_SECRET", "RUNNER_DESTINATION_WAREHOUSE_URL"]
