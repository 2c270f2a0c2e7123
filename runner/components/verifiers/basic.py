"""HTTP Basic: a name and a password in the header Authorization (RFC 7617)."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.verifiers.base import Verifier
from runner.components.verifiers.chosen import chosen
from runner.components.verifiers.proof import SecretName, any_equal, decoded, usable
from runner.errors import BadSignature
from runner.mapping.template import Template
from runner.model.event import Delivery
from runner.model.secret import Secret

HEADER = "Authorization"


class BasicWebhook(Verifier):
    """HTTP Basic: the partner sends the name and the password that it was given, compared in constant time.

    It signs nothing: not the body, not the time.

        verify: {type: basic, username: runner, secret: subscription.secret}

    The header is not stored.
    """

    example: ClassVar[str] = "{type: basic, username: runner, secret: app.webhook_password}"
    type: Literal["basic"] = Field(description="HTTP Basic (RFC 7617).")
    username: Template = Field(description="The name.", examples=["runner"])
    secret: SecretName = Field(description="Where the password is.")

    @property
    def secret_name(self) -> str:
        return self.secret

    @property
    def secret_headers(self) -> frozenset[str]:
        return frozenset({HEADER.lower()})

    @property
    def covers_body(self) -> bool:
        return False

    def proof_headers(self, app: Mapping[str, Any]) -> tuple[str, ...]:
        return (HEADER,)

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime, app: Mapping[str, Any]) -> None:
        keys = usable(secrets, self.secret, delivery.connector)
        scheme, _, text = delivery.headers.get(HEADER.lower(), "").partition(" ")
        given = decoded(text.strip()) if scheme.lower() == "basic" else None
        if given is None:
            raise BadSignature(f"there is no name and password in the header {HEADER}")
        if not any_equal([given], [self._pair(key, app) for key in keys]):
            raise BadSignature(
                f"the name or the password in the header {HEADER} is wrong, {len(given)} bytes together "
                f"(compare `{self.username}` and {self.secret} with what {delivery.connector} holds)"
            )

    def sign(self, delivery: Delivery, secret: Secret, app: Mapping[str, Any]) -> dict[str, str]:
        return {HEADER: f"Basic {base64.b64encode(self._pair(secret, app)).decode()}"}

    def _pair(self, secret: Secret, app: Mapping[str, Any]) -> bytes:
        return f"{chosen(self.username, app)}:{secret.reveal()}".encode()
