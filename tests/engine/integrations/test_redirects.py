from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest

from runner.connector.config import Config
from runner.engine.integrations.redirects import check_redirect
from runner.errors import SettingsError
from tests.partners import BASE, World

HOSTILE = (
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\tevil",
    "/\n/evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "https:evil.example",
    "https:///evil.example",
    "https://evil.example",
    "https://runner.example@evil.example/",
    "https://runner.example:x@evil.example/",
    "https://runner.example.evil.example/",
    "https://runner.example\\.evil.example/",
    "https://runner.example%2eevil.example/",
    "https://evil.example/https://runner.example",
    "https://runner.example:444/",
    "http://runner.example/",
    "https://[::1",
    "https://runner.example:99999999/",
    "https://rünner.example/",
    " https://runner.example/",
    "https://runner.example/\r\nSet-Cookie: a=b",
    "",
    "settings",
    "?x",
    "/" + "x" * 5000,
)


@pytest.mark.parametrize("redirect_to", HOSTILE)
async def test_nobody_is_sent_to_a_hostile_place(here: World, redirect_to: str) -> None:
    with pytest.raises(SettingsError, match="redirect_to"):
        check_redirect(here.house, redirect_to)


@pytest.mark.parametrize("redirect_to", ["/", "/done?x=1#y", "/%2e%2e/x", "https://runner.example/done", None])
async def test_our_own_places_will_do(here: World, redirect_to: str | None) -> None:
    check_redirect(here.house, redirect_to)


@pytest.mark.parametrize(
    ("redirect_to", "allowed"),
    [
        ("https://app.example:443/done?x=1", True),
        ("HTTPS://APP.example/done", True),
        (f"{BASE}/done", True),
        ("http://app.example/done", False),
        ("https://app.example.evil.example/", False),
        ("https://app.example:8443/", False),
    ],
)
async def test_an_address_is_one_of_ours_or_of_an_allowed_origin(here: World, redirect_to: str, allowed: bool) -> None:
    config = Config.model_validate({"serve": {"redirect_origins": ["https://app.example"]}})
    house = replace(here.house, config=config)
    with nullcontext() if allowed else pytest.raises(SettingsError, match="redirect_origins"):
        check_redirect(house, redirect_to)
