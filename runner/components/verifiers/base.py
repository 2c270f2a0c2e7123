"""What a verifier is: it decides, on raw bytes, whether a delivery comes from the partner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from runner.components.block import Block
from runner.model.event import Delivery
from runner.model.secret import Secret


class Verifier(Block):
    """How a delivery proves that it comes from the partner."""

    @property
    def secret_name(self) -> str:
        """Where the secret is: `app.client_secret`, `settings.webhook_secret`..."""
        raise NotImplementedError

    @property
    def secret_headers(self) -> frozenset[str]:
        """The headers, in lower case, that hold the secret itself and not a proof of it: they are not stored."""
        return frozenset()

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime, app: Mapping[str, Any]) -> None:
        """Return when one of the secrets proves the delivery. `app` is what templates of the block read.

        Raises BadSignature, or StaleDelivery when the proof is right but old. Without a secret nothing is proved.
        """
        raise NotImplementedError

    def sign(self, delivery: Delivery, secret: Secret, app: Mapping[str, Any]) -> dict[str, str]:
        """The headers that the partner would send with this delivery: for the vector of a connector and for tests."""
        raise NotImplementedError
