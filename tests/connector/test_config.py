from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from runner.connector.config import Config


def test_a_connect_link_lives_half_an_hour_when_nothing_is_said() -> None:
    assert Config().connect.link_lifetime == timedelta(minutes=30)


@pytest.mark.parametrize(("text", "minutes"), [("1m", 1), ("15m", 15), ("24h", 24 * 60)])
def test_the_operator_may_say_otherwise(text: str, minutes: int) -> None:
    made = Config.model_validate({"connect": {"link_lifetime": text}})
    assert made.connect.link_lifetime == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["30s", "25h", "7d", "0m"])
def test_a_link_is_short_lived_in_any_case(text: str) -> None:
    with pytest.raises(ValidationError, match="link_lifetime"):
        Config.model_validate({"connect": {"link_lifetime": text}})


@pytest.mark.parametrize("page", ["javascript:alert(1)", "//evil.example", "https://a@b/", "https://a/ b", ""])
def test_the_start_page_is_an_http_address(page: str) -> None:
    with pytest.raises(ValidationError, match="start_page"):
        Config.model_validate({"connect": {"start_page": page}})
