"""A keyed hash over some headers in a fixed order, as the Ruby gem api_auth makes it (https://github.com/mgomes/api_auth)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from runner.components.block import Block, Duration, refusal
from runner.components.verifiers.base import Verifier
from runner.components.verifiers.chosen import DIGESTS, Digest, Encoding, chosen, chosen_word
from runner.components.verifiers.proof import ENCODINGS, SecretName, any_equal, encoded, usable
from runner.components.verifiers.signed import signed_bytes
from runner.components.verifiers.timestamp import check_age
from runner.errors import BadSignature, MappingError
from runner.mapping.template import Template
from runner.model.event import Delivery
from runner.model.secret import Secret

GROUP = "signature"
MOST_HEADER = 1000


class BodyHash(Block):
    """A header that holds the hash of the body, by which the signature of headers covers it.

    body_hash: {header: Content-MD5, digest: md5, encoding: base64}
    """

    header: str = Field(description="The header.", examples=["Content-MD5"])
    digest: Literal["md5", "sha1", "sha256", "sha512"] = Field("md5", description="The hash.")
    encoding: Literal["hex", "base64", "base64url"] = Field("base64", description="How it is written.")

    def of(self, body: bytes) -> bytes:
        return encoded(hashlib.new(self.digest, body, usedforsecurity=False).digest(), self.encoding)


class SignedDate(Block):
    """A header that holds the time of signing as HTTP writes it (RFC 9110): `Mon, 04 May 2026 15:20:11 GMT`.

    date: {header: Date, tolerance: 15m}
    """

    header: str = Field("Date", description="The header.")
    tolerance: Duration = Field(
        "15m", validate_default=True, description="How far from now it may lie, before or after."
    )

    def check(self, delivery: Delivery, now: datetime) -> None:
        """Raises BadSignature for what is no time, StaleDelivery for one too far from now."""
        try:
            signed = parsedate_to_datetime(delivery.headers.get(self.header.lower(), "")[:MOST_HEADER])
            at = (signed if signed.tzinfo else signed.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            raise BadSignature(f"the header {self.header} does not hold a time as HTTP writes it") from None
        check_age(at, now, self.tolerance)


class CanonicalHeaders(Verifier):
    """A keyed hash over some headers in a fixed order. The body counts through a header that holds its hash.

    The partner sends `Authorization: APIAuth 230293:c2ln...` beside `Content-MD5` and `Date`:

        verify:
          type: canonical_headers
          header: Authorization
          form: "APIAuth [^:]+:(?P<signature>.+)"
          parts: ["{{ header['Content-Type'] }}", "{{ header['Content-MD5'] }}", "{{ path }}", "{{ header['Date'] }}"]
          digest: sha1
          encoding: base64
          body_hash: {header: Content-MD5}
          date: {header: Date, tolerance: 15m}
          secret: app.webhook_key

    `parts` may read what `signs` of `hmac` reads; a header that is missing is blank. `form` is a regular expression
    for the whole header.
    """

    example: ClassVar[str] = """
{type: canonical_headers, header: Authorization, form: "APIAuth [^:]+:(?P<signature>.+)", digest: sha1,
 parts: ["{{ header['Content-MD5'] }}", "{{ path }}", "{{ header['Date'] }}"],
 body_hash: {header: Content-MD5}, date: {header: Date}, secret: app.webhook_key}"""
    type: Literal["canonical_headers"] = Field(description="A keyed hash over some headers.")
    header: Template = Field(description="The header with the signature.", examples=["Authorization"])
    form: str = Field(
        f"(?P<{GROUP}>.+)", validate_default=True, description=f"The form of its value, with a group `{GROUP}`."
    )
    parts: list[Template] = Field(min_length=1, description="What is hashed, in its order.")
    join: str = Field(",", description="What stands between the parts.")
    digest: Digest = Field("sha256", validate_default=True, description="`sha1`, `sha256` or `sha512`.")
    encoding: Encoding = Field("base64", validate_default=True, description="`hex`, `base64` or `base64url`.")
    body_hash: BodyHash = Field(description="The header that holds the hash of the body.")
    date: SignedDate | None = Field(None, description="The header that holds the time of signing.")
    secret: SecretName = Field(description="Where the secret is.")

    @field_validator("form")
    @classmethod
    def _has_group(cls, value: str) -> str:
        try:
            fine = GROUP in re.compile(value).groupindex
        except (re.error, RecursionError, OverflowError):
            fine = False
        if not fine:
            raise refusal(f"it is no regular expression with a group `{GROUP}`", f"write (?P<{GROUP}>.+) into it")
        return value

    @model_validator(mode="after")
    def _covers_its_headers(self) -> CanonicalHeaders:
        read = {name[1].lower() for part in self.parts for name in part.names if name[0] == "header" and len(name) > 1}
        for header in self._counted():
            if header.lower() not in read:
                raise refusal(f"`parts` does not hold {header}", f"add \"{{{{ header['{header}'] }}}}\" to `parts`")
        return self

    @property
    def secret_name(self) -> str:
        return self.secret

    @property
    def notices_age(self) -> bool:
        return self.date is not None

    def proof_headers(self, app: Mapping[str, Any]) -> tuple[str, ...]:
        return (chosen(self.header, app), *self._counted())

    def _counted(self) -> list[str]:
        return [self.body_hash.header, *([self.date.header] if self.date else [])]

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime, app: Mapping[str, Any]) -> None:
        keys = usable(secrets, self.secret, delivery.connector)
        name = chosen(self.header, app)
        found = re.fullmatch(self.form, delivery.headers.get(name.lower(), "")[:MOST_HEADER])
        if not found or not found[GROUP]:
            raise BadSignature(f"there is no signature in the header {name}")
        given = found[GROUP].encode("utf-8", "surrogateescape")
        if not any_equal([given], [self._expected(delivery, key, app) for key in keys]):
            raise BadSignature(self._why(delivery, app))
        hashed = delivery.headers.get(self.body_hash.header.lower(), "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(hashed, self.body_hash.of(delivery.body)):
            raise BadSignature(f"the header {self.body_hash.header} is not the hash of the body")
        if self.date is not None:
            self.date.check(delivery, now)

    def sign(self, delivery: Delivery, secret: Secret, app: Mapping[str, Any]) -> dict[str, str]:
        """The header's value holds the signature alone: what stands around it only the partner knows."""
        headers = {self.body_hash.header: self.body_hash.of(delivery.body).decode()}
        if self.date is not None:
            headers[self.date.header] = format_datetime(delivery.received_at.astimezone(UTC), usegmt=True)
        lowered = {name.lower(): value for name, value in headers.items()}
        whole = Delivery(
            delivery.connector,
            delivery.method,
            delivery.url,
            {**delivery.headers, **lowered},
            delivery.body,
            delivery.received_at,
        )
        return {**headers, chosen(self.header, app): self._expected(whole, secret, app).decode()}

    def _expected(self, delivery: Delivery, secret: Secret, app: Mapping[str, Any]) -> bytes:
        digest = chosen_word(self.digest, app, DIGESTS, "digest")
        encoding = chosen_word(self.encoding, app, ENCODINGS, "encoding")
        return encoded(hmac.digest(secret.reveal().encode(), self._message(delivery), digest), encoding)

    def _message(self, delivery: Delivery) -> bytes:
        try:
            return self.join.encode().join(signed_bytes(part, delivery, blank=True) for part in self.parts)
        except MappingError as error:
            raise BadSignature(f"the delivery lacks what is signed: {error}") from None

    def _why(self, delivery: Delivery, app: Mapping[str, Any]) -> str:
        return (
            f"the signature is wrong: hmac {chosen(self.digest, app)} in {chosen(self.encoding, app)} over "
            f"{len(self._message(delivery))} bytes of {len(self.parts)} parts, in {chosen(self.header, app)} "
            f"(compare {self.secret} with what {delivery.connector} holds)"
        )
