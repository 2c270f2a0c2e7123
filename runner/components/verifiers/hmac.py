"""A keyed hash over the delivery, sent in a header (RFC 2104)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from runner.components.block import Block, Duration
from runner.components.verifiers.base import Verifier
from runner.components.verifiers.signed import signed_bytes
from runner.errors import BadSignature, MappingError, StaleDelivery
from runner.mapping.template import Template
from runner.model.event import Delivery
from runner.model.secret import Secret

DIGESTS = ("sha1", "sha256", "sha512")
ENCODINGS = ("hex", "base64")
MOST_SIGNATURES = 20


class Timestamp(Block):
    """When the partner signed, so that an old delivery cannot be sent again by someone else.

    timestamp: {header: Api-Timestamp, unit: s, tolerance: 5m}
    """

    header: str = Field(description="The header that holds the time.", examples=["Api-Timestamp"])
    unit: Literal["s", "ms"] = Field("s", description="Unix seconds or milliseconds.")
    tolerance: Duration = Field(
        "5m", validate_default=True, description="How far from now it may lie, before or after.", examples=["5m"]
    )


class Hmac(Verifier):
    """A keyed hash over the delivery, sent in a header.

    The partner sends `X-Jobber-Hmac-SHA256: +PXo5mRPCuHqX3CePBACS8afHQPY9rXzPlp9AG/a8BI=`, which is the base64 of the
    HMAC-SHA256 of the raw body with the app's client secret:

        verify:
          type: hmac
          header: X-Jobber-Hmac-SHA256
          digest: sha256
          encoding: base64
          secret: app.client_secret

    `signs` says what is hashed, when it is more than the body: `"{{ timestamp }}.{{ raw_body }}"`. It may read
    `raw_body`, `method`, `url`, `id`, `timestamp` and `header['X-Name']`. `prefix` is what stands before the signature
    (`sha256=`), `separator` what stands between several. What the partner's documents leave open can be the operator's
    to set: `header: "{{ app.webhook_header }}"`.
    """

    example: ClassVar[str] = (
        "{type: hmac, header: X-Jobber-Hmac-SHA256, digest: sha256, encoding: base64, secret: app.client_secret}"
    )
    type: Literal["hmac"] = Field(description="A keyed hash over the delivery.")
    header: Template = Field(description="The header with the signature.", examples=["X-Hub-Signature-256"])
    digest: Template = Field("sha256", validate_default=True, description="`sha1`, `sha256` or `sha512`.")
    encoding: Template | list[Template] = Field(
        "hex", validate_default=True, description="`hex` or `base64`, or a list of both where either may come."
    )
    prefix: str = Field("", description="What stands before the signature.", examples=["sha256="])
    separator: str | None = Field(None, description="What stands between several signatures.", examples=[","])
    signs: Template = Field("{{ raw_body }}", validate_default=True, description="What is hashed.")
    id: str | None = Field(None, description="The header that holds the `id` of the delivery.")
    timestamp: Timestamp | None = Field(None, description="When the partner signed.")
    secret: str = Field(
        pattern=r"^[a-z_]+(\.[a-z_][a-z0-9_]*)+$", description="Where the secret is.", examples=["app.client_secret"]
    )

    @field_validator("digest")
    @classmethod
    def _knows_digest(cls, value: Template) -> Template:
        return _one_of(value, DIGESTS)

    @field_validator("encoding")
    @classmethod
    def _knows_encoding(cls, value: Template | list[Template]) -> Template | list[Template]:
        for part in value if isinstance(value, list) else [value]:
            _one_of(part, ENCODINGS)
        return value

    @property
    def secret_name(self) -> str:
        return self.secret

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime, app: Mapping[str, Any]) -> None:
        keys = [secret for secret in secrets if secret]
        if not keys:
            raise BadSignature(f"no secret to check {delivery.connector} with (set {self.secret})")
        given = list(self._given(delivery, app))
        expected = [text for key in keys for text in self._expected(delivery, key, app)]
        # no early end: the time taken does not tell which secret or encoding was near
        if not sum(hmac.compare_digest(text, sent) for text in expected for sent in given):
            raise BadSignature(f"the signature is wrong (compare {self.secret} with what {delivery.connector} holds)")
        self._check_age(delivery, now)

    def sign(self, delivery: Delivery, secret: Secret, app: Mapping[str, Any]) -> dict[str, str]:
        first = next(iter(self._expected(delivery, secret, app))).decode()
        return {self._text(self.header, app): self.prefix + first}

    def _given(self, delivery: Delivery, app: Mapping[str, Any]) -> Iterator[bytes]:
        name = self._text(self.header, app)
        value = delivery.headers.get(name.lower(), "")
        parts = value.split(self.separator, MOST_SIGNATURES) if self.separator else [value]
        found = [part.strip() for part in parts[:MOST_SIGNATURES] if part.strip().startswith(self.prefix)]
        if not any(text[len(self.prefix) :] for text in found):
            raise BadSignature(f"there is no signature in the header {name}")
        hexadecimal = "hex" in self._encodings(app)
        for text in found:
            sent = text[len(self.prefix) :].encode("utf-8", "surrogateescape")
            yield sent
            if hexadecimal and sent != sent.lower():
                yield sent.lower()

    def _expected(self, delivery: Delivery, key: Secret, app: Mapping[str, Any]) -> Iterator[bytes]:
        digest = self._text(self.digest, app)
        if digest not in DIGESTS:
            raise BadSignature(f"the digest is not one of {', '.join(DIGESTS)} (set `{self.digest}`)")
        try:
            message = signed_bytes(self.signs, delivery, self._header(delivery, self.timestamp), self._id(delivery))
        except MappingError as error:
            raise BadSignature(f"the delivery lacks what is signed: {error}") from None
        made = hmac.digest(key.reveal().encode(), message, digest)
        for encoding in self._encodings(app):
            yield made.hex().encode() if encoding == "hex" else base64.b64encode(made)

    def _encodings(self, app: Mapping[str, Any]) -> list[str]:
        declared = self.encoding if isinstance(self.encoding, list) else [self.encoding]
        words = [word for part in declared for word in self._text(part, app).replace(",", " ").split()]
        if not words or any(word not in ENCODINGS for word in words):
            raise BadSignature(f"the encoding is not one of {', '.join(ENCODINGS)} (set `{declared[0]}`)")
        return words

    @staticmethod
    def _text(template: Template, app: Mapping[str, Any]) -> str:
        if not template.names and "{" not in template.text:
            return template.text
        try:
            return str(template.render({"app": app}))
        except MappingError as error:
            raise BadSignature(f"the check is not set up: {error}") from None

    def _id(self, delivery: Delivery) -> str | None:
        return delivery.headers.get(self.id.lower()) if self.id else None

    @staticmethod
    def _header(delivery: Delivery, timestamp: Timestamp | None) -> str | None:
        return delivery.headers.get(timestamp.header.lower()) if timestamp else None

    def _check_age(self, delivery: Delivery, now: datetime) -> None:
        if self.timestamp is None:
            return
        text = self._header(delivery, self.timestamp) or ""
        if not (text.isascii() and text.isdigit() and len(text) <= 16):
            raise BadSignature(f"the header {self.timestamp.header} does not hold a time in unix {self.timestamp.unit}")
        age = abs(now.timestamp() - int(text) / (1000 if self.timestamp.unit == "ms" else 1))
        if age > self.timestamp.tolerance.total_seconds():
            raise StaleDelivery(
                f"signed {age:.0f} s from now (the tolerance is {self.timestamp.tolerance.total_seconds():.0f} s; "
                "check this machine's clock)"
            )


def _one_of(value: Template, words: tuple[str, ...]) -> Template:
    if not value.names and value.text not in words:
        problem = {"message": f"`{value.text}` is not known", "remedy": f"use one of: {', '.join(words)}"}
        raise PydanticCustomError("wrong-value", "{message}", problem)
    return value
