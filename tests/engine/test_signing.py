"""What is not proved costs the same work whatever is missing. Work is counted, not timed: times prove nothing here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import pytest

from runner.components.verifiers.base import Verifier
from runner.components.verifiers.hmac import Hmac
from runner.engine.signing import prove, vouch
from runner.engine.voucher import Voucher
from runner.errors import BadSignature, StaleDelivery
from runner.model.event import Delivery
from runner.model.secret import Secret
from tests.store.conftest import NOW

DELIVERY = Delivery("x", "POST", "https://x/webhooks/x", {"x-sig": "ab" * 32}, b"body", NOW)


class Counting(Hmac):
    """HMAC that notes what it hashes."""

    hashes: list[tuple[int, bytes]] = []

    def hashed(self, key: bytes, message: bytes, digest: str) -> bytes:
        self.hashes.append((len(key), message))
        return super().hashed(key, message, digest)


class Gullible(Verifier):
    """Takes any secret for the right one."""

    type: Literal["gullible"] = "gullible"

    @property
    def secret_name(self) -> str:
        return "app.key"

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime, app: Mapping[str, Any]) -> None:
        assert secrets


@pytest.fixture
def verify() -> Iterator[Counting]:
    made = Counting.model_validate({"type": "hmac", "header": "X-Sig", "secret": "app.key"})
    made.hashes.clear()
    yield made
    made.hashes.clear()


@pytest.mark.parametrize("secrets", [[], [Secret("")], [Secret("k" * 64)]])
def test_without_a_secret_the_work_is_that_of_a_wrong_signature(verify: Counting, secrets: list[Secret]) -> None:
    with pytest.raises(BadSignature):
        prove(verify, DELIVERY, secrets, NOW, {})
    assert verify.hashes == [(64, b"body")]


def test_without_a_secret_nothing_passes_not_even_what_would() -> None:
    with pytest.raises(BadSignature, match=r"no secret to check x with \(set app\.key\)"):
        prove(Gullible(), DELIVERY, [], NOW, {})
    prove(Gullible(), DELIVERY, [Secret("set")], NOW, {})


class Dated(Gullible):
    """Takes a secret for right, and the delivery for old, by the secret's own text."""

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime, app: Mapping[str, Any]) -> None:
        if app["heard"].append(secrets[0].reveal()) or secrets[0].reveal() == "wrong":
            raise BadSignature("wrong")
        if secrets[0].reveal() == "old":
            raise StaleDelivery("old")


def vouchers(*secrets: str) -> list[Voucher]:
    heard: list[str] = []
    return [Voucher(frozenset({f"{n}"}), (Secret(text),), {"heard": heard}) for n, text in enumerate(secrets)]


@pytest.mark.parametrize(
    ("secrets", "proved"),
    [(["good", "wrong"], {"0"}), (["wrong", "good", "old"], {"1"}), (["good", "wrong", "good"], {"0", "2"})],
)
def test_what_is_proved_is_good_for_those_whose_secret_proved_it(secrets: list[str], proved: set[str]) -> None:
    known = vouchers(*secrets)
    assert vouch(Dated(), DELIVERY, known, NOW) == proved
    assert known[0].app["heard"] == secrets
    everywhere = Voucher(None, (Secret("good"),), known[0].app)
    assert vouch(Dated(), DELIVERY, [*known, everywhere], NOW) is None


@pytest.mark.parametrize("secrets", [["wrong", "old"], ["old", "wrong"]])
def test_a_proof_that_is_right_but_old_is_told_from_a_wrong_one(secrets: list[str]) -> None:
    with pytest.raises(StaleDelivery):
        vouch(Dated(), DELIVERY, vouchers(*secrets), NOW)
    with pytest.raises(BadSignature):
        vouch(Dated(), DELIVERY, vouchers("wrong", "wrong"), NOW)
