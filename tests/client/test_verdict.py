from __future__ import annotations

import pytest

from runner.client.verdict import ASTRAY, address, failure, is_astray
from runner.connector.http import ErrorRule
from runner.model.http import Response
from runner.model.secret import Secret


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://api.example.com/v2/jobs?token=abc#x", "GET api.example.com/v2/jobs"),
        ("http://127.0.0.1:9103/v3/jobs", "GET 127.0.0.1:9103/v3/jobs"),
        ("https://user:pass@api.example.com/", "GET api.example.com/"),
        ("https://api.example.com/hook/se%2Fcret/jobs", "GET api.example.com/hook/••••••/jobs"),
        ("https://api.example.com/a%0Ab", "GET api.example.com/a%0Ab"),
    ],
)
def test_what_was_called_is_told_without_query_and_secrets(url: str, shown: str) -> None:
    assert address("GET", Response(404, {}, b"", url), [Secret("se/cret")]) == shown


def test_a_long_path_is_cut() -> None:
    assert len(address("GET", Response(404, {}, b"", "https://a.example/" + "x" * 500), [])) < 230


@pytest.mark.parametrize(("status", "astray"), [(302, True), (404, True), (405, True), (400, False), (500, False)])
def test_some_answers_hint_at_a_wrong_address(status: int, astray: bool) -> None:
    response = Response(status, {}, b"", "https://a.example/")
    assert is_astray(response) is astray
    told = str(failure("Acme `jobs`", response, ErrorRule(do="fail", status=["4xx"]), ""))
    assert told.endswith(f"({ASTRAY})") is astray


def test_the_connectors_own_remedy_comes_first() -> None:
    told = str(
        failure("Acme `jobs`", Response(404, {}, b""), ErrorRule(do="fail", status=[404], remedy="look again"), "gone")
    )
    assert told == "Acme `jobs` answers 404: gone (look again)"
