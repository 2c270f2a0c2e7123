"""A hash over the delivery and a secret, sent in a header: what `hmac` and `digest` have in common."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, field_validator

from runner.components.verifiers.base import Check, Verifier
from runner.components.verifiers.chosen import DIGESTS, Digest, chosen, chosen_word, chosen_words, known_word
from runner.components.verifiers.proof import ENCODINGS, SecretName, any_equal, encoded, usable
from runner.components.verifiers.signed import BODY_ALONE, signed_bytes
from runner.components.verifiers.timestamp import Timestamp
from runner.errors import BadSignature, MappingError
from runner.mapping.template import Template
from runner.model.event import Delivery
from runner.model.secret import Secret

MOST_SIGNATURES = 20
Hash = Callable[[bytes], bytes]
"""The hash of a message with one secret."""


@dataclass(frozen=True)
class _Terms:
    """What the file says, with the operator's values in it."""

    header: str
    digest: str
    encodings: list[str]

    @cached_property
    def name(self) -> str:
        """The header as deliveries have it, in lower case."""
        return self.header.lower()


class Signature(Verifier):
    """A hash over the delivery and a secret, sent in a header."""

    header: Template = Field(description="The header with the signature.", examples=["X-Hub-Signature-256"])
    digest: Digest = Field("sha256", validate_default=True, description="`sha1`, `sha256` or `sha512`.")
    encoding: Template | list[Template] = Field(
        "hex",
        validate_default=True,
        description="`hex`, `base64` or `base64url`, or a list of them where either may come.",
    )
    prefix: str = Field("", description="What stands before the signature.", examples=["sha256="])
    separator: str | None = Field(
        None, min_length=1, description="What stands between several signatures.", examples=[","]
    )
    signs: Template | list[Template] = Field(
        "{{ raw_body }}", validate_default=True, description="What is hashed; a list where it has several readings."
    )
    id: str | None = Field(None, description="The header that holds the `id` of the delivery.")
    timestamp: Timestamp | None = Field(None, description="When the partner signed.")
    secret: SecretName = Field(description="Where the secret is.")
    key: Literal["text", "base64", "hex"] = Field(
        "text", description="`base64` or `hex` where the secret that they show stands for bytes."
    )

    @field_validator("encoding")
    @classmethod
    def _knows_encoding(cls, value: Template | list[Template]) -> Template | list[Template]:
        for part in value if isinstance(value, list) else [value]:
            known_word(part, ENCODINGS)
        return value

    @property
    def secret_name(self) -> str:
        return self.secret

    @property
    def notices_age(self) -> bool:
        return self.timestamp is not None

    def proof_headers(self, app: Mapping[str, Any]) -> tuple[str, ...]:
        more = [self.timestamp.header] if self.timestamp else []
        more += [self.id] if self.id else []
        return tuple(dict.fromkeys([chosen(self.header, app), *more]))

    def keyed(self, key: bytes, digest: str) -> Hash:
        """What hashes messages with a secret."""
        raise NotImplementedError

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime, app: Mapping[str, Any]) -> None:
        self.ready(secrets, app)(delivery, now)

    def ready(self, secrets: Sequence[Secret], app: Mapping[str, Any]) -> Check:
        terms = self._terms(app)
        hashes = [self.keyed(self._key(secret), terms.digest) for secret in secrets if secret]

        def check(delivery: Delivery, now: datetime) -> None:
            if not hashes:
                usable(secrets, self.secret, delivery.connector)
            given = self._given(delivery, terms)
            messages = self._messages(delivery)
            if not any_equal(given, _expected(messages, hashes, terms)):
                raise BadSignature(self._why(delivery, terms))
            if self.timestamp is not None:
                self.timestamp.check(delivery, now)

        return check

    def sign(self, delivery: Delivery, secret: Secret, app: Mapping[str, Any]) -> dict[str, str]:
        """Signed at the time of arrival, where a time is signed and none is there. A header that holds the time as well
        holds both, as in `t=1700000000,v1=77b8...`."""
        terms, told, dated = self._terms(app), self.timestamp, {}
        if told is not None and told.header.lower() not in delivery.headers:
            dated = {told.header: told.written(delivery.received_at)}
        before = {**delivery.headers, **{name.lower(): value for name, value in dated.items()}}
        messages = self._messages(replace(delivery, headers=before))
        hashed = self.keyed(self._key(secret), terms.digest)
        proof = self.prefix + _expected(messages, [hashed], terms)[0].decode()
        if told is not None and told.prefix and told.header.lower() == terms.name:
            proof = f"{before[told.header.lower()]}{told.separator}{proof}"
        return {**dated, terms.header: proof}

    def _terms(self, app: Mapping[str, Any]) -> _Terms:
        digest = chosen_word(self.digest, app, DIGESTS, "digest")
        declared = self.encoding if isinstance(self.encoding, list) else [self.encoding]
        return _Terms(chosen(self.header, app), digest, chosen_words(declared, app, ENCODINGS, "encoding"))

    def _given(self, delivery: Delivery, terms: _Terms) -> list[bytes]:
        value, cut = delivery.headers.get(terms.name, ""), len(self.prefix)
        parts = value.split(self.separator, MOST_SIGNATURES)[:MOST_SIGNATURES] if self.separator else [value]
        found = [text[cut:] for part in parts if (text := part.strip()).startswith(self.prefix)]
        if not any(found):
            raise BadSignature(f"there is no signature in the header {terms.header}")
        sent = [text.encode("utf-8", "surrogateescape") for text in found]
        if "hex" in terms.encodings:
            sent += [text.lower() for text in sent if text != text.lower()]
        return sent

    def _messages(self, delivery: Delivery) -> list[bytes]:
        if self._signs_body_alone:
            return [delivery.body]
        timestamp = self.timestamp.text(delivery) if self.timestamp else None
        message_id = delivery.headers.get(self.id.lower()) if self.id else None
        try:
            return [signed_bytes(signs, delivery, timestamp, message_id) for signs in self._readings()]
        except MappingError as error:
            raise BadSignature(f"the delivery lacks what is signed: {error}") from None

    @cached_property
    def _signs_body_alone(self) -> bool:
        return not isinstance(self.signs, list) and self.signs.text == BODY_ALONE

    def _readings(self) -> list[Template]:
        return self.signs if isinstance(self.signs, list) else [self.signs]

    def _key(self, secret: Secret) -> bytes:
        text = secret.reveal()
        try:
            if self.key == "hex":
                return bytes.fromhex(text)
            return base64.b64decode(text, validate=True) if self.key == "base64" else text.encode()
        except (ValueError, binascii.Error):
            raise BadSignature(f"the secret is not {self.key} (set {self.secret})") from None

    def _why(self, delivery: Delivery, terms: _Terms) -> str:
        """What was compared with what, and nothing of the secret."""
        sizes = " or ".join(str(len(message)) for message in dict.fromkeys(self._messages(delivery)))
        return (
            f"the signature is wrong: {self.type} {terms.digest} in {' or '.join(terms.encodings)} "  # type: ignore[attr-defined]  # each type names itself
            f"over {sizes} bytes, with a body of {len(delivery.body)}, in the header {terms.header} "
            f"(compare {self.secret} with what {delivery.connector} holds)"
        )


def _expected(messages: list[bytes], hashes: list[Hash], terms: _Terms) -> list[bytes]:
    """What the header may say."""
    made = [hashed(message) for hashed in hashes for message in messages]
    return [encoded(one, encoding) for one in made for encoding in terms.encodings]
