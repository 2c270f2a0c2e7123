from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from runner.connector.call import Call
from runner.connector.http import Http
from runner.errors import MappingError
from runner.model.file import in_memory
from runner.model.http import Request, Response
from runner.model.secret import Secret

SCOPE = {"input": {"id": "a/b", "none": None, "yes": True, "list": [1, 2]}, "app": {"key": Secret("k3y")}}


def request(http: dict[str, Any] | None = None, scope: dict[str, Any] | None = None, **call: Any) -> Request:
    declared = Http.model_validate({"base_url": "https://p.example/v2/", "graphql": "/graphql"} | (http or {}))
    return Call.model_validate(call).request(SCOPE if scope is None else scope, declared)


@pytest.mark.parametrize("verb", ["get", "post", "put", "patch", "delete"])
def test_the_verb_is_the_method_and_the_path_is_joined(verb: str) -> None:
    made = request(**{verb: "/jobs"})
    assert (made.method, made.url) == (verb.upper(), "https://p.example/v2/jobs")


def test_a_value_in_a_path_is_percent_encoded() -> None:
    assert request(get="/jobs/{{ input.id }}").url == "https://p.example/v2/jobs/a%2Fb"


@pytest.mark.parametrize("value", ["", ".", ".."])
@pytest.mark.parametrize("path", ["/jobs/{{ input.id }}", "/jobs/{{ input.id }}/notes", "/{{ input.id }}/jobs"])
def test_a_value_that_makes_another_path_is_refused(value: str, path: str) -> None:
    with pytest.raises(MappingError, match="another path"):
        request(delete=path, scope={"input": {"id": value}})


@given(value=st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_a_value_never_leaves_its_part_of_the_path(value: str) -> None:
    try:
        url = request(get="/jobs/{{ input.id }}/notes", scope={"input": {"id": value}}).url
    except MappingError:  # half of a surrogate pair cannot be encoded
        return
    assert httpx.URL(url).raw_path.count(b"/") == 4


def test_a_path_may_end_with_a_slash() -> None:
    assert request(get="/jobs/").url == "https://p.example/v2/jobs/"


def test_an_empty_path_is_the_base_url() -> None:
    assert request(get="").url == "https://p.example/v2"


def test_null_params_headers_and_form_fields_are_left_out() -> None:
    made = request(
        post="/a",
        params={"a": "{{ input.none }}", "b": None, "c": "1"},
        headers={"X-A": "{{ input.none }}", "X-C": "1"},
        form={"a": "{{ input.none }}", "c": "{{ input.yes }}"},
    )
    assert (made.params, made.headers, made.form) == ({"c": "1"}, {"X-C": "1"}, {"c": "true"})


def test_params_are_text_or_lists_of_text() -> None:
    given = {
        "flag": True,
        "off": "{{ not input.yes }}",
        "page": 1,
        "ids": "{{ input.list }}",
        "both": ["x", False, None],
    }
    assert request(get="/a", params=given).params == {
        "flag": "true",
        "off": "false",
        "page": "1",
        "ids": ["1", "2"],
        "both": ["x", "false"],
    }


def test_text_that_looks_like_a_number_stays_as_it_is() -> None:
    assert request(get="/a", params={"code": "007"}).params == {"code": "007"}


def test_a_plus_in_a_parameter_is_sent_as_it_is_meant() -> None:
    made = request(get="/a", params={"sort": "+ModifiedOn"})
    assert httpx.Request(made.method, made.url, params=made.params).url.query == b"sort=%2BModifiedOn"


def test_a_parameter_cannot_turn_out_to_be_a_mapping() -> None:
    with pytest.raises(MappingError, match="`x` is a mapping"):
        request(get="/a", params={"x": "{{ input }}"})


def test_headers_of_the_call_win_over_those_of_http_in_any_case() -> None:
    made = request({"headers": {"accept": "a", "X-Key": "{{ app.key }}"}}, get="/a", headers={"Accept": "b"})
    assert made.headers == {"X-Key": "k3y", "Accept": "b"}


def test_a_json_body() -> None:
    made = request(post="/a", json={"id": "{{ input.id }}", "gone": "{{ input.none }}", "null": None})
    assert (made.json, made.has_json) == ({"id": "a/b", "null": None}, True)


def test_a_text_body() -> None:
    assert request(post="/a", text="id={{ input.id }}").content == b"id=a/b"


def test_a_graphql_call_is_a_post_of_query_and_variables() -> None:
    made = request(graphql="query { a }", variables={"id": "{{ input.id }}", "after": "{{ input.none }}"})
    assert (made.method, made.url) == ("POST", "https://p.example/v2/graphql")
    assert made.json == {"query": "query { a }", "variables": {"id": "a/b"}}


def test_a_call_can_have_its_own_base_url_and_timeout() -> None:
    made = request({"timeout": "5s"}, get="/a", base_url="https://files.example", timeout="90s")
    assert (made.url, made.timeout, request({"timeout": "5s"}, get="/a").timeout) == (
        "https://files.example/a",
        90.0,
        5.0,
    )


@pytest.mark.parametrize("base", ["p.example", "ftp://p.example", "https://", "{{ input.id }}"])
def test_a_base_url_that_is_no_address_is_refused(base: str) -> None:
    with pytest.raises(MappingError, match="base URL"):
        request({"base_url": base}, get="/a")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ({}, "not none"),
        ({"get": "/a", "post": "/a"}, "not get and post"),
        ({"post": "/a", "json": {}, "form": {}}, "one body"),
        ({"graphql": "query { a }", "json": {}}, "one body"),
        ({"get": "/a", "variables": {}}, "variables"),
        ({"get": "a"}, "begins with one /"),
        ({"get": "//evil.example/a"}, "begins with one /"),
        ({"get": "/a?b=1"}, "has no"),
        ({"get": "/a", "params": {"x": {"y": 1}}}, "mapping"),
    ],
)
def test_what_is_not_one_call_is_refused(call: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Call.model_validate(call)


@pytest.mark.parametrize(
    ("call", "may"),
    [
        ({"get": "/a"}, True),
        ({"put": "/a"}, True),
        ({"delete": "/a"}, True),
        ({"post": "/a"}, False),
        ({"patch": "/a"}, False),
        ({"post": "/a", "repeatable": True}, True),
        ({"graphql": "query { mutation }"}, True),
        ({"graphql": "mutation { a }"}, False),
        ({"graphql": "# a remark\nmutation Make { a }"}, False),
    ],
)
def test_only_what_does_no_harm_twice_may_be_repeated(call: dict[str, Any], may: bool) -> None:
    assert Call.model_validate(call).may_repeat is may


FILE = "https://files.example/a.jpg?signature=x"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", [FILE, "//files.example/a.jpg?signature=x"])
def test_a_redirect_can_be_the_answer(status: int, location: str) -> None:
    call = Call.model_validate({"get": "/image.jpg", "redirect": "answer"})
    found = call.read(Response(status, {"location": location}, b"<html>", "https://p.example/image.jpg"))
    assert (found.status, found.json) == (200, {"location": FILE})


@pytest.mark.parametrize(
    ("status", "headers"),
    [(302, {}), (302, {"location": "data:text/html,x"}), (302, {"location": ""}), (200, {"location": FILE})],
)
def test_what_leads_nowhere_stays_what_it_is(status: int, headers: dict[str, str]) -> None:
    response = Response(status, headers, b"", "https://p.example/image.jpg")
    assert Call.model_validate({"get": "/image.jpg", "redirect": "answer"}).read(response) is response


def test_a_redirect_that_nobody_expects_stays_one() -> None:
    response = Response(302, {"location": FILE}, b"", "https://p.example/image.jpg")
    assert Call.model_validate({"get": "/image.jpg"}).read(response) is response


def test_a_file_is_the_body_as_it_is() -> None:
    file = in_memory(b"hello", "a.txt")
    assert request(post="/x", bytes="{{ input.file }}", scope={"input": {"file": file}}).content is file


def test_parts_are_texts_and_files_and_nulls_are_left_out() -> None:
    file = in_memory(b"hello", "a.txt")
    parts = {
        "file": "{{ input.file }}",
        "size": "{{ input.file.size }}",
        "no": "{{ input.no }}",
        "yes": "{{ input.yes }}",
    }
    made = request(post="/x", multipart=parts, scope={"input": {"file": file, "no": None, "yes": True}})
    assert made.parts == {"file": file, "size": "5", "yes": "true"}


@pytest.mark.parametrize("call", [{"bytes": "{{ input.id }}"}, {"multipart": {"a": "x {{ input.file }}"}}])
def test_what_is_no_file_is_no_body_and_a_file_no_text(call: dict[str, Any]) -> None:
    with pytest.raises(MappingError, match="file"):
        request(post="/x", scope={"input": {"id": "7", "file": in_memory(b"hello")}}, **call)
