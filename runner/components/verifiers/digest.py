"""A plain hash over the secret and the delivery, sent in a header."""

from __future__ import annotations

import hashlib
from typing import ClassVar, Literal

from pydantic import Field

from runner.components.verifiers.signature import Hash, Signature


class Digest(Signature):
    """A plain hash over the secret and then the delivery, sent in a header: older than `hmac`, and weaker.

    HubSpot's first version sends the SHA-256 of the app's client secret and the body, in hex:

        verify: {type: digest, header: X-HubSpot-Signature, secret: app.client_secret}

    The options are those of `hmac`. Where the partner also sends a keyed hash, verify that one.
    """

    example: ClassVar[str] = "{type: digest, header: X-HubSpot-Signature, secret: app.client_secret}"
    type: Literal["digest"] = Field(description="A plain hash over the secret and the delivery.")

    def keyed(self, key: bytes, digest: str) -> Hash:
        return lambda message: hashlib.new(digest, key + message, usedforsecurity=False).digest()
