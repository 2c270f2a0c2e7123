"""Standard Webhooks 1.0.0: id, time and body signed with HMAC-SHA256 (v1) or ed25519 (v1a).

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Duration
from runner.components.verifiers import ed25519
from runner.components.verifiers.base import Verifier
from runner.components.verifiers.proof import SecretName, any_equal, decoded, usable
from runner.components.verifiers.timestamp import check_age, is_time
from runner.errors import BadSignature, SettingsError
from runner.model.event import Delivery
from runner.model.secret import Secret

MOST_SIGNATURES = 20
SHARED, PRIVATE, PUBLIC = "whsec_", "whsk_", "whpk_"


class StandardWebhooks(Verifier):
    """The signature of Standard Webhooks (https://www.standardwebhooks.com), which many services share.

    Three headers come: `webhook-id`, `webhook-timestamp` and `webhook-signature`, a list such as `v1,g0hM9SsE...`:

        verify: {type: standard_webhooks, secret: settings.webhook_secret}

    The secret is `whsec_...` (HMAC-SHA256, v1) or the public key `whpk_...` (ed25519, v1a). One right signature of the
    list will do, so that the partner can change its secret. Services older than the standard say
    `header_prefix: svix-`.
    """

    example: ClassVar[str] = "{type: standard_webhooks, secret: settings.webhook_secret}"
    type: Literal["standard_webhooks"] = Field(description="The signature of Standard Webhooks.")
    header_prefix: str = Field("webhook-", description="What the three headers begin with.", examples=["svix-"])
    tolerance: Duration = Field(
        "5m", validate_default=True, description="How far from now the time may lie, before or after."
    )
    secret: SecretName = Field(description="Where the secret is.")

    @property
    def secret_name(self) -> str:
        return self.secret

    @property
    def notices_age(self) -> bool:
        return True

    def proof_headers(self, app: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(f"{self.header_prefix}{name}" for name in ("id", "timestamp", "signature"))

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime, app: Mapping[str, Any]) -> None:
        keys = usable(secrets, self.secret, delivery.connector)
        message_id, time, listed = (self._header(delivery, name) for name in ("id", "timestamp", "signature"))
        if "." in message_id or not message_id.isascii() or not is_time(time):
            raise BadSignature(
                f"{self.header_prefix}id must have no dot, {self.header_prefix}timestamp must be in unix s"
            )
        message = content(message_id, time, delivery.body)
        if not sum(_proves(listed, key, message) for key in keys):
            raise BadSignature(
                f"the signature is wrong: {len(message)} bytes are signed, id.time.body with a body of "
                f"{len(delivery.body)} (compare {self.secret} with what {delivery.connector} holds)"
            )
        check_age(int(time), now, self.tolerance)

    def sign(self, delivery: Delivery, secret: Secret, app: Mapping[str, Any]) -> dict[str, str]:
        message_id = delivery.headers.get(f"{self.header_prefix}id", "msg_example")
        return {
            f"{self.header_prefix}id": message_id,
            f"{self.header_prefix}timestamp": str(int(delivery.received_at.timestamp())),
            f"{self.header_prefix}signature": sign(secret, message_id, delivery.received_at, delivery.body),
        }

    def _header(self, delivery: Delivery, name: str) -> str:
        value = delivery.headers.get(f"{self.header_prefix}{name}".lower())
        if not value:
            raise BadSignature(f"there is no header {self.header_prefix}{name}")
        return value


def sign(secret: Secret, message_id: str, at: datetime, body: bytes) -> str:
    """One item of `webhook-signature`: `v1,...` with `whsec_...` or bare base64, `v1a,...` with `whsk_...`.

    `at` goes into `webhook-timestamp` as whole unix seconds. SettingsError for a secret of another form, ValueError for
    an id with a dot.
    """
    if "." in message_id:
        raise ValueError(f"the id of a message has no dot: {message_id}")
    message = content(message_id, str(int(at.timestamp())), body)
    text = secret.reveal()
    if text.startswith(PRIVATE):
        seed = _seed(text)
        if seed is not None:
            return f"v1a,{base64.b64encode(ed25519.signed(seed, message)).decode()}"
    elif not text.startswith(PUBLIC):
        shared = _shared(text)
        if shared:
            return f"v1,{_hmac(shared, message).decode()}"
    raise SettingsError("the secret cannot sign webhooks (it is whsec_ or whsk_, and base64 after it)")


def content(message_id: str, time: str, body: bytes) -> bytes:
    """What is signed."""
    return f"{message_id}.{time}.".encode() + body


def _proves(listed: str, secret: Secret, message: bytes) -> bool:
    """Whether one item of the list is this secret's. Items of other versions, and what is none, prove nothing."""
    items = [item.partition(",") for item in listed.split(" ", MOST_SIGNATURES)[:MOST_SIGNATURES]]
    text = secret.reveal()
    if text.startswith((PUBLIC, PRIVATE)):
        key = _public(text)
        return key is not None and bool(
            sum(ed25519.proves(key, decoded(sent) or b"", message) for version, _, sent in items if version == "v1a")
        )
    shared = _shared(text)
    if not shared:
        return False
    sent = (sent.encode("utf-8", "surrogateescape") for version, _, sent in items if version == "v1")
    return any_equal(sent, [_hmac(shared, message)])


def _hmac(key: bytes, message: bytes) -> bytes:
    return base64.b64encode(hmac.digest(key, message, "sha256"))


def _shared(text: str) -> bytes | None:
    return decoded(text.removeprefix(SHARED))


def _public(text: str) -> bytes | None:
    if text.startswith(PRIVATE):
        seed = _seed(text)
        return ed25519.public_of(seed) if seed else None
    return decoded(text.removeprefix(PUBLIC))


def _seed(text: str) -> bytes | None:
    """The first half of what `whsk_` holds; the public key follows it."""
    key = decoded(text.removeprefix(PRIVATE))
    return key[: ed25519.SEED_BYTES] if key and len(key) in (ed25519.SEED_BYTES, 2 * ed25519.SEED_BYTES) else None
