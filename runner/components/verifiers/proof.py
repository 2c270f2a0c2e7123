"""What proofs have in common: secrets that are set, bytes written as text, comparisons in constant time."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import Field

from runner.errors import BadSignature
from runner.model.secret import Secret

ENCODINGS = ("hex", "base64", "base64url")
SecretName = Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_][a-z0-9_]*)+$", examples=["app.client_secret"])]


def usable(secrets: Sequence[Secret], name: str, connector: str) -> list[Secret]:
    """The secrets that are set; BadSignature when none is: without a secret nothing is proved."""
    found = [secret for secret in secrets if secret]
    if not found:
        raise BadSignature(f"no secret to check {connector} with (set {name})")
    return found


def any_equal(given: Iterable[bytes], expected: Iterable[bytes]) -> bool:
    """Whether one of the texts given is one of those expected. Every pair is compared in constant time, and there is
    no early end: the time taken does not tell which one was near."""
    sent = list(given)
    equal = 0
    for text in expected:
        for one in sent:
            equal += hmac.compare_digest(text, one)
    return equal > 0


def encoded(made: bytes, encoding: str) -> bytes:
    """The bytes as text of an encoding out of ENCODINGS."""
    if encoding == "hex":
        return made.hex().encode()
    return base64.b64encode(made) if encoding == "base64" else base64.urlsafe_b64encode(made)


def decoded(text: str) -> bytes | None:
    """The bytes that base64 stands for, with or without padding; None when it is no base64."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
