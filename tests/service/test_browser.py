from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request

from runner.service import browser
from tests.partners import World


def request(**cookies: str) -> Request:
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return Request({"type": "http", "headers": [(b"cookie", text.encode())]})


async def test_a_cookie_is_known_for_its_own_link(here: World) -> None:
    cookie = browser.new_cookie(here.house, "a" * 32)
    name, other = browser.cookie_name(here.house, "a" * 32), browser.cookie_name(here.house, "b" * 32)
    assert browser.cookie_of(here.house, "a" * 32, request(**{name: cookie})) == cookie
    assert browser.cookie_of(here.house, "b" * 32, request(**{other: cookie})) is None


async def test_a_cookie_that_somebody_made_up_is_none(here: World) -> None:
    name = browser.cookie_name(here.house, "link")
    for made_up in ("", "x", "link", "WyJsaW5rIiwieCJd.AAAA"):
        assert browser.cookie_of(here.house, "link", request(**{name: made_up})) is None


async def test_the_links_of_a_browser_are_those_that_we_gave_it(here: World) -> None:
    names = {name: browser.new_cookie(here.house, name) for name in ("one", "two")}
    cookies = {browser.cookie_name(here.house, name): cookie for name, cookie in names.items()}
    assert browser.links_of(here.house, request(session="x", **cookies)) == names


async def test_a_form_key_goes_with_one_cookie(here: World) -> None:
    one, other = browser.new_cookie(here.house, "link"), browser.new_cookie(here.house, "link")
    key = browser.form_key(here.house, one)
    assert browser.fits(here.house, one, key)
    assert not browser.fits(here.house, other, key)
    assert not browser.fits(here.house, one, one)


async def test_a_cookie_outlives_a_new_encryption_key(here: World) -> None:
    """The operator puts a key in front while somebody is connecting."""
    cookie = browser.new_cookie(here.house, "link")
    ring = here.house.store.vault.keys
    newer = replace(ring, primary="k2", keys={"k2": bytes(range(1, 33)), **ring.keys})
    vault = replace(here.house.store.vault, keys=newer)
    house = replace(here.house, store=replace(here.house.store, vault=vault))
    assert browser.cookie_of(house, "link", request(**{browser.cookie_name(house, "link"): cookie})) == cookie


async def test_without_https_the_cookie_has_a_plain_name(here: World) -> None:
    plain = replace(here.house, base_url="http://127.0.0.1:8080")
    assert browser.cookie_name(here.house, "link") == "__Host-connect_link"
    assert browser.cookie_name(plain, "link") == "connect_link"
