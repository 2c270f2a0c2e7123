"""Signatures that partners and standards publish, or that were computed independently of this code.

Teamup's is that of its PHP SDK's tests, a file with CRLF line ends; Convoy's are its signature vectors; HubSpot's are
those of its SDKs; Dropbox' that of hapi-dropbox-webhooks. The rest was computed with other tools.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from runner.components.block import adapter
from runner.components.catalog import VERIFIERS
from runner.components.verifiers.base import Verifier
from runner.errors import BadSignature, StaleDelivery
from runner.model.event import Delivery
from runner.model.secret import Secret

URL = "https://www.example.com/webhook_uri"


def read(header: str, secret: str = "app.key", **block: Any) -> Verifier:
    made: Verifier = adapter(VERIFIERS).validate_python({"type": "hmac", "header": header, "secret": secret, **block})
    return made


def prove(
    verifier: Verifier,
    secret: str,
    headers: dict[str, str],
    body: bytes,
    at: int = 0,
    url: str = URL,
    method: str = "POST",
) -> None:
    """One delivery at a unix time, whose body must count too."""
    now = datetime.fromtimestamp(at, UTC)
    lower = {name.lower(): value for name, value in headers.items()}
    delivery = Delivery("acme", method, url, lower, body, now)
    verifier.verify(delivery, [Secret(secret)], now, {})
    with pytest.raises(BadSignature):
        verifier.verify(replace(delivery, body=body + b" "), [Secret(secret)], now, {})


# A body and a secret that several schemes were computed over, with openssl.
SHORT = [
    ({"encoding": "base64"}, "1CknQ0BJ4LjHPOiHBiI4zBxrtmRL/mbmbY3Q8wuFZ54="),
    ({"encoding": "hex"}, "d42927434049e0b8c73ce887062238cc1c6bb6644bfe66e66d8dd0f30b85679e"),
    ({"digest": "sha1", "encoding": "base64"}, "lklSbahGxj+ujz9k/RcAgBdKmng="),
    (
        {"signs": "1700000000.{{ raw_body }}"},
        "8dbbbbf4523b10bbb793e74d854144c45acccc2d233667b1c06b805b6ded8a84",
    ),
    (
        {"encoding": "base64url"},
        "1CknQ0BJ4LjHPOiHBiI4zBxrtmRL_mbmbY3Q8wuFZ54=",
    ),
]


@pytest.mark.parametrize(("block", "signature"), SHORT)
def test_one_body_signed_in_many_ways(block: dict[str, Any], signature: str) -> None:
    prove(read("X-Signature", **block), "s3cr3t", {"X-Signature": signature}, b'{"a":1}')


V3 = {
    "encoding": "base64",
    "signs": [
        "{{ method }}{{ url }}{{ raw_body }}{{ timestamp }}",
        "{{ method }}{{ url_decoded }}{{ raw_body }}{{ timestamp }}",
    ],
    "timestamp": {"header": "X-HubSpot-Request-Timestamp", "unit": "ms", "tolerance": "5m"},
}
HUBSPOT = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
JSON = b'{"example_field":"example_value"}'
QUOTES = b"{'example_field':'example_value'}"
CREATED = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
    b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW",'
    b'"appId":54321}]'
)
SIGNED = [
    (URL, QUOTES, 1693657560000, "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
    (URL, QUOTES, 1700000300000, "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
    (URL, JSON, 1693657560000, "oaA3M5dEtt6kFsseJD/Hv/x+JNl1vsoxFj4oxmwP6Go="),
    (URL, CREATED, 1693657560000, "ecWWq6SLunL3htE3leWhW3cjrE6R0rZmBOcQ2bf4D40="),
    (f"{URL}?a=1%3A2", JSON, 1693657560000, "kANTZ2/VpCrJvK04bZ+yie5x4lrcvfIRSpZ00hIOQqM="),
    (f"{URL}?a=1%3a2", JSON, 1693657560000, "kANTZ2/VpCrJvK04bZ+yie5x4lrcvfIRSpZ00hIOQqM="),
    (f"{URL}?a=1%3A2", JSON, 1693657560000, "0ccJMCkXU5ks1lX1NRHKocANjZX5SkZrMKXVxLzqEKQ="),
]


@pytest.mark.parametrize(("url", "body", "at", "signature"), SIGNED)
def test_hubspot_s_third_version_in_both_readings_of_the_url(url: str, body: bytes, at: int, signature: str) -> None:
    headers = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": str(at)}
    prove(read("X-HubSpot-Signature-v3", **V3), HUBSPOT, headers, body, at // 1000, url)


CONVOY = b'{"event":"charge.success","amount":1000,"currency":"NGN"}'
T, V1 = "t=1700000000", "v1=77b8b9269f25a199846a55a2bd25b3fba151c70fdae60bb1dcd87fbbc943c55c"
ADVANCED = {
    "prefix": "v1=",
    "separator": ",",
    "signs": "{{ timestamp }},{{ raw_body }}",
    "timestamp": {"header": "X-Convoy-Signature", "prefix": "t="},
}


def convoy(header: str, at: int = 1700000000, body: bytes = CONVOY) -> None:
    now = datetime.fromtimestamp(at, UTC)
    delivery = Delivery("acme", "POST", URL, {"x-convoy-signature": header}, body, now)
    read("X-Convoy-Signature", **ADVANCED).verify(delivery, [Secret("convoy-webhook-secret")], now, {})


def test_convoy_s_simple_signature() -> None:
    signature = "244449b7f48cbc2709060c9dcdc2b3aa47a78f540430579015c579fb12defbb4"
    prove(read("X-Convoy-Signature"), "convoy-webhook-secret", {"X-Convoy-Signature": signature}, CONVOY)


@pytest.mark.parametrize("header", [f"{T},{V1}", f"{V1},{T}", f"{T},v1=abc,{V1}", f"{T}, {V1}", f"{T},v0=abc,{V1}"])
def test_convoy_s_advanced_signature(header: str) -> None:
    convoy(header)


@pytest.mark.parametrize(
    "header",
    [V1, T, f"t=Infinity,{V1}", f"t=1700000001,{V1}", f"t=,{V1}", f"{T},{V1[:-1]}d", f"{T},{V1[3:]}", f"{T};{V1}", ""],
)
def test_convoy_s_wrong_ones(header: str) -> None:
    with pytest.raises(BadSignature):
        convoy(header)


def test_convoy_s_altered_body() -> None:
    with pytest.raises(BadSignature):
        convoy(f"{T},{V1}", body=CONVOY.replace(b"1000", b"9000"))


@pytest.mark.parametrize("late", [-301, 301])
def test_convoy_s_expired_one(late: int) -> None:
    with pytest.raises(StaleDelivery):
        convoy(f"{T},{V1}", 1700000000 + late)


PHP_SDK_PAYLOAD = """
eNrtVltr2zAUfh/sPwS/bmksWXVcUwptYRkbG80WyrpRgmKfxOrkC5ac0pb+90l20viW1HsZe3AI2Oh83/G56zy9fTMYGMw33IFhok8XF+Nvlz
9tPMWTr9OP09nk8sMU/7gx3ucwj3KIfJpq8J0XkKWzEfhMJFR6gRL80geDwVPxUDKZstUKcg6sIZJzwVZRlhx5KVAJfqEhR+ZihXvhvliGHNM6
tpwTtEMrmYCUgZjnkCjjvCxLIYwltMtEtth6UgCIgzExnf0YsXOs+G0Yu6PbMplyPvfpgyItKRdQsSvNOGiXKp5IJotTCUJWJPdB3EDz2KOSxV
FDECmXRTWA6jSQIc+hu9PnMmsNqdho88EmnrPEy8UJNqrhpH4c8VaX5KOmnocqGx4dfafx/IpmPK7wqZTUC0KV30YoK8bWatG+NidXN1OLTPH4
Gn++npx/+VDWW3hNwzx2K4i0CUd3yaqBEexRYwhCDqrLQhaCfEhyHSykKxjdJdBUkSU8pv7c1xVqYBOTITKHeDwziWseuwS9M03XNBs0zqLfmh
FImQh3NJJAQ139cdiAyiALFxFlvCM+SWHN4L4jemu/arrDHpR5z3sqXEiaykos0NBEM6QVqP9Q6avGwlCt1IJHe/EpK32j0d3igDAfLKqg66my
Zxi7FnItu+VzWaID00KxXERcYrVQfOCwpTRGTD7j5hDRBQdd0DLNoAXgq75SFQLd47ghrplgC8aZ1C2ZD5xMjUPRBuUsZNpGs0XmxVk+ctEB20
peNHq/gHbraXy8r3PrU68omHDTCe2SeUBFkE+KE2dpLzyf2Bj51tjyqA8EHAvbeLwgS7tBP3A1vDbrXquvvcXSqDH94S6Npjo5n5oHSukF0qUm
tuBOGUPk/8hYCEKouVy/2Sq322lypo06HSVnRhX0/LcFcDDBOrVOxwS3y9PaZXwg+ZmQapLXL3Q1+2TWyKBeFiiTLFpVdN+Wbv3t6+ZlG5j9u9
pRGPtsyfotrd/S+i2t39L6La3f0votrd/S+i3tX25p+qHk6vkHLVx/oA==
"""
TEAMUP = (
    "6xMtKaczFwpJoyv43KxaXSEjg2jN1Fut9uEY7xv3NKgmn5HU8qNCfBDhVruwZsuDUytaR8L8yDZP6nfPpnLw5d8ffniRKfqGnN3hNuGvMZRf7PTNVuo"
    "rCcVuY62b58qG"
)


def test_teamup_signs_the_bytes_with_their_line_ends() -> None:
    sent = zlib.decompress(base64.b64decode(PHP_SDK_PAYLOAD))
    assert (len(sent), hashlib.sha256(sent).hexdigest()) == (
        5037,
        "116577a5ee985c52dcc1312aba1055eadb192b9b7c445b512470aef1b5370419",
    )
    signature = "4d49452cab75de9852b72616376d9293b82ad137dbdb9dc2e06e6b270fe1cb10"
    prove(read("Teamup-Signature"), TEAMUP, {"Teamup-Signature": signature}, sent)
    other = "4ef624acedb83c1bde128eddbaec248e2b0eddc0bf8587d240d351e121a7dabd"
    prove(read("Teamup-Signature"), TEAMUP, {"Teamup-Signature": other}, sent.replace(b"\r\n", b"\n"))


OTHERS = {
    "dropbox, published": (
        {"header": "X-Dropbox-Signature"},
        "the_secret",
        "0a8c16b085420b960dc78664279fe09e936a2a01b1f91064869d9e77dfd64529",
        b'{"delta": {"users": [12345]}}',
    ),
    "dropbox": (
        {"header": "X-Dropbox-Signature"},
        "test-app-secret",
        "aef0fbf886cd7e3519c0b485b0f4a647b1fc9b94aa0a90b66cbb44893639d290",
        b'{"list_folder": {"accounts": ["dbid:AAAAexampleAccountId000000000000000"]}, "delta": {"users": [12345678]}}',
    ),
    "teamup": (
        {"header": "Teamup-Signature"},
        "test-webhook-secret",
        "8ae410d8111a2e62c02b1dc9296e0fb0c37999f7cb72964b420a2eaf1259cd33",
        (
            b'{"id":"01HZEXAMPLE0000000000000000","calendar":"abc123","dispatch":[{"trigger":"event.modified","event":'
            b'{"id":"1001","title":"Roof survey","subcalendar_ids":[77],"start_dt":"2026-03-02T09:00:00+00:00",'
            b'"end_dt":"2026-03-02T11:00:00+00:00","version":"abc123def456","delete_dt":null}}]}'
        ),
    ),
    "quickbooks, the older form": (
        {"header": "intuit-signature", "encoding": "base64"},
        "example-verifier-token",
        "8N7RO9al2aw1jPTVyjRlu/iefhMchcTgAYcMPnu8vWU=",
        (
            b'{"eventNotifications":[{"realmId":"9130355377388383","dataChangeEvent":{"entities":[{"name":"Customer",'
            b'"id":"58","operation":"Update","lastUpdated":"2026-03-04T17:22:09.000Z"}]}}]}'
        ),
    ),
    "quickbooks, CloudEvents": (
        {"header": "intuit-signature", "encoding": "base64"},
        "example-verifier-token",
        "Br8D3iQU9x0uqxePk+bdSkviOJZ+pDUddVILIC5zr4Y=",
        (
            b'[{"specversion":"1.0","id":"11111111-2222-4333-8444-555555555555","source":"intuit.exampleSourceHash=",'
            b'"type":"qbo.customer.updated.v1","datacontenttype":"application/json","time":"2026-03-04T17:22:09.114Z",'
            b'"intuitentityid":"58","intuitaccountid":"9130355377388383","data":{}}]'
        ),
    ),
}


@pytest.mark.parametrize(("block", "secret", "signature", "body"), OTHERS.values(), ids=OTHERS.keys())
def test_partners(block: dict[str, Any], secret: str, signature: str, body: bytes) -> None:
    prove(read(**block), secret, {block["header"]: signature}, body)


def test_housecall_pro_signs_the_time_too() -> None:
    verifier = read("Api-Signature", signs="{{ timestamp }}.{{ raw_body }}", timestamp={"header": "Api-Timestamp"})
    headers = {
        "Api-Signature": "e6de63cbe5b20e4d0d952475450bc8651a2cba8121e8de316cc78371f87b1883",
        "Api-Timestamp": "1775143244",
    }
    body = b'{"event":"job.created","event_occurred_at":"2026-04-02T15:20:38Z"}'
    prove(verifier, "example-signing-secret", headers, body, 1775143244)
