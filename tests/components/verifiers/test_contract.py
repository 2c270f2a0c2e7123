"""What every type of verifier keeps to, shown with its own example."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from runner.components.block import adapter
from runner.components.catalog import VERIFIERS
from runner.components.verifiers.base import Verifier
from runner.errors import BadSignature, DeliveryError, StaleDelivery
from runner.model.event import Delivery
from runner.model.secret import Secret

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)
KEY, OTHER = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Secret("whsec_NfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
TIMED = "{type: hmac, header: X-S, secret: app.k, signs: '{{ timestamp }}{{ raw_body }}', timestamp: {header: X-T}}"
EXAMPLES: dict[str, Verifier] = {
    word: adapter(VERIFIERS).validate_python(yaml.safe_load(text))
    for word, text in {**{word: made.example for word, made in VERIFIERS.choices().items()}, "timed": TIMED}.items()
}
PROVING = {word: made for word, made in EXAMPLES.items() if made.secret_name is not None}
AROUND = {"canonical_headers": "APIAuth 5:"}
"""What a partner writes before the signature, where only it knows."""


def signed(word: str, body: bytes = b"{}") -> Delivery:
    sent = {"x-t": str(int(NOW.timestamp()))}
    unsigned = Delivery("acme", "POST", "https://runner.example/webhooks/acme", sent, body, NOW)
    made = EXAMPLES[word].sign(unsigned, KEY, {})
    made |= {"Authorization": AROUND[word] + made["Authorization"]} if word in AROUND else {}
    return replace(unsigned, headers={**sent, **{name.lower(): value for name, value in made.items()}})


def prove(word: str, delivery: Delivery, *secrets: Secret, at: datetime = NOW) -> None:
    EXAMPLES[word].verify(delivery, secrets, at, {})


@pytest.mark.parametrize("word", EXAMPLES)
def test_what_it_signs_it_proves(word: str) -> None:
    prove(word, signed(word), KEY)


@pytest.mark.parametrize("word", PROVING)
def test_either_secret_proves_while_they_change(word: str) -> None:
    prove(word, signed(word), OTHER, KEY)


@pytest.mark.parametrize("word", PROVING)
def test_no_secret_and_a_wrong_one_prove_nothing(word: str) -> None:
    for secrets in ((), (Secret(""),), (OTHER,)):
        with pytest.raises(BadSignature) as caught:
            prove(word, signed(word), *secrets)
        assert KEY.reveal() not in str(caught.value)
        assert OTHER.reveal() not in str(caught.value)


@pytest.mark.parametrize("word", PROVING)
def test_every_header_of_the_proof_is_needed(word: str) -> None:
    sent = signed(word)
    assert EXAMPLES[word].proof_headers({})
    for name in EXAMPLES[word].proof_headers({}):
        rest = {key: text for key, text in sent.headers.items() if key != name.lower()}
        with pytest.raises(BadSignature):
            prove(word, replace(sent, headers=rest), KEY)


@pytest.mark.parametrize("word", EXAMPLES)
def test_it_notices_an_altered_body_when_it_says_so(word: str) -> None:
    altered = replace(signed(word), body=b"{} ")
    if EXAMPLES[word].covers_body:
        with pytest.raises(BadSignature):
            prove(word, altered, KEY)
    else:
        prove(word, altered, KEY)


@pytest.mark.parametrize("word", EXAMPLES)
def test_it_notices_that_it_comes_late_when_it_says_so(word: str) -> None:
    later = NOW + timedelta(days=1)
    if EXAMPLES[word].notices_age:
        with pytest.raises(StaleDelivery):
            prove(word, signed(word), KEY, at=later)
    else:
        prove(word, signed(word), KEY, at=later)


@given(
    word=st.sampled_from(sorted(PROVING)),
    values=st.lists(st.text(), min_size=4, max_size=4),
    body=st.binary(),
    url=st.text(),
)
def test_no_request_whatsoever_is_more_than_a_refusal(word: str, values: list[str], body: bytes, url: str) -> None:
    names = [name.lower() for name in EXAMPLES[word].proof_headers({})]
    headers: dict[str, Any] = dict(zip(names, values, strict=False))
    sent = Delivery("acme", "POST", f"https://runner.example/webhooks/acme?{url}", headers, body, NOW)
    with pytest.raises(DeliveryError):
        prove(word, sent, KEY)
