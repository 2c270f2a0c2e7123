from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.components.block import adapter
from runner.components.catalog import VERIFIERS
from runner.components.verifiers.base import Verifier
from runner.components.verifiers.standard_webhooks import sign
from runner.errors import BadSignature, DeliveryError, SettingsError, StaleDelivery
from runner.model.event import Delivery
from runner.model.secret import Secret

# The test vector of the specification's libraries (v1), and of svix-server's worker tests (v1a).
AT = datetime.fromtimestamp(1614265330, UTC)
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'
SHARED = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
PRIVATE = Secret("whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==")
PUBLIC = Secret("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=")
V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
V1A = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
WRONG = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="


def read(**more: Any) -> Verifier:
    made: Verifier = adapter(VERIFIERS).validate_python({"type": "standard_webhooks", "secret": "app.key", **more})
    return made


def delivery(signature: str = V1, **headers: str) -> Delivery:
    sent = {"webhook-id": ID, "webhook-timestamp": "1614265330", "webhook-signature": signature, **headers}
    sent = {name.replace("_", "-"): value for name, value in sent.items()}
    return Delivery("acme", "POST", "https://runner.example/webhooks/acme", sent, BODY, AT)


def prove(sent: Delivery, *secrets: Secret, at: datetime = AT) -> None:
    read().verify(sent, secrets or [SHARED], at, {})


@pytest.mark.parametrize(
    "secret", [SHARED, Secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")], ids=["with the prefix", "without"]
)
def test_the_published_vector(secret: Secret) -> None:
    prove(delivery(), secret)
    assert sign(secret, ID, AT, BODY) == V1


@pytest.mark.parametrize("secret", [PUBLIC, PRIVATE], ids=["public", "private"])
def test_the_published_vector_of_keys(secret: Secret) -> None:
    prove(delivery(V1A), secret)


def test_a_private_key_signs() -> None:
    assert sign(PRIVATE, ID, AT, BODY) == V1A


@pytest.mark.parametrize(
    "listed",
    [
        f"{WRONG} v2,{WRONG[3:]} {V1} {WRONG}",
        f"v1 , {V1}",
        f"{V1A} {V1}",
        f"  {V1}  ",
    ],
)
def test_one_right_signature_of_a_list_will_do(listed: str) -> None:
    prove(delivery(listed))


@pytest.mark.parametrize(
    "listed",
    [
        V1.replace("1OE=", "1OA="),
        V1.replace("v1,", "v2,"),
        V1.replace("v1,", "v1a,"),
        V1.replace("v1,", ""),
        V1.replace(",", ""),
        V1A,
        "v1,",
        "v1a,!!!",
        " ".join(["v1,a"] * 20 + [V1]),
    ],
)
def test_a_list_without_a_right_one_proves_nothing(listed: str) -> None:
    with pytest.raises(BadSignature):
        prove(delivery(listed))


def test_an_altered_body_is_refused_and_the_message_says_what_was_signed() -> None:
    with pytest.raises(BadSignature, match=r"61 bytes are signed, id\.time\.body with a body of 21") as caught:
        prove(replace(delivery(), body=BODY + b" "))
    assert SHARED.reveal() not in str(caught.value)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_every_header_is_needed(missing: str) -> None:
    sent = delivery()
    with pytest.raises(BadSignature, match=missing):
        prove(replace(sent, headers={name: text for name, text in sent.headers.items() if name != missing}))


@pytest.mark.parametrize("time", ["soon", "1614265330.9", " 1614265330", "-1", "²", "1" * 17, "1_614_265_330"])
def test_a_time_is_digits(time: str) -> None:
    with pytest.raises(BadSignature):
        prove(delivery(webhook_timestamp=time))


def test_an_id_with_a_dot_could_hide_where_the_time_begins() -> None:
    with pytest.raises(BadSignature):
        prove(delivery(webhook_id="msg.1"))
    with pytest.raises(ValueError, match="no dot"):
        sign(SHARED, "msg.1", AT, BODY)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_are_tolerated(seconds: int) -> None:
    prove(delivery(), at=AT + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_more_are_not(seconds: int) -> None:
    with pytest.raises(StaleDelivery):
        prove(delivery(), at=AT + timedelta(seconds=seconds))


@pytest.mark.parametrize("text", ["", "whsec_", "whpk_", "whpk_AAAA", "whsec_!!", "whsk_AAAA"])
def test_a_secret_that_is_none_proves_nothing(text: str) -> None:
    with pytest.raises(BadSignature):
        prove(delivery(f"{V1} {V1A}"), Secret(text))


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_!!", "whsk_AAAA", PUBLIC.reveal()])
def test_a_secret_that_is_none_signs_nothing(text: str) -> None:
    with pytest.raises(SettingsError):
        sign(Secret(text), ID, AT, BODY)


def test_either_of_two_secrets_will_do_while_they_rotate() -> None:
    prove(delivery(), PUBLIC, Secret("whsec_AAAA"), SHARED)


def test_unpadded_secrets_are_taken() -> None:
    secret = Secret("whsec_" + "QUJD" * 8 + "QQ")
    prove(delivery(sign(secret, ID, AT, BODY)), secret)


def test_older_services_name_their_headers_otherwise() -> None:
    verifier = read(header_prefix="svix-")
    unsigned = replace(delivery(), headers={"svix-id": ID})
    sent = replace(unsigned, headers=verifier.sign(unsigned, SHARED, {}))
    verifier.verify(sent, [SHARED], AT, {})
    with pytest.raises(BadSignature):
        prove(sent)


@given(body=st.binary(), key=st.binary(min_size=24, max_size=64))
def test_what_was_signed_is_proved_whatever_the_bytes(body: bytes, key: bytes) -> None:
    secret = Secret("whsec_" + base64.b64encode(key).decode())
    verifier, unsigned = read(), replace(delivery(), body=body)
    verifier.verify(replace(unsigned, headers=verifier.sign(unsigned, secret, {})), [secret], AT, {})


@given(text=st.text(), secret=st.sampled_from([SHARED, PUBLIC, PRIVATE]), name=st.sampled_from(["id", "signature"]))
def test_no_header_is_more_than_a_refusal(text: str, secret: Secret, name: str) -> None:
    with pytest.raises(DeliveryError):
        prove(delivery(**{f"webhook-{name}": text}), secret)


@given(text=st.text(max_size=90))
def test_no_secret_is_more_than_a_refusal(text: str) -> None:
    with pytest.raises(BadSignature):
        prove(delivery(f"{V1} {V1A}"), Secret(text))
