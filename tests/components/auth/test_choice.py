"""Several ways in, of which the company picks one."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from runner.components.auth.base import Auth
from runner.errors import SettingsError
from runner.model.http import Request
from tests.components.auth.flows import CODE, SCOPE, read

KEY = {"type": "bearer", "title": "Key", "token": "{{ settings.key }}"}
IDENTIFY = {"endpoint": "me", "account_id": "body.id"}


def choice(**more: Any) -> Auth:
    return read(**{"type": "choice", "ways": {"key": KEY, "oauth": CODE}, "identify": IDENTIFY} | more)


@pytest.mark.parametrize(("way", "flow"), [(None, "static"), ("key", "static"), ("oauth", "code")])
def test_a_way_is_picked_by_name_and_the_first_for_who_says_nothing(way: str | None, flow: str) -> None:
    assert choice().chosen(way).flow == flow


def test_a_way_that_there_is_not_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"no way in `nfc` \(there are: key, oauth\)"):
        choice().chosen("nfc")
    with pytest.raises(SettingsError, match="has but one"):
        read(**KEY).chosen("key")


def test_a_way_identifies_as_the_choice_says_unless_it_says_so_itself() -> None:
    own = KEY | {"identify": {"endpoint": "whoami", "account_id": "body.key"}}
    made = choice(ways={"key": own, "oauth": CODE})
    identified = [made.chosen(way).identify for way in ("key", "oauth")]
    assert [found.endpoint if found else None for found in identified] == ["whoami", "me"]


def test_options_are_those_of_a_choice_alone() -> None:
    assert list(choice().options) == ["key", "oauth"]
    assert read(**KEY).options == {}


def test_a_choice_signs_nothing_itself() -> None:
    with pytest.raises(SettingsError, match="key, oauth"):
        choice().sign(Request("GET", "https://p.example"), SCOPE)


@pytest.mark.parametrize(
    "ways",
    [
        {},
        {"key": KEY},
        {"key": KEY, "Bad Name": KEY},
        {"key": KEY, "more": {"type": "choice", "ways": {"a": KEY, "b": KEY}}},
    ],
)
def test_a_choice_has_two_ways_or_more_and_no_choice_inside(ways: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        choice(ways=ways)
