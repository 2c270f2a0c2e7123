from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from runner.service import browser
from runner.service.sent import Refused, _fields, read_form
from tests.partners import World


def request(body: bytes, **headers: str) -> Request:
    """A form as a server hands it over."""
    parts: Iterator[bytes] = iter([body])
    given = {"content-type": "application/x-www-form-urlencoded", **headers}

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": next(parts), "more_body": False}

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()]
    return Request({"type": "http", "method": "POST", "headers": raw}, receive)


async def test_the_fields_come_without_the_key_and_the_spaces(here: World) -> None:
    cookie = browser.new_cookie(here.house, "link")
    form = urlencode({"key": browser.form_key(here.house, cookie), "setting.a": " x\n", "way": ""})
    assert await read_form(here.house, request(form.encode()), cookie) == {"setting.a": "x", "way": ""}


@pytest.mark.parametrize("site", ["cross-site", "same-site", "odd"])
async def test_what_another_site_sends_is_refused(here: World, site: str) -> None:
    cookie = browser.new_cookie(here.house, "link")
    form = urlencode({"key": browser.form_key(here.house, cookie)}).encode()
    with pytest.raises(Refused) as refused:
        await read_form(here.house, request(form, sec_fetch_site=site), cookie)
    assert (refused.value.status, refused.value.code) == (403, "form-foreign")


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_any_bytes_are_fields_or_refused(raw: bytes) -> None:
    with suppress(Refused):  # of any other error the test fails
        assert all("\x00" not in text and text == text.strip() for text in _fields(raw).values())


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))


@given(st.dictionaries(WORDS, WORDS, max_size=10))
def test_what_a_browser_writes_is_read(form: dict[str, str]) -> None:
    assert _fields(urlencode(form).encode()) == {name: text.strip() for name, text in form.items()}
