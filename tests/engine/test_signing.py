"""What is not proved costs the same work whatever is missing. Work is counted, not timed: times prove nothing here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import pytest

from runner.components.verifiers.base import Verifier
from runner.components.verifiers.hmac import Hmac
from runner.engine.signing import prove
from runner.errors import BadSignature
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
