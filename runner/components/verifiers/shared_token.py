"""A header that holds the secret itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.verifiers.base import Verifier
from runner.components.verifiers.proof import SecretName, any_equal, usable
from runner.errors import BadSignature
from runner.model.event import Delivery
from runner.model.secret import Secret


class SharedToken(Verifier):
    """A header that holds the secret itself, compared in constant time. It signs nothing: not the body, not the time.

    Google sends back the token that was given when the channel was opened:

        verify: {type: shared_token, header: X-Goog-Channel-Token, secret: subscription.secret}

    `prefix` is what stands before it (`Bearer `). The header is not stored.
    """

    example: ClassVar[str] = "{type: shared_token, header: X-Goog-Channel-Token, secret: settings.webhook_token}"
    type: Literal["shared_token"] = Field(description="A header that holds the secret itself.")
    header: str = Field(description="The header.", examples=["X-Goog-Channel-Token"])
    prefix: str = Field("", description="What stands before the secret.", examples=["Bearer "])
    secret: SecretName = Field(description="Where the secret is.")

    @property
    def secret_name(self) -> str:
        return self.secret

    @property
    def secret_headers(self) -> frozenset[str]:
        return frozenset({self.header.lower()})

    @property
    def covers_body(self) -> bool:
        return False

    def proof_headers(self, app: Mapping[str, Any]) -> tuple[str, ...]:
        return (self.header,)

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime, app: Mapping[str, Any]) -> None:
        expected = [self._value(secret).encode() for secret in usable(secrets, self.secret, delivery.connector)]
        given = delivery.headers.get(self.header.lower())
        if not given:
            raise BadSignature(f"there is no header {self.header}")
        if not any_equal([given.encode("utf-8", "surrogateescape")], expected):
            raise BadSignature(
                f"the token in the header {self.header}, of {len(given)} characters, is wrong "
                f"(compare {self.secret} with what {delivery.connector} holds)"
            )

    def sign(self, delivery: Delivery, secret: Secret, app: Mapping[str, Any]) -> dict[str, str]:
        return {self.header: self._value(secret)}

    def _value(self, secret: Secret) -> str:
        return self.prefix + secret.reveal()
