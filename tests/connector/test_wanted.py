"""What an integration must be given: of the fields that a connector declares, those that its way in reads."""

from __future__ import annotations

from typing import Any

import pytest

from runner.connector.connector import Connector
from runner.connector.scope import missing_app_values
from runner.connector.wanted import wanted
from runner.errors import SettingsError

OAUTH = {
    "type": "oauth2_authorization_code",
    "authorize_url": "https://acme.example/authorize",
    "token_url": "https://{{ settings.shop }}.acme.example/token",
}
KEY = {"type": "bearer", "token": "{{ settings.key }}"}


def acme(**changes: Any) -> Connector:
    base: dict[str, Any] = {
        "connector": "acme",
        "title": "Acme",
        "docs": "https://acme.example/docs",
        "environments": {"production": {}},
        "app": {
            "client_id": {"title": "ID"},
            "client_secret": {"title": "Secret", "secret": True},
            "hook": {"title": "H"},
        },
        "settings": {"key": {"title": "Key", "secret": True}, "shop": {"title": "Shop"}, "region": {"title": "Region"}},
        "auth": {"type": "choice", "ways": {"key": KEY, "oauth": OAUTH}},
        "http": {"base_url": "https://acme.example"},
    }
    return Connector.model_validate(base | changes)


@pytest.mark.parametrize(
    ("way", "settings", "app"),
    [
        (None, ["key", "region"], ["hook"]),
        ("key", ["key", "region"], ["hook"]),
        ("oauth", ["shop", "region"], ["client_id", "client_secret", "hook"]),
    ],
)
def test_what_only_another_way_reads_is_not_asked_for(way: str | None, settings: list[str], app: list[str]) -> None:
    assert list(wanted(acme(), "settings", way)) == settings
    assert list(wanted(acme(), "app", way)) == app


def test_what_is_read_outside_of_the_ways_is_asked_for_in_all() -> None:
    made = acme(http={"base_url": "https://{{ settings.shop }}.acme.example"})
    assert list(wanted(made, "settings", "key")) == ["key", "shop", "region"]


def test_where_there_is_no_choice_everything_is_asked_for() -> None:
    assert list(wanted(acme(auth=KEY), "settings", None)) == ["key", "shop", "region"]


def test_a_way_that_there_is_not_is_refused() -> None:
    with pytest.raises(SettingsError, match="no way in `nfc`"):
        wanted(acme(), "settings", "nfc")


def test_only_what_the_way_reads_is_missing() -> None:
    assert missing_app_values(acme(), {"hook": "h"}) == []
    missing = missing_app_values(acme(), {"hook": "h"}, "oauth")
    assert missing == ["RUNNER_ACME_CLIENT_ID", "RUNNER_ACME_CLIENT_SECRET"]
