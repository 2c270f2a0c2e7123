"""A key in a header or in the query, or several headers at once."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from runner.errors import AuthenticationError
from tests.components.auth.flows import read, sign


def test_an_api_key_goes_into_its_header() -> None:
    assert sign(type="api_key", name="X-Key", value="{{ settings.key }}").headers["X-Key"] == "k3y"


def test_an_api_key_goes_into_the_query() -> None:
    block = {"type": "api_key", "name": "key", "in": "query", "value": "{{ settings.key }}"}
    assert sign(**block).params == {"key": "k3y"}


def test_several_headers_go_at_once_and_a_null_one_is_left_out() -> None:
    headers = {
        "Client-Id": "{{ app.client_id }}",
        "Account-Token": "tok-{{ settings.key }}",
        "Project-Id": "{{ settings.none }}",
    }
    signed = sign(type="api_key", headers=headers)
    assert signed.headers == {"authorization": "old", "Client-Id": "cid", "Account-Token": "tok-k3y"}


def test_no_key_at_all_is_never_sent() -> None:
    with pytest.raises(AuthenticationError, match="every key is empty"):
        sign(type="api_key", headers={"Project-Id": "{{ settings.none }}"})


def test_a_key_that_is_empty_is_never_sent_beside_other_headers() -> None:
    with pytest.raises(AuthenticationError, match="the key is empty"):
        sign(type="api_key", name="X-Key", value="{{ settings.none }}", headers={"X-Version": "1"})


@pytest.mark.parametrize("block", [{}, {"name": "X-Key"}, {"value": "x"}, {"name": "X-Key", "headers": {"a": "b"}}])
def test_a_key_needs_a_name_and_a_value(block: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="a name and a value"):
        read(type="api_key", **block)
