"""Requests and responses as plain values."""

from __future__ import annotations

import pytest

from runner.model.http import Request, Response


def test_a_request_does_not_show_its_query_headers_or_body() -> None:
    request = Request(
        "GET",
        "https://api.example/x?key=s3cr3t",
        headers={"Authorization": "s3cr3t"},
        json="s3cr3t",
        auth=("a", "s3cr3t"),
    )

    assert repr(request) == "Request(GET https://api.example/...)"
    assert request.host == "api.example"


@pytest.mark.parametrize(
    ("body", "value", "is_json"),
    [(b'{"a":1}', {"a": 1}, True), (b"null", None, True), (b"", None, False), (b"<html>", None, False)],
)
def test_a_response_says_whether_it_is_json(body: bytes, value: object, is_json: bool) -> None:
    response = Response(200, {}, body)

    assert response.json == value
    assert response.is_json is is_json


@pytest.mark.parametrize(("status", "ok"), [(199, False), (200, True), (204, True), (302, False), (500, False)])
def test_a_response_is_good_when_it_is_2xx(status: int, ok: bool) -> None:
    assert Response(status, {}, b"").ok is ok
