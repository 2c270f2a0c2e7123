from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.secret import DOTS, Secret
from runner.service.logs import Redactor, build_log, join_libraries

TOKEN = "tok-0123456789-abcdef"


def lines(form: Any, *secrets: str, **values: Any) -> str:
    stream = io.StringIO()
    build_log(form, Redactor(map(Secret, secrets)), stream).info("connected", **values)
    return stream.getvalue()


def test_a_json_line_holds_event_level_time_and_values() -> None:
    line = json.loads(lines("json", integration="i1"))
    assert (line["event"], line["level"], line["integration"]) == ("connected", "info", "i1")
    assert line["at"].endswith("Z")


def test_a_plain_line_is_for_people() -> None:
    assert lines("plain", integration="i1", words="two words").split("Z ")[1] == (
        'info    connected  integration=i1 words="two words"\n'
    )


@pytest.mark.parametrize("form", ["plain", "json"])
def test_a_known_secret_is_blotted_out_wherever_it_stands(form: Any) -> None:
    told = lines(form, TOKEN, url=f"https://x/?a={TOKEN}", deep={"list": [f"x{TOKEN}y"]}, error=ValueError(TOKEN))
    assert TOKEN not in told
    assert DOTS in told.encode().decode("unicode_escape", "ignore") or DOTS in told


@pytest.mark.parametrize("name", ["access_token", "client_secret", "Authorization", "api_key", "ticket", "signature"])
def test_a_value_under_a_secret_name_is_blotted_out(name: str) -> None:
    assert "swordfish" not in lines("plain", **{name: "swordfish"})


@pytest.mark.parametrize(
    "text",
    ["Authorization: Bearer swordfish", "GET /cb?code=swordfish&x=1", "/cb?x=1&state=swordfish", "token=swordfish "],
)
def test_a_secret_in_running_text_is_blotted_out(text: str) -> None:
    assert "swordfish" not in lines("plain", message=" " + text)


@pytest.mark.parametrize("name", ["code", "state"])
def test_our_own_codes_are_shown_and_those_of_oauth_are_not(name: str) -> None:
    assert f"{name}=credential-refused" in lines("plain", **{name: "credential-refused"})
    assert "Xy7" not in lines("plain", **{name: "Xy7-4f_qq"})


def test_the_state_of_an_integration_is_shown() -> None:
    assert "state=active" in lines("plain", state="active")


def test_a_traceback_is_redacted() -> None:
    stream = io.StringIO()
    log = build_log("plain", Redactor([Secret(TOKEN)]), stream)
    try:
        raise ValueError(f"refused {TOKEN}")
    except ValueError as error:
        log.error("broke", exc_info=error)
    assert "ValueError" in stream.getvalue()
    assert TOKEN not in stream.getvalue()


def test_what_libraries_log_goes_the_same_way() -> None:
    stream = io.StringIO()
    bridge = join_libraries(build_log("plain", Redactor([Secret(TOKEN)]), stream))
    try:
        logging.getLogger("some.library").warning("cannot send %s", TOKEN)
    finally:
        logging.getLogger().removeHandler(bridge)
    assert "source=some.library" in stream.getvalue()
    assert TOKEN not in stream.getvalue()


@given(st.text(min_size=6).filter(str.strip), st.text(), st.text())
def test_no_text_lets_a_known_secret_through(secret: str, before: str, after: str) -> None:
    redacted = Redactor([Secret(secret)]).text(before + secret + after)
    assert secret not in redacted or secret in DOTS * 3
