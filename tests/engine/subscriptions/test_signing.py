"""What is not proved costs the same work whatever is missing. Work is counted, not timed: times prove nothing here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import pytest

from runner.components.verifiers.base import Verifier
from runner.components.verifiers.hmac import Hmac
from runner.components.verifiers.signature import Hash
from runner.engine.subscriptions.signing import prover
from runner.engine.voucher import Voucher, Vouchers
from runner.errors import BadSignature, StaleDelivery
from runner.model.event import Delivery
from runner.model.secret import Secret
from tests.store.conftest import NOW

DELIVERY = Delivery("x", "POST", "https://x/webhooks/x", {"x-sig": "ab" * 32}, b"body", NOW)


class Counting(Hmac):
    """HMAC that notes what it hashes."""

    hashes: list[tuple[int, bytes]] = []

    def keyed(self, key: bytes, digest: str) -> Hash:
        hashed = super().keyed(key, digest)

        def counted(message: bytes) -> bytes:
            self.hashes.append((len(key), message))
            return hashed(message)

        return counted


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
        prover(verify, secrets, {})(DELIVERY, NOW)
    assert verify.hashes == [(64, b"body")]


def test_without_a_secret_nothing_passes_not_even_what_would() -> None:
    with pytest.raises(BadSignature, match=r"no secret to check x with \(set app\.key\)"):
        prover(Gullible(), [], {})(DELIVERY, NOW)
    prover(Gullible(), [Secret("set")], {})(DELIVERY, NOW)


def voucher(secret: str, heard: list[str], environments: frozenset[str] | None) -> Voucher:
    """One that takes its secret's own text for what it finds."""

    def check(_: Delivery, __: datetime) -> None:
        heard.append(secret)
        if secret == "wrong":
            raise BadSignature("wrong")
        if secret == "old":
            raise StaleDelivery("old")

    return Voucher(environments, (Secret(secret),), check)


def vouchers(*secrets: str, heard: list[str] | None = None) -> Vouchers:
    told = [] if heard is None else heard
    return Vouchers(tuple(voucher(text, told, frozenset({f"{number}"})) for number, text in enumerate(secrets)))


@pytest.mark.parametrize(
    ("secrets", "proved"),
    [(["good", "wrong"], {"0"}), (["wrong", "good", "old"], {"1"}), (["good", "wrong", "good"], {"0", "2"})],
)
def test_what_is_proved_is_good_for_those_whose_secret_proved_it(secrets: list[str], proved: set[str]) -> None:
    heard: list[str] = []
    known = vouchers(*secrets, heard=heard)
    assert known.vouch(DELIVERY, NOW) == proved
    assert heard == secrets
    assert Vouchers((*known.known, voucher("good", heard, None))).vouch(DELIVERY, NOW) is None


@pytest.mark.parametrize("secrets", [["wrong", "old"], ["old", "wrong"]])
def test_a_proof_that_is_right_but_old_is_told_from_a_wrong_one(secrets: list[str]) -> None:
    with pytest.raises(StaleDelivery):
        vouchers(*secrets).vouch(DELIVERY, NOW)
    with pytest.raises(BadSignature):
        vouchers("wrong", "wrong").vouch(DELIVERY, NOW)


def test_what_the_operator_has_not_set_up_is_told_to_who_asks() -> None:
    open_ended = Hmac.model_validate({"type": "hmac", "header": "{{ app.header }}", "secret": "app.key"})
    check = prover(open_ended, [Secret("set")], {})
    with pytest.raises(BadSignature, match="not set up"):
        check(DELIVERY, NOW)
