"""What a log may name of an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.client.address import LONGEST, shown
from runner.model.secret import DOTS, Secret

KNOWN = Secret("ks2Calendar/Key")
SIGNED = "https://photos.example/p.jpg?X-Amz-Date=20260504T152010Z&X-Amz-Signature=9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c"


def test_what_is_plain_is_named() -> None:
    url = "https://api.example.com:8443/v2/tenant/123456789/jobs?page=2&pageSize=500&modifiedOnOrAfter=2026-05-04T15:20:10Z"
    assert shown(url) == url


@pytest.mark.parametrize("form", ["ks2Calendar%2FKey", "ks2Calendar/Key"])
def test_a_known_secret_is_dots_in_the_path(form: str) -> None:
    assert shown(f"https://api.teamup.com/{form}/events", [KNOWN]) == f"https://api.teamup.com/{DOTS}/events"


def test_a_known_secret_is_dots_in_the_query() -> None:
    assert shown("https://a.example/x?q=ks2Calendar%2FKey", [KNOWN]) == f"https://a.example/x?q={DOTS}"


@pytest.mark.parametrize(
    "query",
    ["api_key=short", "access_token=a", "sig=x", "rlkey=abc", "code=1", "password=p", "email=ada@example.com",
     "cursor=eyJpZCI6MTIzNDU2Nzg5MH0", "hmac_signature=1"],
)  # fmt: skip
def test_what_is_a_key_or_a_person_is_dots(query: str) -> None:
    name = query.partition("=")[0]
    assert shown(f"https://a.example/x?{query}") == f"https://a.example/x?{name}={DOTS}"


def test_a_shared_link_does_not_open_anything() -> None:
    told = shown("https://www.dropbox.com/scl/fi/a1b2c3d4e5f6g7h8i9/roof.jpg?rlkey=zz9yy8xx7&dl=0")
    assert told == f"https://www.dropbox.com/scl/fi/{DOTS}/roof.jpg?rlkey={DOTS}&dl=0"


def test_a_signed_address_does_not_open_anything() -> None:
    assert "9f8a7b6c" not in shown(SIGNED)


def test_ids_stay_readable() -> None:
    url = "https://a.example/v1/things/0b9e4a52-8d7c-4a55-9c1e-6f5e4d3c2b1a/notes/42"
    assert shown(url) == url


def test_credentials_in_the_authority_and_fragments_are_left_out() -> None:
    assert shown("https://user:pass@a.example/x#access_token=abc") == "https://a.example/x"


def test_a_long_address_is_cut() -> None:
    assert len(shown("https://a.example/" + "word/" * 500)) == LONGEST + len("...")


@given(st.text(min_size=6, max_size=30), st.sampled_from(["path", "query"]))
def test_no_known_secret_comes_through(secret: str, where: str) -> None:
    from urllib.parse import quote

    sent = quote(secret, safe="")
    url = f"https://a.example/{sent}/x" if where == "path" else f"https://a.example/x?q={sent}"
    told = shown(url, [Secret(secret)]).removeprefix("https://a.example/")
    assert secret not in told
