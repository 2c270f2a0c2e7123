"""The signatures of the partner's own SDK tests."""

from __future__ import annotations

import pytest

from runner.authoring.simulate.hubspot_hooks import decoded, seal_v1, seal_v2, seal_v3

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URL = "https://www.example.com/webhook_uri"
EVENT = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":'
    b'"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
)
QUOTED, JSON = b"{'example_field':'example_value'}", b'{"example_field":"example_value"}'


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (EVENT, "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"),
        (QUOTED, "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750"),
    ],
)
def test_version_one(body, signature):
    assert seal_v1(SECRET, body) == signature


@pytest.mark.parametrize(
    ("method", "body", "signature"),
    [
        ("GET", b"", "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"),
        ("POST", JSON, "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"),
        ("POST", QUOTED, "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383"),
    ],
)
def test_version_two(method, body, signature):
    assert seal_v2(SECRET, method, URL, body) == signature


@pytest.mark.parametrize(
    ("url", "body", "timestamp", "signature"),
    [
        (URL, QUOTED, "1693657560000", "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
        (URL, QUOTED, "1700000300000", "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
        (URL, JSON, "1693657560000", "oaA3M5dEtt6kFsseJD/Hv/x+JNl1vsoxFj4oxmwP6Go="),
        (URL, EVENT, "1693657560000", "ecWWq6SLunL3htE3leWhW3cjrE6R0rZmBOcQ2bf4D40="),
        (f"{URL}?a=1%3A2", JSON, "1693657560000", "kANTZ2/VpCrJvK04bZ+yie5x4lrcvfIRSpZ00hIOQqM="),
    ],
)
def test_version_three(url, body, timestamp, signature):
    assert seal_v3(SECRET, "POST", decoded(url), body, timestamp) == signature


def test_version_three_as_the_sdks_read_it():
    made = seal_v3(SECRET, "POST", f"{URL}?a=1%3A2", JSON, "1693657560000")
    assert made == "0ccJMCkXU5ks1lX1NRHKocANjZX5SkZrMKXVxLzqEKQ="


def test_only_some_codes_are_decoded_and_the_fragment_is_dropped():
    assert decoded("https://a.example/x%20y%2Fz%3a#top") == "https://a.example/x%20y/z:"
