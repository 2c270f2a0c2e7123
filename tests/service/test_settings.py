from __future__ import annotations

import base64

import pytest

from runner.errors import SettingsError
from runner.service.settings import VARIABLES, Settings, strangers

KEY = "k1:" + base64.b64encode(bytes(32)).decode()


def test_nothing_set_gives_the_defaults() -> None:
    settings = Settings.read({})
    assert settings.database_url == "sqlite:///runner.db"
    assert str(settings.connectors) == "connectors"
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.log == "plain"


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.read({"RUNNER_DATABASE_URL": ""}).database_url == "sqlite:///runner.db"


def test_without_a_key_it_refuses_and_says_how_to_make_one() -> None:
    with pytest.raises(SettingsError, match=r"RUNNER_ENCRYPTION_KEYS is not set.*runner keys new"):
        Settings.read({}).keyring()


def test_a_key_is_read() -> None:
    assert Settings.read({"RUNNER_ENCRYPTION_KEYS": KEY}).keyring().primary == "k1"


def test_every_wrong_variable_is_named_at_once() -> None:
    wrong = {
        "RUNNER_ENCRYPTION_KEYS": "nonsense",
        "RUNNER_API_KEYS": "short",
        "RUNNER_BASE_URL": "runner.example.com",
        "RUNNER_LOG": "xml",
    }
    with pytest.raises(SettingsError) as caught:
        Settings.read(wrong)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "RUNNER_ENCRYPTION_KEYS",
        "RUNNER_API_KEYS",
        "RUNNER_BASE_URL",
        "RUNNER_LOG",
    ]


@pytest.mark.parametrize("name", ["RUNNER_API_KEYS", "RUNNER_ENCRYPTION_KEYS"])
def test_a_wrong_secret_is_not_repeated(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.read({name: "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_secrets_are_not_in_the_repr() -> None:
    shown = repr(
        Settings.read({"RUNNER_ENCRYPTION_KEYS": KEY, "RUNNER_API_KEYS": "a" * 30, "RUNNER_JOBBER_X": "y" * 9})
    )
    assert not any(secret in shown for secret in (KEY[3:], "a" * 30, "y" * 9))


@pytest.mark.parametrize(
    "url",
    ["ftp://x", "https://", "https://a b", "https://user@host", "https://host?x=1", "http://[::1", "http://h:99999"],
)
def test_a_base_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="RUNNER_BASE_URL"):
        Settings.read({"RUNNER_BASE_URL": url})


def test_a_base_url_loses_its_last_slash() -> None:
    assert Settings.read({"RUNNER_BASE_URL": "https://runner.example/"}).base_url == "https://runner.example"


def test_a_misspelt_variable_is_told_with_the_near_one() -> None:
    told = strangers({"RUNNER_DATABASE_ULR": "x", "HOME": "/"}, [])
    assert told == ["RUNNER_DATABASE_ULR is set, but nothing reads it (did you mean RUNNER_DATABASE_URL?)"]


def test_an_app_value_is_no_stranger() -> None:
    assert strangers({"RUNNER_JOBBER_CLIENT_ID": "x"}, ["RUNNER_JOBBER_CLIENT_ID"]) == []


def test_every_default_would_be_accepted() -> None:
    assert Settings.read({variable.name: variable.default or "" for variable in VARIABLES})


@pytest.mark.parametrize("text", ["2", "101", "-4", "many", "4.0"])
def test_a_pool_that_would_not_do_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"RUNNER_DATABASE_POOL is '.*': it is a number from 3 to 100"):
        Settings.read({"RUNNER_DATABASE_POOL": text})


def test_a_pool_is_as_large_as_is_said() -> None:
    assert (Settings.read({}).pool, Settings.read({"RUNNER_DATABASE_POOL": "20"}).pool) == (8, 20)
