"""What a verifier is: it decides, on raw bytes, whether a delivery comes from the partner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from runner.components.block import Block
from runner.model.event import Delivery
from runner.model.secret import Secret

Check = Callable[[Delivery, datetime], None]
"""`verify` with its secrets and the operator's values."""


class Verifier(Block):
    """How a delivery proves that it comes from the partner."""

    @property
    def secret_name(self) -> str | None:
        """Where the secret is: `app.client_secret`, `settings.webhook_secret`... None: there is none to have."""
        raise NotImplementedError

    @property
    def secret_headers(self) -> frozenset[str]:
        """The headers, in lower case, that hold the secret itself and not a proof of it: they are not stored."""
        return frozenset()

    @property
    def covers_body(self) -> bool:
        """Whether an altered body is noticed."""
        return True

    @property
    def notices_age(self) -> bool:
        """Whether a delivery that is sent again much later is noticed."""
        return False

    def proof_headers(self, app: Mapping[str, Any]) -> tuple[str, ...]:
        """The headers that hold the proof: without one of them, or with another value in it, nothing is proved."""
        raise NotImplementedError

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime, app: Mapping[str, Any]) -> None:
        """Return when one of the secrets proves the delivery. `app` is what templates of the block read.

        Raises BadSignature, or StaleDelivery when the proof is right but old. Without a secret nothing is proved.
        """
        raise NotImplementedError

    def ready(self, secrets: Sequence[Secret], app: Mapping[str, Any]) -> Check:
        """`verify` for many deliveries: what is the same for all is found out once. BadSignature when the operator's
        values do not do."""
        return lambda delivery, now: self.verify(delivery, secrets, now, app)

    def sign(self, delivery: Delivery, secret: Secret, app: Mapping[str, Any]) -> dict[str, str]:
        """The headers that the partner would send with this delivery: for the vector of a connector and for tests."""
        raise NotImplementedError
